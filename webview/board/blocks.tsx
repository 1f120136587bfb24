import type { NodeState } from '../../schemas/wire/run';
import { useStore } from './context';
import type { Layout, Placed } from './layout';

const states: readonly NodeState[] = [
  'pending',
  'running',
  'waiting',
  'completed',
  'skipped',
  'failed',
  'cancelled',
];

/**
 * Hundreds of cards too small to read, as one shape per state. Failed and waiting blocks are drawn
 * with a thick outline as well, so that they are found without telling colours apart.
 */
export function Blocks({ layout, cards }: { layout: Layout; cards: readonly Placed[] }) {
  const nodes = useStore().model.value?.nodes;
  const shapes = new Map<NodeState, string>();
  for (const { id, x, y, width, height } of cards) {
    const state = nodes?.get(id)?.state ?? 'pending';
    shapes.set(state, `${shapes.get(state) ?? ''}M${x} ${y}h${width}v${height}h${-width}z`);
  }
  return (
    <svg class="blocks" width={layout.width} height={layout.height} aria-hidden="true">
      {states.map((state) => (
        <path key={state} class={`block is-${state}`} d={shapes.get(state) ?? ''} />
      ))}
    </svg>
  );
}
