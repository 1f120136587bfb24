import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addItem, emptyCart, removeItem, subtotal } from '../src/cart.js';
import { findProduct } from '../src/catalogue.js';

const apple = findProduct('apple');
const bread = findProduct('bread');

test('a product added twice is one line with a larger quantity', () => {
  const cart = addItem(addItem(emptyCart(), apple), apple, 2);
  assert.deepEqual(cart, [{ ...apple, quantity: 3 }]);
});

test('adding leaves the old cart as it was', () => {
  const before = addItem(emptyCart(), apple);
  addItem(before, apple);
  assert.deepEqual(before, [{ ...apple, quantity: 1 }]);
});

test('a removed product is gone and the others stay', () => {
  const cart = addItem(addItem(emptyCart(), apple, 4), bread);
  assert.deepEqual(removeItem(cart, 'apple'), [{ ...bread, quantity: 1 }]);
});

test('the subtotal counts every piece', () => {
  assert.equal(subtotal(addItem(addItem(emptyCart(), apple, 3), bread)), 3 * 45 + 329);
});

test('a quantity must be a positive whole number', () => {
  for (const wrong of [0, -1, 1.5, Number.NaN]) assert.throws(() => addItem(emptyCart(), apple, wrong), RangeError);
});
