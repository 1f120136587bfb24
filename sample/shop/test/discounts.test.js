import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProduct } from '../src/catalogue.js';
import { couponDiscount, threeForTwo } from '../src/discounts.js';

const apple = { ...findProduct('apple'), quantity: 9 };
const soap = (quantity) => ({ ...findProduct('soap'), quantity });

test('a coupon takes its percentage off', () => {
  assert.equal(couponDiscount(2000, 'SPRING10'), 200);
  assert.equal(couponDiscount(2000, 'FRIENDS25'), 500);
});

test('half cents are rounded down, so that amounts stay whole', () => {
  assert.equal(couponDiscount(1999, 'SPRING10'), 199);
  assert.equal(couponDiscount(45, 'FRIENDS25'), 11);
});

test('an unknown coupon is refused by name', () => {
  assert.throws(() => couponDiscount(2000, 'WINTER99'), /WINTER99/);
});

test('without a coupon nothing is taken off', () => {
  assert.equal(couponDiscount(2000, undefined), 0);
});

test('of three soaps one is free', () => {
  assert.equal(threeForTwo([soap(2), apple]), 0);
  assert.equal(threeForTwo([soap(3), apple]), 250);
  assert.equal(threeForTwo([soap(7), apple]), 500);
});
