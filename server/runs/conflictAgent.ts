import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Spending } from '../../schemas/journal/events';
import { conflictInstruction, systemPrompt } from '../agents';
import { ProblemError, type Json } from '../base';
import type { NodeContext } from '../engine/ports';
import { doAgentWork } from './agentWork';
import { stillMarked, type Conflict, type ConflictKind } from './conflict';
import type { RunWorld } from './dependencies';
import { runFacts } from './facts';
import { removeQuietly } from './giveBack';
import type { MergeWork } from './mergeWork';
import { worktreePlace } from './worktree';

/** What an agent can judge by reading; bytes and links are for people. */
const readable: ReadonlySet<ConflictKind> = new Set(['lines', 'renamed', 'deleted', 'folder', 'caseTwins']);
/** Of each side of a file so much is shown to the agent at once; it can read the rest. */
const mostShown = 20_000;

/** Whether an agent may be asked: it could read all sides, and the run names a model. */
export const mayAgentResolve = (node: NodeContext, { kinds }: Conflict): boolean =>
  Object.keys(kinds).length > 0 &&
  Object.values(kinds).every((kind) => readable.has(kind)) &&
  runFacts.safeParse(node.facts).success;

/**
 * Lets an agent join both sides in a worktree of its own that begins with the marked files. Returns the tree it made,
 * or undefined where it failed: then the question is asked again. Its `finish` is not believed while markers are left.
 */
export async function letAgentResolve(
  node: NodeContext,
  world: RunWorld,
  { plan, base, ours, theirs, place, key }: MergeWork,
  about: {
    readonly tree: string;
    readonly conflict: Conflict;
    readonly sides: string;
    readonly round: number;
  },
): Promise<string | undefined> {
  const facts = runFacts.parse(node.facts);
  const repository = await world.repository(node);
  const name = `${place}-agent-${about.round}`;
  const ref = `refs/symphony/runs/${node.run}/${name.replace(/[^\w-]/g, '-')}`;
  const files = Object.keys(about.conflict.kinds);
  try {
    const parents = [ours.commit, theirs.commit];
    const start = await repository.commit(
      node,
      about.tree,
      parents,
      `Conflict of ${plan}`,
      facts.at,
      `${ref}-start`,
    );
    const own = withKeys(node, `${key}agent:${about.round}:`);
    // A replay opens the worktree as it began and does nothing in it.
    const replayed = own.recorded('commit');
    const made = await doAgentWork(own, world, {
      ...{ plan: place, place: name, title: `Resolve ${files.join(', ')}`, start, model: facts.model },
      system: systemPrompt,
      instruction: async () =>
        conflictInstruction({ plan: place, files: await sidesOf(about.sides, about.conflict) }),
      ...{ limits: facts.limits, verify: [], ref, watched: false },
      refuse: async ({ top }) =>
        (await stillMarked(top, files))
          ? `Not finished: conflict markers are left in ${files.join(', ')}.`
          : undefined,
    });
    const { top, home } = worktreePlace(world, node.run, name);
    await removeQuietly(node, world, top, replayed ? start.commit : made.commit);
    await rm(home, { recursive: true, force: true });
    return made.tree;
  } catch (thrown) {
    // Only what is expected of agents and models is put to the person again.
    if (node.signal.aborted || !(thrown instanceof ProblemError)) throw thrown;
    node.log.warn('the agent did not resolve the conflict', { plan, base, problem: thrown.problem });
    return undefined;
  }
}

async function sidesOf(folder: string, { kinds }: Conflict) {
  const read = async (side: string, file: string): Promise<string | null> => {
    const text = await readFile(path.join(folder, side, file), 'utf8').catch(() => null);
    return text === null || text.length <= mostShown ? text : `${text.slice(0, mostShown)}\n…`;
  };
  return Promise.all(
    Object.entries(kinds).map(async ([file, kind]) => ({
      ...{ path: file, kind },
      base: await read('base', file),
      integrated: await read('integrated', file),
      plan: await read('plan', file),
    })),
  );
}

/** The node with its steps under keys of their own, so that an agent inside a merge does not meet those of the merge. */
function withKeys(node: NodeContext, prefix: string): NodeContext {
  const idempotencyKey = { value: `${node.idempotencyKey}/${prefix}` };
  return Object.assign(Object.create(node, { idempotencyKey }) as NodeContext, {
    recorded: (key: string) => node.recorded(prefix + key),
    step: <T extends Json>(key: string, work: () => Promise<T>, spent?: (outcome: T) => Spending) =>
      node.step(prefix + key, work, spent),
  } satisfies Partial<NodeContext>);
}
