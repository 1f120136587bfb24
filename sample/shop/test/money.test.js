import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMoney } from '../src/money.js';

test('cents become euros with two digits', () => {
  assert.equal(formatMoney(1205), '€12.05');
  assert.equal(formatMoney(0), '€0.00');
});
