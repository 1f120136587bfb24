/** What the shop sells; prices in cents. */
const products = [
  { sku: 'apple', name: 'Apple', cents: 45 },
  { sku: 'bread', name: 'Rye bread', cents: 329 },
  { sku: 'coffee', name: 'Coffee, 250 g', cents: 599 },
  { sku: 'honey', name: 'Forest honey', cents: 745 },
  { sku: 'milk', name: 'Milk, 1 l', cents: 119 },
  { sku: 'soap', name: 'Olive soap', cents: 250, threeForTwo: true },
];

/** The product of this sku; throws when the shop does not sell it. */
export function findProduct(sku) {
  const product = products.find((candidate) => candidate.sku === sku);
  if (!product) throw new Error(`The shop does not sell “${sku}”.`);
  return product;
}

/** Everything the shop sells, in alphabetical order of sku. */
export function allProducts() {
  return [...products];
}
