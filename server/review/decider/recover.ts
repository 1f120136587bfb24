import type { FileIntent } from '../book/records';
import type { UserTree } from '../ports';
import { stampOf } from './stamp';

/**
 * What the disk says of an intent: everything is as it was `before`, as it is to be `after`, on the way between
 * (`between`), or something else. `stamp` is what the first name holds.
 */
export async function settleByDisk(
  tree: UserTree,
  intent: FileIntent,
): Promise<{ readonly state: 'before' | 'after' | 'between' | 'other'; readonly stamp: string }> {
  const held = await Promise.all(
    intent.stamps.map(async ({ name }) => stampOf(await tree.look(name), tree.modes)),
  );
  const is = (side: 'before' | 'after') => intent.stamps.every((stamp, i) => held[i] === stamp[side]);
  const within = intent.stamps.every((stamp, i) => held[i] === stamp.before || held[i] === stamp.after);
  const state = is('after') ? 'after' : is('before') ? 'before' : within ? 'between' : 'other';
  return { state, stamp: held[0] ?? 'absent' };
}
