import type { BoardNode } from '../../schemas/wire/board';
import { clockOf, durationOf } from './format';
import { useStore } from './context';
import { elapsedOf } from './model';

/** How long a node has taken so far; ticks while it runs, shows nothing before it starts. */
export function Elapsed({ node }: { node: BoardNode }) {
  const { now } = useStore();
  // Reading the clock subscribes to it; a finished node must not be drawn again each second.
  const elapsed = elapsedOf(node, node.endedAt === null && node.startedAt !== null ? now.value : 0);
  if (elapsed === undefined) return null;
  return (
    <time class="elapsed" datetime={durationOf(elapsed)}>
      {clockOf(elapsed)}
    </time>
  );
}
