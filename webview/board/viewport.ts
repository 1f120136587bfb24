import type { Layout, Placed, Point } from './layout';

/** What part of the graph is seen: `pan` is where its origin lies in the window, in pixels. */
export interface Viewport {
  readonly zoom: number;
  readonly pan: Point;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

export const zoomLimits = { min: 0.05, max: 2 } as const;
/** Fitting never shrinks below what can be read; what is left is reached by panning. */
const smallestFit = 0.9;
/** Most room left above a graph that has plenty, in pixels. */
const topRoom = 32;

/** Zooms by a factor; the point of the window stays over the same point of the graph. */
export function zoomAt(view: Viewport, factor: number, at: Point): Viewport {
  const zoom = Math.min(zoomLimits.max, Math.max(zoomLimits.min, view.zoom * factor));
  const scale = zoom / view.zoom;
  return { zoom, pan: { x: at.x - (at.x - view.pan.x) * scale, y: at.y - (at.y - view.pan.y) * scale } };
}

export function panBy(view: Viewport, dx: number, dy: number): Viewport {
  return { zoom: view.zoom, pan: { x: view.pan.x + dx, y: view.pan.y + dy } };
}

/** The whole graph in the window, near its top; unless `whole`, never below a readable size. */
export function fit(graph: Size, size: Size, whole = false): Viewport {
  if (graph.width === 0 || size.width === 0) return { zoom: 1, pan: { x: 0, y: 0 } };
  const exact = Math.min(1, size.width / graph.width, size.height / graph.height);
  const zoom = Math.max(whole ? zoomLimits.min : smallestFit, exact);
  const x = Math.max(0, (size.width - graph.width * zoom) / 2);
  // What appears above the graph takes its room from below, so a graph near the top stays in view.
  const y = Math.min(topRoom, Math.max(0, (size.height - graph.height * zoom) / 3));
  return { zoom, pan: { x, y } };
}

/** The least pan that brings a card wholly into the window, with a little room around it. */
export function reveal(view: Viewport, card: Rect, size: Size, room = 24): Viewport {
  const shift = (start: number, length: number, window: number): number => {
    if (start < room) return room - start;
    if (start + length > window - room) return Math.max(room - start, window - room - start - length);
    return 0;
  };
  const { zoom, pan } = view;
  const dx = shift(card.x * zoom + pan.x, card.width * zoom, size.width);
  const dy = shift(card.y * zoom + pan.y, card.height * zoom, size.height);
  return dx === 0 && dy === 0 ? view : panBy(view, dx, dy);
}

/** The part of the graph to draw: what is seen and a margin, snapped so that small pans change nothing. */
export function drawnRect(view: Viewport, size: Size, cell = 512): Rect {
  const snap = (value: number): number => Math.floor(value / cell) * cell;
  const x = snap(-view.pan.x / view.zoom - cell / 2);
  const y = snap(-view.pan.y / view.zoom - cell / 2);
  const width = snap((size.width - view.pan.x) / view.zoom + cell * 1.5) - x;
  const height = snap((size.height - view.pan.y) / view.zoom + cell * 1.5) - y;
  return { x, y, width, height };
}

/** The cards that touch a part of the graph, column by column. */
export function cardsIn(layout: Layout, rect: Rect): Placed[] {
  const found: Placed[] = [];
  for (const layer of layout.layers) {
    for (const id of layer) {
      const card = layout.nodes.get(id)!;
      if (card.x > rect.x + rect.width || card.x + card.width < rect.x) continue;
      if (card.y <= rect.y + rect.height && card.y + card.height >= rect.y) found.push(card);
    }
  }
  return found;
}

/** The edges whose bounding boxes touch a part of the graph. */
export function routesIn(layout: Layout, rect: Rect): Layout['routes'] {
  return layout.routes.filter(({ points }) => {
    if (points[0]!.x > rect.x + rect.width || points.at(-1)!.x < rect.x) return false;
    let above = true;
    let below = true;
    for (const { y } of points) {
      if (y >= rect.y) above = false;
      if (y <= rect.y + rect.height) below = false;
    }
    return !above && !below;
  });
}

/** An edge as an SVG path of curves that leave and arrive level, with an arrow head at its end. */
export function pathOf(points: readonly Point[]): string {
  const first = points[0]!;
  const last = points.at(-1)!;
  let path = `M${first.x} ${first.y}`;
  for (let at = 1; at < points.length; at++) {
    const from = points[at - 1]!;
    const to = points[at]!;
    const middle = (from.x + to.x) / 2;
    path += from.y === to.y ? `H${to.x}` : `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
  }
  return `${path}M${last.x - 5} ${last.y - 4}L${last.x} ${last.y}L${last.x - 5} ${last.y + 4}`;
}
