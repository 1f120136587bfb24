import type { ChangedFile } from '../../schemas/wire/review';
import type { ReviewSource, ReviewUnit, UnitState } from '../../schemas/wire/units';
import type { UnitName } from './wire';

/** What of a changeset is shown. */
export type Show = 'all' | 'undecided' | 'unreviewed' | 'risky' | 'failing';
export const shows: readonly Show[] = ['all', 'undecided', 'unreviewed', 'risky', 'failing'];

export interface Filter {
  readonly show: Show;
  /** Only what this plan made; '' for every plan. */
  readonly plan: string;
  /** A part of the path. */
  readonly text: string;
}

export interface ReviewModel {
  readonly changeset: string;
  readonly files: ReadonlyMap<string, ChangedFile>;
  readonly plans: readonly { readonly plan: string; readonly title: string }[];
  readonly sources: readonly ReviewSource[];
  readonly units: ReadonlyMap<string, readonly ReviewUnit[]>;
}

/** A row of the list: a file, and below it its units. */
export type Row =
  | { readonly kind: 'file'; readonly key: string; readonly path: string; readonly shown: number }
  | { readonly kind: 'unit'; readonly key: string; readonly path: string; readonly unit: ReviewUnit };

export const keyOf = ({ path, unit }: UnitName): string => `${path}\n${unit}`;

/** The rows that pass a filter, files in the changeset's order, units in the file's. */
export function rowsOf(model: ReviewModel, filter: Filter): Row[] {
  const rows: Row[] = [];
  const wanted = filter.text.toLowerCase();
  for (const [path, units] of model.units) {
    if (wanted !== '' && !path.toLowerCase().includes(wanted)) continue;
    const shown = units.filter((unit) => passes(model, unit, filter));
    if (shown.length === 0) continue;
    rows.push({ kind: 'file', key: path, path, shown: shown.length });
    for (const unit of shown) rows.push({ kind: 'unit', key: keyOf({ path, unit: unit.unit }), path, unit });
  }
  return rows;
}

function passes(model: ReviewModel, unit: ReviewUnit, { show, plan }: Filter): boolean {
  const sources = unit.sources.flatMap((at) => model.sources[at] ?? []);
  if (plan !== '' && !sources.some((source) => source.plan === plan)) return false;
  switch (show) {
    case 'all':
      return true;
    case 'undecided':
      return unit.state === 'undecided';
    case 'unreviewed':
      return unit.state === 'undecided' && !unit.reviewed;
    case 'risky':
      return unit.flags.length > 0;
    case 'failing':
      return sources.some(({ verified }) => verified.some(({ exitCode }) => exitCode !== 0));
  }
}

export type Counts = Readonly<Record<UnitState | 'all', number>>;

export function countsOf(model: ReviewModel): Counts {
  const counts = { all: 0, undecided: 0, kept: 0, dropped: 0 };
  for (const units of model.units.values())
    for (const { state } of units) {
      counts.all++;
      counts[state]++;
    }
  return counts;
}

/** The row to go to after a decision: the next undecided unit, from the start again at the end; else where one is. */
export function nextUndecided(rows: readonly Row[], from: number): number {
  for (let step = 1; step <= rows.length; step++) {
    const at = (from + step) % rows.length;
    const row = rows[at]!;
    if (row.kind === 'unit' && row.unit.state === 'undecided') return at;
  }
  return from;
}

/** The units a row stands for: itself, or those shown of its file. */
export function unitsAt(rows: readonly Row[], at: number): UnitName[] {
  const row = rows[at];
  if (row === undefined) return [];
  if (row.kind === 'unit') return [{ path: row.path, unit: row.unit.unit }];
  return rows.flatMap((each) =>
    each.kind === 'unit' && each.path === row.path ? [{ path: each.path, unit: each.unit.unit }] : [],
  );
}
