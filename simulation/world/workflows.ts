import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import type { Dice } from '../dice';

type Shape = 'random' | 'fan' | 'chain' | 'diamond' | 'layers' | 'loose';
const shapes: readonly Shape[] = ['random', 'fan', 'chain', 'diamond', 'layers', 'loose'];

/** A workflow of a random shape with 1 to `most` nodes, some of them short of a resource. */
export function randomWorkflow(dice: Dice, title: string, most: number): Workflow {
  const count = dice.between(1, most);
  const after = edgesOf(dice, dice.pick(shapes), count);
  const resources = dice.pick([['', 'cpu'], ['cpu'], ['cpu', 'net']]);
  const nodes = after.map((before, i): WorkflowNode => ({
    id: idOf(i),
    kind: 'work',
    title: `${title} ${i}`,
    after: before.map(idOf),
    resource: dice.pick(resources),
    params: { index: i },
    retries: dice.pick([0, 1, 3]),
  }));
  const limits: Record<string, number> = {};
  for (const resource of resources)
    if (resource !== '' && dice.chance(0.6)) limits[resource] = dice.between(1, 3);
  return { version: 0, title, nodes, limits };
}

const idOf = (index: number): string => `n${index}`;

/** For each node, the indices of those that come before it. */
function edgesOf(dice: Dice, shape: Shape, count: number): number[][] {
  const indices = Array.from({ length: count }, (_, i) => i);
  switch (shape) {
    case 'fan':
      return indices.map((i) => (i === 0 ? [] : [0]));
    case 'chain':
      return indices.map((i) => (i === 0 ? [] : [i - 1]));
    case 'diamond':
      return indices.map((i) => (i === 0 ? [] : i < count - 1 ? [0] : indices.slice(1, -1)));
    case 'layers': {
      const width = dice.between(2, 4);
      return indices.map((i) => {
        const layer = Math.floor(i / width);
        return layer === 0 ? [] : indices.slice((layer - 1) * width, layer * width);
      });
    }
    case 'loose':
      return indices.map(() => []);
    case 'random':
      return indices.map((i) => indices.slice(0, i).filter(() => dice.chance(0.4)));
  }
}
