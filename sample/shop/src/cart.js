// A cart is an array of lines: { sku, name, cents, quantity }. Every function returns a new cart.

export function emptyCart() {
  return [];
}

/** Puts `quantity` pieces of a product into the cart. */
export function addItem(cart, product, quantity = 1) {
  return [...cart, { ...product, quantity }];
}

/** Takes a product out of the cart, however many pieces there are. */
export function removeItem(cart, sku) {
  return cart.filter((line) => line.sku === sku);
}

/** What the cart costs before discounts, in cents. */
export function subtotal(cart) {
  return cart.reduce((sum, line) => sum + line.cents, 0);
}
