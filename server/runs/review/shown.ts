import type { Problem } from '../../../schemas/codes';
import type { ChangedFile } from '../../../schemas/wire/review';
import type { RiskFlag } from '../../../schemas/wire/risk';
import type { ReviewSource, ReviewUnit, UnitState } from '../../../schemas/wire/units';
import type { Review } from '../../review';

/** The units of a file as clients see them. */
export function shownUnits(
  review: Review,
  file: ChangedFile,
  sources: readonly ReviewSource[],
): ReviewUnit[] {
  const { path, plans } = file;
  const { book, cuts } = review;
  const flags = flagsOf(review, path);
  const own = sources.flatMap(({ plan }, index) => (plans.includes(plan) ? [index] : []));
  return review.units(path).map(({ unit, kind, before, after }) => {
    const { state, edited } = book.standing(path, unit);
    const risks = [...(cuts.get(path)?.flags.get(unit) ?? flags)];
    return {
      unit,
      kind,
      before,
      after,
      state,
      edited,
      reviewed: book.reviewed(unit),
      flags: risks,
      sources: own,
    };
  });
}

/** A file of a list with how far its review is. */
export function shownFile(review: Review, file: ChangedFile): ChangedFile {
  const { path } = file;
  const { book } = review;
  const units = review.units(path);
  const states = units.map(({ unit }) => book.standing(path, unit).state);
  const count = (state: UnitState): number => states.filter((one) => one === state).length;
  const kept = count('kept');
  const undecided = count('undecided');
  const flags = new Set<RiskFlag>();
  for (const risks of review.cuts.get(path)?.flags.values() ?? []) for (const risk of risks) flags.add(risk);
  return {
    ...file,
    decision: undecided > 0 ? 'undecided' : kept > 0 ? 'accepted' : 'rejected',
    counts: {
      units: units.length,
      undecided,
      kept,
      dropped: count('dropped'),
      reviewed: units.filter(({ unit }) => book.reviewed(unit)).length,
    },
    flags: [...flags],
  };
}

/** What a person should know of files: decisions a crash cut short, and line ends that are not taken over. */
export function problemsOf({ book, cuts }: Review, files: readonly ChangedFile[]): Problem[] {
  return files.flatMap(({ path }) => {
    const adapted: Problem = { code: 'review.adaptedEnds', args: { path } };
    const dropped = book.abandoned.get(path);
    return [
      ...(cuts.get(path)?.adapted === true ? [adapted] : []),
      ...(dropped === undefined ? [] : [dropped]),
    ];
  });
}

/** A part of a split hunk has the flags its whole had; which part they are about is not known. */
function flagsOf({ book, cuts }: Review, path: string): RiskFlag[] {
  const split = [...book.splitsOf(path).keys()];
  return [...new Set(split.flatMap((unit) => cuts.get(path)?.flags.get(unit) ?? []))];
}
