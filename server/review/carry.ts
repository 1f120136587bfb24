import type { FileDecision } from '../engine/state';
import type { Carried, Standing } from './book/records';
import type { Review } from './shelf';

/** What holds of an older version of a changeset for this one: decisions and marks on units that are the same. */
export function carryOver(former: Review, review: Review): Carried {
  const files: Carried['files'][number][] = [];
  const splits: Carried['splits'][number][] = [];
  const marks: string[] = [];
  for (const { path } of review.changeset.files) {
    const same = new Set(review.units(path).map(({ unit }) => unit));
    for (const [unit, parts] of former.book.splitsOf(path)) {
      if (!same.has(unit)) continue;
      splits.push({ path, unit, parts });
      for (const part of parts) same.add(part.unit);
    }
    const units: [string, Standing][] = [...same].flatMap((unit) => {
      const { state, edited } = former.book.standing(path, unit);
      return state === 'undecided' ? [] : [[unit, { state, edited, by: null }]];
    });
    marks.push(...[...same].filter((unit) => former.book.reviewed(unit)));
    if (units.length > 0) files.push({ path, units });
  }
  return { type: 'carried', files, splits, marks };
}

/** Decisions on whole files as decisions on each of their units. */
export function carryWhole(review: Review, decided: readonly FileDecision[]): Carried {
  const files = decided.map(({ path, decision }) => {
    const state = decision === 'accepted' ? ('kept' as const) : ('dropped' as const);
    const units = review
      .units(path)
      .map(({ unit }): [string, Standing] => [unit, { state, edited: null, by: null }]);
    return { path, units };
  });
  return { type: 'carried', files, splits: [], marks: [] };
}
