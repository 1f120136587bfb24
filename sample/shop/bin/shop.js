#!/usr/bin/env node
import mri from 'mri';
import pc from 'picocolors';
import { addItem, emptyCart, subtotal } from '../src/cart.js';
import { allProducts, findProduct } from '../src/catalogue.js';
import { formatMoney } from '../src/money.js';

const { _: skus, help } = mri(process.argv.slice(2), { boolean: ['help'], string: ['coupon'], alias: { h: 'help' } });

if (help || skus.length === 0) {
  console.log(`Usage: shop <product>… [--coupon CODE]\n\n${pc.bold('Products')}`);
  for (const { sku, name, cents } of allProducts()) console.log(`  ${sku.padEnd(8)} ${name.padEnd(16)} ${formatMoney(cents)}`);
} else {
  try {
    const cart = skus.reduce((filled, sku) => addItem(filled, findProduct(sku)), emptyCart());
    console.log(formatMoney(subtotal(cart)));
  } catch (thrown) {
    console.error(pc.red(thrown.message));
    process.exitCode = 1;
  }
}
