import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addItem, emptyCart } from '../src/cart.js';
import { findProduct } from '../src/catalogue.js';
import { receipt } from '../src/receipt.js';

const cart = addItem(addItem(emptyCart(), findProduct('soap'), 3), findProduct('bread'));

test('a receipt lists the lines, the discounts and the total', () => {
  assert.deepEqual(receipt(cart, { coupon: 'SPRING10' }), [
    '3 × Olive soap        €7.50',
    '1 × Rye bread         €3.29',
    'Three for two        -€2.50',
    'SPRING10             -€0.82',
    'Total                 €7.47',
  ]);
});

test('a receipt without discounts does not mention them', () => {
  assert.deepEqual(receipt(addItem(emptyCart(), findProduct('milk'))), [
    '1 × Milk, 1 l         €1.19',
    'Total                 €1.19',
  ]);
});

test('the till prints the receipt', () => {
  const till = fileURLToPath(new URL('../bin/shop.js', import.meta.url));
  const printed = execFileSync(process.execPath, [till, 'milk', 'milk', '--coupon', 'FRIENDS25'], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  assert.match(printed, /2 × Milk, 1 l +€2\.38\nFRIENDS25 +-€0\.59\nTotal +€1\.79\n/);
});
