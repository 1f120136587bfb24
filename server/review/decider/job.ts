import type { Problem } from '../../../schemas/codes';
import type { ChangedFile, Changeset } from '../../../schemas/wire/review';
import type { OpenBuffer, UnitResult } from '../../../schemas/wire/units';
import { ProblemError, type Context } from '../../base';
import type { FileUnits } from '../algebra/units';
import type { Book } from '../book/book';
import type { Did, FileIntent, Intent, UnitChange } from '../book/records';
import { ChangedMeanwhile } from '../disk';
import type { Outlook } from './transition';

/** A changeset with what was decided about it and what its files are cut into. */
export interface Reviewed {
  readonly changeset: Changeset;
  readonly book: Book;
  /** The units of a file as they were first cut, with its text. */
  readonly cut: (file: ChangedFile) => Promise<FileUnits>;
}

/** What is wanted of one file. */
export interface FileWish {
  readonly path: string;
  readonly changes: readonly UnitChange[];
  readonly placed: FileIntent['placed'];
  /** Told beside the result: something of the file was left alone. */
  readonly note?: Problem;
}

export interface Job {
  readonly op: string;
  readonly did: Did;
  readonly undoes: string | null;
  readonly mode: Intent['mode'];
  readonly checkpoint: string | null;
  readonly splits: Intent['splits'];
  readonly files: readonly FileWish[];
  readonly buffers: readonly OpenBuffer[];
}

/** How many files are looked at, recorded and written together. */
const atOnce = 32;

export function fileIntent({ path, changes, placed }: FileWish, outlook: Outlook | null): FileIntent {
  if (outlook?.kind === 'write') return { path, changes, placed, via: 'disk', stamps: outlook.stamps };
  if (outlook?.kind === 'edits') return { path, changes, placed, via: 'buffer', stamps: outlook.stamps };
  return { path, changes, placed, via: 'none', stamps: [] };
}

/** What concerns the op as a whole is in its first record alone. */
export const intentOf = (job: Job, files: readonly FileIntent[], first: boolean): Intent => ({
  type: 'intent',
  op: job.op,
  did: job.did,
  undoes: job.undoes,
  mode: first ? job.mode : null,
  checkpoint: first ? job.checkpoint : null,
  splits: first ? job.splits : [],
  files,
});

/**
 * Removals first, deepest first, then renames: a folder must be empty before a file takes its name, and the
 * reverse. Each group is looked at when the one before it is done.
 */
export function inGroups(
  wishes: readonly FileWish[],
  files: ReadonlyMap<string, ChangedFile>,
  book: Book,
): FileWish[][] {
  const groups: [FileWish[], FileWish[], FileWish[]] = [[], [], []];
  for (const wish of wishes) {
    const file = files.get(wish.path);
    if (file !== undefined && removes(file, wish, book)) groups[0].push(wish);
    else groups[file === undefined || file.from === null ? 2 : 1].push(wish);
  }
  const depth = (wish: FileWish) => wish.path.split('/').length;
  groups[0].sort((a, b) => depth(b) - depth(a));
  return groups.flatMap((group) => {
    const chunks: FileWish[][] = [];
    for (let at = 0; at < group.length; at += atOnce) chunks.push(group.slice(at, at + atOnce));
    return chunks;
  });
}

/** Whether a file that comes or goes is gone when the wish is granted. */
function removes({ path, baseline, proposal }: ChangedFile, wish: FileWish, book: Book): boolean {
  if (baseline !== null && proposal !== null) return false;
  const [known] = book.standingsOf(path).values();
  const state = wish.changes[0]?.to.state ?? known?.state ?? 'undecided';
  const place = wish.placed?.to ?? book.placeOf(path);
  const applied = state === 'kept' || (state === 'undecided' && place.mode === 'inPlace');
  return applied === (proposal === null);
}

export function refusedBy(ctx: Context, wish: FileWish, thrown: unknown): UnitResult {
  const { path } = wish;
  if (thrown instanceof ChangedMeanwhile)
    return answer(wish, 'refused', { code: 'review.changedMeanwhile', args: { path } });
  if (thrown instanceof ProblemError) return answer(wish, 'refused', thrown.problem);
  ctx.log.warn('a file could not be written', { path, thrown: String(thrown) });
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return answer(wish, 'refused', { code: 'review.writeFailed', args: { path, detail } });
}

export const answer = (wish: FileWish, result: UnitResult['result'], problem?: Problem): UnitResult => ({
  path: wish.path,
  result,
  edits: null,
  conflict: null,
  problem: problem ?? wish.note ?? null,
});
