import type { ChangedFile } from '../../schemas/wire/review';
import type { UnitResult } from '../../schemas/wire/units';
import type { Context } from '../base';
import type { FileDecision } from '../engine/state';
import type { Reviews } from './reviews';
import type { Review } from './shelf';
import type { FileResult } from './types';

export interface WholeFiles {
  readonly changeset: string;
  /** Absent: every file with an undecided unit. */
  readonly paths?: readonly string[] | undefined;
  readonly decision: 'accept' | 'reject';
  /** Files with unsaved changes in the editor. */
  readonly dirty: readonly string[];
}

/**
 * Accepts or rejects files as a whole: each of their units. What cannot be accepted is refused with a problem
 * and left exactly as it is, and the others go on. A file of which something was kept is not rejected.
 */
export async function decideWhole(ctx: Context, reviews: Reviews, params: WholeFiles): Promise<FileResult[]> {
  const review = await reviews.open(ctx, params.changeset);
  const byPath = new Map(review.changeset.files.map((file) => [file.path, file]));
  const asked = params.paths ?? review.changeset.files.map(({ path }) => path);
  const results = new Map<string, FileResult>();
  const units: { path: string; unit: string }[] = [];
  for (const path of asked) {
    const file = byPath.get(path);
    const states = review
      .units(path)
      .map(({ unit }) => ({ path, unit, state: review.book.standing(path, unit).state }));
    const open = states.filter(({ state }) => state === 'undecided');
    if (params.paths === undefined && open.length === 0) continue;
    if (file === undefined) {
      const args = { changeset: `${params.changeset}: ${path}` };
      results.set(path, { path, result: 'refused', problem: { code: 'review.unknown', args } });
    } else if (params.decision === 'reject') {
      const kept = states.some(({ state }) => state === 'kept');
      const refused: FileResult = {
        path,
        result: 'refused',
        problem: { code: 'review.accepted', args: { path } },
      };
      results.set(path, kept ? refused : { path, result: 'rejected', problem: null });
      if (!kept) units.push(...open);
    } else if (isDirty(file, params.dirty)) {
      results.set(path, { path, result: 'refused', problem: { code: 'review.dirtyBuffer', args: { path } } });
    } else {
      results.set(path, { path, result: 'written', problem: null });
      const wanted = params.paths === undefined ? open : states.filter(({ state }) => state !== 'kept');
      units.push(...wanted);
    }
  }
  const named = units.map(({ path, unit }) => ({ path, unit }));
  const decision = params.decision === 'accept' ? 'keep' : 'drop';
  const { changeset } = params;
  const decided = await reviews.decide(ctx, { changeset, decision, units: named, buffers: [] });
  for (const one of decided.files)
    if (params.decision === 'accept' || failed(one)) results.set(one.path, asFile(one));
  return [...results.values()];
}

/** What was decided of files every unit of which is decided on, as runs record it. */
export function wholeDecisions({ changeset, book, units }: Review, paths: readonly string[]): FileDecision[] {
  return paths.flatMap((path) => {
    const states = units(path).map(({ unit }) => book.standing(path, unit).state);
    if (states.length === 0 || states.includes('undecided')) return [];
    const decision = states.includes('kept') ? 'accepted' : 'rejected';
    return [
      {
        changeset: changeset.changeset,
        path,
        decision,
        written: decision === 'accepted' ? writtenHash(book, path) : null,
      },
    ];
  });
}

/** What the newest op put at a path. */
function writtenHash(book: Review['book'], path: string): string | null {
  for (const op of [...book.ops.values()].reverse()) {
    const stamp = op.files.get(path)?.intent.stamps.find(({ name }) => name === path);
    if (stamp !== undefined)
      return (
        /^file . ([0-9a-f]{64})$|^link . ([0-9a-f]{64})$/.exec(stamp.after)?.slice(1).find(Boolean) ?? null
      );
  }
  return null;
}

const isDirty = ({ path, from }: ChangedFile, dirty: readonly string[]): boolean =>
  dirty.includes(path) || (from !== null && dirty.includes(from));

const failed = ({ result }: UnitResult): boolean => result === 'refused' || result === 'conflict';

function asFile({ path, result, problem }: UnitResult): FileResult {
  if (result === 'merged') return { path, result, problem };
  if (result === 'conflict')
    return { path, result: 'refused', problem: { code: 'review.changedMeanwhile', args: { path } } };
  if (result === 'refused') return { path, result, problem };
  return { path, result: 'written', problem: null };
}
