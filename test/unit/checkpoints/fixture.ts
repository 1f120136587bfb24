import path from 'node:path';
import { Checkpoints } from '../../../server/checkpoints';
import type { Clock, Ids } from '../../../server/base';
import type { PrivateRepository } from '../../../server/git';
import { git, open, type Opened } from '../git/fixture';

/** Moves on by a second each time it is looked at, so that order by time is certain. */
export function steppingClock(): Clock {
  let at = 1_700_000_000_000;
  return { now: () => (at += 1000), monotonic: () => performance.now(), sleep: () => Promise.resolve() };
}

export function countingIds(): Ids {
  let next = 0;
  return { next: (prefix) => `${prefix}-${String(++next).padStart(6, '0')}` };
}

export interface OpenedCheckpoints extends Opened {
  readonly checkpoints: Checkpoints;
  readonly journal: string;
}

export async function openCheckpoints(
  top: string,
  home?: string,
  { root = top, ids = countingIds() }: { root?: string; ids?: Ids } = {},
): Promise<OpenedCheckpoints> {
  const opened = await open(top, home, root);
  return { ...opened, ...around(opened.repository, opened.home, top, root, ids) };
}

function around(repository: PrivateRepository, home: string, top: string, root: string, ids: Ids) {
  const journal = path.join(home, 'restore.json');
  const checkpoints = new Checkpoints({
    repository: () => Promise.resolve(repository),
    clock: steppingClock(),
    ids,
    root,
    prefix: path.relative(top, root),
    journal,
  });
  return { checkpoints, journal };
}

/** Tracked and new files that are not ignored, and exist. */
export function listed(top: string): Set<string> {
  const names = git(top, 'ls-files', '-z', '-c', '-o', '--exclude-standard').split('\0').filter(Boolean);
  return new Set(names);
}
