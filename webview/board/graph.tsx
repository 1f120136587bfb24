import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Button } from '../ui';
import { Blocks } from './blocks';
import { Card } from './card';
import { useStore } from './context';
import { Edges } from './edges';
import { focusSoon } from './focus';
import { listenForGestures } from './gestures';
import type { Layout } from './layout';
import { isDirection, neighbourOf } from './navigate';
import { cardsIn, drawnRect, fit, reveal, routesIn, zoomAt, type Rect, type Size } from './viewport';

/** Below this zoom, cards beyond a few hundred become blocks: their text cannot be read anyway. */
const blockZoom = 0.3;
const fewCards = 150;
const titleZoom = 0.6;

/** The run as cards and edges; only what is in view is in the document. */
export function Graph({ layout }: { layout: Layout }) {
  const store = useStore();
  const { t, viewport, selected } = store;
  const frame = useRef<HTMLDivElement>(null);
  const world = useRef<HTMLDivElement>(null);
  const size = useSignal<Size>({ width: 0, height: 0 });
  const active = useSignal<string | null>(selected.peek());

  useEffect(() => {
    const element = frame.current!;
    const observer = new ResizeObserver(() => {
      const first = size.peek().width === 0;
      size.value = { width: element.clientWidth, height: element.clientHeight };
      // Opening the details narrows the graph; a restored view stays as it was left.
      const card =
        first || selected.peek() === null ? undefined : layoutNow.current.nodes.get(selected.peek()!);
      if (card && viewport.peek()) viewport.value = reveal(viewport.peek()!, card, size.peek());
    });
    observer.observe(element);
    const stop = listenForGestures(element, viewport);
    return () => {
      observer.disconnect();
      stop();
    };
  }, []);
  const layoutNow = useRef(layout);
  layoutNow.current = layout;

  useSignalEffect(() => {
    if (viewport.value !== null || size.value.width === 0) return;
    const whole = fit(layoutNow.current, size.value);
    const first = [...(store.model.peek()?.nodes.values() ?? [])].find(({ state }) => state === 'running');
    const card = first && layoutNow.current.nodes.get(first.id);
    viewport.value = card ? reveal(whole, card, size.value) : whole;
  });
  useSignalEffect(() => {
    if (!viewport.value || !world.current) return;
    const { zoom, pan } = viewport.value;
    world.current.style.transform = `translate(${pan.x}px, ${pan.y}px) scale(${zoom})`;
    frame.current?.classList.toggle('titles-only', zoom < titleZoom);
  });
  // The part to draw changes only when a pan leaves its margin, so most frames draw nothing anew.
  const drawn = useComputed(() =>
    viewport.value ? JSON.stringify(drawnRect(viewport.value, size.value)) : null,
  );
  const small = useComputed(() => (viewport.value?.zoom ?? 1) < blockZoom);

  const activeId =
    active.value !== null && layout.nodes.has(active.value) ? active.value : layout.layers[0]?.[0];
  const inView = useMemo(
    () => (drawn.value === null ? [] : cardsIn(layout, JSON.parse(drawn.value) as Rect)),
    [layout, drawn.value],
  );
  const routes = useMemo(
    () => (drawn.value === null ? [] : routesIn(layout, JSON.parse(drawn.value) as Rect)),
    [layout, drawn.value],
  );
  const asBlocks = small.value && inView.length > fewCards;
  const cards = asBlocks ? [] : inView;
  const held = activeId === undefined ? undefined : layout.nodes.get(activeId);
  const shown = held && !cards.includes(held) ? [...cards, held] : cards;
  const afters = useMemo(() => titlesBefore(layout, (id) => store.node(id).peek()?.title ?? id), [layout]);
  const askers = new Set(store.questions.value.map(({ node }) => node));

  const moveTo = (id: string): void => {
    active.value = id;
    const card = layout.nodes.get(id);
    if (card && viewport.peek()) viewport.value = reveal(viewport.peek()!, card, size.peek());
    focusSoon(`[data-node="${CSS.escape(id)}"]`);
  };
  const zoomBy = (factor: number): void => {
    const { width, height } = size.peek();
    if (viewport.peek()) viewport.value = zoomAt(viewport.peek()!, factor, { x: width / 2, y: height / 2 });
  };
  const fitWhole = (): void => void (viewport.value = fit(layout, size.peek(), true));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = nodeOf(event);
    if (isDirection(event.key) && id !== undefined) {
      const next = neighbourOf(layout, id, event.key);
      if (next !== undefined) moveTo(next);
    } else if (event.key === '+' || event.key === '=') zoomBy(1.2);
    else if (event.key === '-' || event.key === '_') zoomBy(1 / 1.2);
    else if (event.key === '0') fitWhole();
    else if (event.key === 'Escape' && selected.peek() !== null) selected.value = null;
    else return;
    event.preventDefault();
  };
  const onClick = (event: MouseEvent): void => {
    const id = nodeOf(event);
    if (id === undefined) return;
    active.value = id;
    selected.value = id;
    // Enter and Space come as clicks without a press of a button; who uses keys goes on in the pane.
    if (event.detail === 0) focusSoon('.details');
  };

  return (
    <div class="graph" ref={frame} onKeyDown={onKeyDown} onClick={onClick}>
      <div class="world" ref={world} dir="ltr" role="group" aria-label={t('graph.label')}>
        {layout.waves.map(({ wave, x, width }) => (
          <div
            key={wave}
            class="wave"
            aria-hidden="true"
            style={{ left: `${x - 20}px`, width: `${width + 40}px`, height: `${layout.height - 16}px` }}
          >
            {t('graph.wave', { wave })}
          </div>
        ))}
        <Edges layout={layout} routes={routes} selected={selected.value} />
        {asBlocks ? <Blocks layout={layout} cards={inView} /> : null}
        {shown.map((place) => (
          <Card
            key={place.id}
            place={place}
            active={place.id === activeId}
            selected={place.id === selected.value}
            asks={askers.has(place.id)}
            after={afters.get(place.id) ?? none}
          />
        ))}
      </div>
      <div class="zoom-controls" role="group" aria-label={t('graph.zoom')}>
        <Button look="icon" icon="zoom-out" label={t('graph.zoomOut')} onPress={() => zoomBy(1 / 1.2)} />
        <ZoomValue />
        <Button look="icon" icon="zoom-in" label={t('graph.zoomIn')} onPress={() => zoomBy(1.2)} />
        <Button look="icon" icon="screen-normal" label={t('graph.fit')} onPress={fitWhole} />
      </div>
    </div>
  );
}

const none: readonly string[] = [];

function ZoomValue() {
  const { viewport } = useStore();
  return <span class="zoom-value">{Math.round((viewport.value?.zoom ?? 1) * 100)}%</span>;
}

function nodeOf(event: Event): string | undefined {
  return (event.target as Element).closest<HTMLElement>('[data-node]')?.dataset['node'];
}

function titlesBefore(
  layout: Layout,
  titleOf: (id: string) => string,
): ReadonlyMap<string, readonly string[]> {
  const titles = new Map<string, string[]>();
  for (const { from, to } of layout.routes) {
    const list = titles.get(to);
    if (list) list.push(titleOf(from));
    else titles.set(to, [titleOf(from)]);
  }
  return titles;
}
