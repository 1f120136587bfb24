import type { Layout, Placed } from './layout';

export type Direction = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown' | 'Home' | 'End';

/**
 * The card an arrow key leads to: left and right along edges to the nearest card (else to the nearest
 * one of the next column), up and down within the column, Home and End to the first and last card.
 * Undefined at the rim.
 */
export function neighbourOf(layout: Layout, id: string, direction: Direction): string | undefined {
  const here = layout.nodes.get(id);
  if (!here) return layout.layers[0]?.[0];
  const column = layout.layers[here.layer]!;
  switch (direction) {
    case 'ArrowUp':
      return column[column.indexOf(id) - 1];
    case 'ArrowDown':
      return column[column.indexOf(id) + 1];
    case 'ArrowRight': {
      const linked = layout.routes.filter((route) => route.from === id).map((route) => route.to);
      return nearest(layout, here, linked.length > 0 ? linked : layout.layers[here.layer + 1]);
    }
    case 'ArrowLeft': {
      const linked = layout.routes.filter((route) => route.to === id).map((route) => route.from);
      return nearest(layout, here, linked.length > 0 ? linked : layout.layers[here.layer - 1]);
    }
    case 'Home':
      return layout.layers[0]?.[0];
    case 'End':
      return layout.layers.at(-1)?.at(-1);
  }
}

export function isDirection(key: string): key is Direction {
  return ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'].includes(key);
}

function nearest(layout: Layout, here: Placed, ids: readonly string[] = []): string | undefined {
  const distance = (id: string): number => {
    const card = layout.nodes.get(id)!;
    const rows = Math.abs(card.y + card.height / 2 - here.y - here.height / 2);
    return rows + Math.abs(card.layer - here.layer) * 1000;
  };
  return [...ids].sort((a, b) => distance(a) - distance(b))[0];
}
