import type { Problem } from '../../schemas/codes';
import type { Unit } from './algebra/units';
import type { Book, Op } from './book/book';
import {
  samePlace,
  sameStanding,
  type Intent,
  type Place,
  type Standing,
  type UnitChange,
} from './book/records';
import type { FileWish } from './decider/job';

/** The units of a file as they stand, split ones as their parts. */
export type UnitsNow = (path: string) => readonly Unit[];

export type Asked = 'keep' | 'drop' | 'undecide';

const states = { keep: 'kept', drop: 'dropped', undecide: 'undecided' } as const;

/** What a decision asks of one file: of the named units, or of all it is about. Undefined where there is nothing to do. */
export function wishFor(
  book: Book,
  units: UnitsNow,
  op: string,
  decision: Asked,
  path: string,
  named: readonly string[] | undefined,
): FileWish | undefined {
  const now = units(path);
  if (named?.some((id) => !now.some(({ unit }) => unit === id))) return undefined;
  const changes: UnitChange[] = [];
  for (const { unit } of now) {
    const from = book.standing(path, unit);
    if (
      named === undefined ? (from.state === 'undecided') === (decision === 'undecide') : !named.includes(unit)
    )
      continue;
    // What was kept in other words stays so when it is kept again.
    const edited = decision === 'keep' && from.state === 'kept' ? from.edited : null;
    const to: Standing = { state: states[decision], edited, by: op };
    if (from.state !== to.state) changes.push({ unit, from, to });
  }
  return { path, changes, placed: null };
}

/** What taking an op back asks of its files; a unit on which something else was decided since stays as it is. */
export function undoWishes(
  book: Book,
  op: Op,
): { files: FileWish[]; refused: { path: string; problem: Problem }[] } {
  const files: FileWish[] = [];
  const refused: { path: string; problem: Problem }[] = [];
  for (const [path, { intent, done }] of op.files) {
    if (done === null) refused.push({ path, problem: { code: 'review.waiting', args: { path } } });
    if (done !== true) continue;
    const own = intent.changes.filter(
      ({ unit, to }) => sameStanding(book.standing(path, unit), to) && book.partsOf(path, unit) === undefined,
    );
    const changes = own.map(({ unit, from, to }): UnitChange => ({ unit, from: to, to: from }));
    const back = intent.placed !== null && samePlace(book.placeOf(path), intent.placed.to);
    const placed = back ? { from: intent.placed!.to, to: intent.placed!.from } : null;
    const problem: Problem = { code: 'review.redecided', args: { path } };
    const left = changes.length < intent.changes.length || (intent.placed !== null && !back);
    if (changes.length === 0 && placed === null) {
      if (left) refused.push({ path, problem });
    } else files.push({ path, changes, placed, ...(left ? { note: problem } : {}) });
  }
  return { files, refused };
}

/** Splits of an op put the other way, as far as nothing was decided on the parts. */
export function undoSplits(book: Book, op: Op): { splits: Intent['splits']; left: string[] } {
  const splits: Intent['splits'][number][] = [];
  const left: string[] = [];
  for (const { path, unit, parts } of op.splits) {
    const now = book.partsOf(path, unit);
    if (parts.length === 0) {
      // Taking back a joining: it may be cut again where nothing was decided on the whole.
      const whole = book.standing(path, unit);
      const former =
        op.undoes === null ? undefined : book.ops.get(op.undoes)?.splits.find((one) => one.unit === unit);
      if (now === undefined && whole.state === 'undecided' && former !== undefined) splits.push(former);
      else left.push(path);
      continue;
    }
    const untouched = parts.every(
      (part) =>
        book.standing(path, part.unit).state === 'undecided' && book.partsOf(path, part.unit) === undefined,
    );
    if (now !== undefined && untouched) splits.push({ path, unit, parts: [] });
    else left.push(path);
  }
  return { splits, left };
}

/** What bringing undecided units into the files, or out of them, asks of every file that is not there yet. */
export function placeWishes(book: Book, paths: readonly string[], units: UnitsNow, to: Place): FileWish[] {
  return paths
    .filter((path) => book.placeOf(path).mode !== to.mode && units(path).length > 0)
    .map((path) => ({ path, changes: [], placed: { from: book.placeOf(path), to } }));
}
