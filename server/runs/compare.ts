import type { ComparedRow } from '../../schemas/wire/execution';
import { stableStringify, type Json } from '../base';
import { outlookOf, type NodeFold, type RunFold } from '../engine';

/** Two runs node by node, in the order of the first, then what only the other has. Standbys nothing called are left out. */
export function compareRuns(one: RunFold, other: RunFold): ComparedRow[] {
  const ids = new Set([...one.nodes.keys(), ...other.nodes.keys()]);
  return [...ids].flatMap((id) => {
    const [left, right] = [partOf(one, id), partOf(other, id)];
    if (!left && !right) return [];
    return [
      {
        node: id,
        title: (left ?? right)!.definition.title,
        one: side(one, left),
        other: side(other, right),
        sameState: left?.state === right?.state,
        sameOutput: textOf(left) === textOf(right),
      },
    ];
  });
}

/** Whether two runs differ in a node. */
export const differs = ({ sameState, sameOutput }: ComparedRow): boolean => !sameState || !sameOutput;

function partOf(run: RunFold, id: string): NodeFold | undefined {
  const isPart = outlookOf(run, id, 0)?.isIdleStandby === false;
  return isPart ? run.nodes.get(id) : undefined;
}

function side(run: RunFold, node: NodeFold | undefined): ComparedRow['one'] {
  if (!node) return null;
  const { state, attempt, spent, startedAt, endedAt } = node;
  const milliseconds =
    startedAt === null || endedAt === null
      ? null
      : Math.max(0, endedAt - startedAt - outlookOf(run, node.id, endedAt)!.waitedMs);
  return { state, attempts: attempt, milliseconds, spent };
}

const textOf = (node: NodeFold | undefined): string | undefined =>
  node?.output === undefined ? undefined : stableStringify(node.output as Json);
