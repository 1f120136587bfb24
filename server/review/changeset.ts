import type { ChangedFile, Changeset } from '../../schemas/wire/review';
import { relativePath } from '../../schemas/wire/common';
import type { Clock, Context } from '../base';
import type { Blobs } from '../engine/ports';
import type { PrivateRepository, TreeChange } from '../git';

export interface ChangesetOptions {
  readonly repository: PrivateRepository;
  readonly blobs: Blobs;
  readonly run: string;
  readonly id: string;
  readonly title: string;
  /** Commits of the private repository: where the run began and where its work is merged. */
  readonly base: string;
  readonly integration: string;
  readonly groups: Changeset['groups'];
  /** The plans whose commits touched a path. */
  readonly plansOf: (path: string) => readonly string[];
  readonly clock: Clock;
}

/** How many files are read and stored at once. */
const atOnce = 16;

/**
 * Compares base and integration and stores the bytes of both sides as blobs; every file starts
 * undecided. Paths are relative to the top of the repository. Submodules are left out: agents cannot
 * change them. Throws what reading objects and storing blobs throw.
 */
export async function buildChangeset(ctx: Context, options: ChangesetOptions): Promise<Changeset> {
  const { repository, base, integration } = options;
  const [changes, counts] = await Promise.all([
    repository.changes(ctx, base, integration),
    repository.lineCounts(ctx, base, integration),
  ]);
  const store = async (side: TreeChange['before']): Promise<string | null> =>
    side === null ? null : options.blobs.put(await repository.readObject(ctx, side.object));
  const describe = async (change: TreeChange): Promise<ChangedFile> => {
    const count = counts.get(change.path);
    const [baseline, proposal] = await Promise.all([store(change.before), store(change.after)]);
    const plans = new Set([
      ...options.plansOf(change.path),
      ...(change.from ? options.plansOf(change.from) : []),
    ]);
    return {
      path: change.path,
      from: change.from,
      change: change.change,
      baseline,
      proposal,
      baselineMode: change.before?.mode ?? null,
      proposalMode: change.after?.mode ?? null,
      binary: count?.added === null,
      added: count?.added ?? 0,
      removed: count?.removed ?? 0,
      plans: [...plans],
      decision: 'undecided',
    };
  };
  const wanted = changes.flatMap(withoutNesting).filter((change) => {
    const submodule = [change.before, change.after].some((side) => side?.mode === '160000');
    const nameable = relativePath.safeParse(change.path).success && !change.path.includes('\uFFFD');
    if (submodule || !nameable) ctx.log.warn('left out of the changeset', { path: change.path });
    return !submodule && nameable;
  });
  const files: ChangedFile[] = [];
  for (let at = 0; at < wanted.length; at += atOnce) {
    files.push(...(await Promise.all(wanted.slice(at, at + atOnce).map(describe))));
  }
  return {
    changeset: options.id,
    run: options.run,
    title: options.title,
    createdAt: options.clock.now(),
    groups: options.groups,
    files,
  };
}

/** A file renamed into a folder of its own former name (or out of it) is two files: one must go first. */
function withoutNesting(change: TreeChange): TreeChange[] {
  const { from, path } = change;
  if (from === null || !(path.startsWith(`${from}/`) || from.startsWith(`${path}/`))) return [change];
  return [
    { path: from, from: null, change: 'deleted', before: change.before, after: null },
    { path, from: null, change: 'added', before: null, after: change.after },
  ];
}
