import { codes, fillText, type Problem } from '../../schemas/codes';
import { collisionProblem, type Touched, type Want } from '../arbitration';
import type { NodeContext } from '../engine/ports';
import type { RunWorld } from './dependencies';

/** The locks of a run, by what they guard. */
export const lockOf = {
  /** A worktree: one line of work at a time. */
  worktree: (run: string, place: string): Want => ({
    kind: 'lock',
    name: `worktree/${run}/${place}`,
    mode: 'exclusive',
  }),
  /** The common tree of a run: one merge at a time. */
  integration: (run: string): Want => ({ kind: 'lock', name: `integration/${run}`, mode: 'exclusive' }),
  /** The user's tree: those that read it may do so together. */
  workspace: (mode: 'shared' | 'exclusive'): Want => ({ kind: 'lock', name: 'workspace', mode }),
};

/**
 * Does `work` while the node has all of `wants`, and gives them back however it ends. After a crash the node that is
 * performed again gets back what it had.
 */
export async function holding<T>(
  node: NodeContext,
  world: RunWorld,
  label: string,
  wants: readonly Want[],
  work: () => Promise<T>,
): Promise<T> {
  if (world.arbitration === undefined) return work();
  const ask = { holder: `${node.run}/${node.node}`, requester: node.run, label, wants };
  const grant = await world.arbitration.acquire(node, ask, ({ why, position, estimateMs }) =>
    node.progress(said(why.problem), { waits: why.reason, position, estimateMs }),
  );
  try {
    return await work();
  } finally {
    world.arbitration.shown.forget(`${node.run}/${node.node}`);
    await grant.release();
  }
}

/** Tells the arbitration what an agent has written so far, and people where that collides with another agent's work. */
export function observeWrites(
  node: NodeContext,
  world: RunWorld,
  plan: string,
  declared: readonly string[],
  observed: readonly Touched[],
): void {
  for (const one of world.arbitration?.writes.observe(node.run, { id: plan, declared, observed }) ?? []) {
    const problem = collisionProblem(one);
    node.log.info('agents collide', { ...problem, advice: one.advice });
    node.progress(said(problem), {
      collision: one.kind,
      advice: one.advice,
      first: one.first,
      second: one.second,
    });
  }
}

/** Shows that a plan is merged, and onto what: where others wrote the same files meanwhile, it is a rebase. */
export function tellRebase(node: NodeContext, world: RunWorld, plan: string, isMoved: boolean): void {
  const { arbitration } = world;
  if (arbitration === undefined) return;
  const met = isMoved ? arbitration.writes.of(node.run, plan).filter(({ advice }) => advice !== 'leave') : [];
  for (const one of met)
    node.progress(said(collisionProblem(one)), { collision: one.kind, advice: one.advice });
  arbitration.shown.put(`${node.run}/${node.node}`, {
    id: `merge/${node.run}/${plan}`,
    label: plan,
    state: 'merging',
    facts: { run: node.run, rebased: isMoved ? 1 : 0, collisions: met.length },
  });
}

const said = ({ code, args }: Problem): string => fillText(codes[code].message, args);
