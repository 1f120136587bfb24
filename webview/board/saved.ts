import { effect } from '@preact/signals';

/** What survives a reload of the window; see `setState` of the editor's webview API. */
export interface SavedState {
  readonly run: string | null;
  readonly selected: string | null;
  readonly zoom: number | null;
  readonly pan: { readonly x: number; readonly y: number } | null;
  readonly view: 'graph' | 'list';
}

/** Reads what an earlier, maybe older, page saved; whatever does not fit is as if never saved. */
export function savedState(from: unknown): SavedState {
  const raw = (typeof from === 'object' && from !== null ? from : {}) as Record<string, unknown>;
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const pan = (typeof raw['pan'] === 'object' && raw['pan'] !== null ? raw['pan'] : {}) as Record<
    string,
    unknown
  >;
  const place = { x: pan['x'], y: pan['y'] };
  return {
    run: text(raw['run']),
    selected: text(raw['selected']),
    zoom: isFinite(raw['zoom']) && raw['zoom'] > 0 ? raw['zoom'] : null,
    pan: isFinite(place.x) && isFinite(place.y) ? { x: place.x, y: place.y } : null,
    view: raw['view'] === 'list' ? 'list' : 'graph',
  };
}

/** Saves a little after the last of many changes, and at once when the page goes out of sight. */
export function saveOnChange(read: () => SavedState, save: (state: SavedState) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest: SavedState | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (latest) save(latest);
  };
  effect(() => {
    latest = read();
    timer ??= setTimeout(flush, 200);
  });
  document.addEventListener('visibilitychange', flush);
  window.addEventListener('pagehide', flush);
}

function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
