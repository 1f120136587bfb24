import type { Signal } from '@preact/signals';
import { panBy, zoomAt, type Viewport } from './viewport';

const dragThreshold = 4;
/** One notch of a wheel (100 pixels) zooms by a fifth. */
const zoomPerPixel = Math.log(1.2) / 100;

/**
 * Pans a frame by dragging and scrolling, zooms it by ctrl+wheel (also what a trackpad's pinch sends).
 * A drag swallows the click that ends it. Returns what takes the listeners away.
 */
export function listenForGestures(frame: HTMLElement, viewport: Signal<Viewport | null>): () => void {
  let from: { x: number; y: number; view: Viewport } | undefined;
  let dragging = false;
  const listeners = new AbortController();
  const { signal } = listeners;
  const set = (view: Viewport): void => void (viewport.value = view);

  frame.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button > 1 || !viewport.value || (event.target as Element).closest('.zoom-controls')) return;
      from = { x: event.clientX, y: event.clientY, view: viewport.value };
      dragging = false;
    },
    { signal },
  );
  frame.addEventListener(
    'pointermove',
    (event) => {
      if (!from) return;
      const dx = event.clientX - from.x;
      const dy = event.clientY - from.y;
      if (!dragging && Math.hypot(dx, dy) < dragThreshold) return;
      if (!dragging) {
        dragging = true;
        frame.setPointerCapture(event.pointerId);
        frame.classList.add('panning');
      }
      set(panBy(from.view, dx, dy));
    },
    { signal },
  );
  const end = (): void => {
    from = undefined;
    frame.classList.remove('panning');
  };
  frame.addEventListener('pointerup', end, { signal });
  frame.addEventListener('pointercancel', end, { signal });
  frame.addEventListener(
    'click',
    (event) => {
      if (!dragging) return;
      dragging = false;
      event.stopPropagation();
      event.preventDefault();
    },
    { signal, capture: true },
  );
  frame.addEventListener(
    'wheel',
    (event) => {
      if (!viewport.value) return;
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      if (event.ctrlKey || event.metaKey) {
        const box = frame.getBoundingClientRect();
        const at = { x: event.clientX - box.left, y: event.clientY - box.top };
        set(zoomAt(viewport.value, Math.exp(-event.deltaY * unit * zoomPerPixel), at));
      } else {
        const [dx, dy] =
          event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
        set(panBy(viewport.value, -dx * unit, -dy * unit));
      }
    },
    { signal, passive: false },
  );
  return () => listeners.abort();
}
