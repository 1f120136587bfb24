import * as z from 'zod';
import type { Checkpoint } from '../../schemas/wire/checkpoint';
import type { NamedCommit } from '../git';
import type { KeptCheckpoint } from './types';

/** Below this, one ref a checkpoint: `user/<id>`, `worktree/<id>` of one that was removed, and `agent/<run>/<node>/<attempt>/<turn>-<side>`. */
export const refsOfCheckpoints = 'refs/symphony/checkpoints';

/** What the last line of a commit's message says of a checkpoint. */
const facts = z.object({
  at: z.number(),
  label: z.string(),
  run: z.string().nullable(),
  node: z.string().nullable(),
});
type Facts = z.infer<typeof facts>;

/** A commit's message: a line for people, and the facts. */
export function messageOf({ at, label, run, node }: Facts): string {
  const title = label.split('\n', 1)[0]!.slice(0, 100) || 'Checkpoint';
  return `${title}\n\n${JSON.stringify({ at, label, run, node })}\n`;
}

/** The checkpoint a ref names; undefined where it is none, or one of a version to come. */
export function checkpointOf({ ref, commit, tree, message }: NamedCommit): KeptCheckpoint | undefined {
  const id = ref.slice(refsOfCheckpoints.length + 1);
  const known = facts.safeParse(parsed(message.trimEnd().split('\n').at(-1) ?? ''));
  if (!known.success) return undefined;
  const turn = turnOf(id);
  const of = id.startsWith('user/') ? 'user' : 'agent';
  return { checkpoint: id, of, turn, tree, commit, ...known.data };
}

/** The ref of an id that came from outside; undefined for what is no id. */
export function refOf(checkpoint: string): string | undefined {
  const good = /^(?:(?:user|worktree)\/[\w-]+|agent\/[\w-]+\/[\w-]+\/\d+\/\d+-(?:before|after))$/.test(
    checkpoint,
  );
  return good ? `${refsOfCheckpoints}/${checkpoint}` : undefined;
}

function turnOf(id: string): Checkpoint['turn'] {
  const [, number, side] = /\/(\d+)-(before|after)$/.exec(id) ?? [];
  return number === undefined ? null : { number: Number(number), side: side as 'before' | 'after' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
