import type { ReviewSource } from '../../../schemas/wire/units';
import { compose, type Decision } from '../algebra/compose';
import type { FileUnits, Unit } from '../algebra/units';
import type { Proposed, Version } from '../decide';

/** A file of a changeset with what was decided on its units and whose work they are. */
export interface DecidedFile {
  readonly file: Proposed;
  readonly units: FileUnits;
  readonly decision: (unit: string) => Decision | undefined;
  /** Places in the sources. */
  readonly sourcesOf: (unit: string) => readonly number[];
}

/** Which units are in: those kept, those kept or undecided, or all. */
export type Included = 'kept' | 'notDropped' | 'all';

/** One commit to be: what it does to each path, and whose work it is. */
export interface SeriesCommit {
  /** The sources of the units that came in; none where nobody's name is known. */
  readonly sources: readonly number[];
  readonly files: readonly { readonly path: string; readonly version: Version | null }[];
}

/**
 * The changes as one commit per source, in the order of the sources; what has none comes last. A unit of several
 * sources comes with the last of them, because only then it is complete. Commits that would change nothing are left out.
 */
export function seriesOf(
  files: readonly DecidedFile[],
  sources: readonly ReviewSource[],
  included: Included,
): SeriesCommit[] {
  const last = sources.length;
  const groupOf = (one: DecidedFile, unit: string): number => {
    const own = one.sourcesOf(unit);
    return own.length === 0 ? last : Math.max(...own);
  };
  const state = files.map((one) => compose(one.file, one.units, () => false));
  const commits: SeriesCommit[] = [];
  for (let group = 0; group <= last; group++) {
    const changed: { path: string; version: Version | null }[] = [];
    const from = new Set<number>();
    for (const [i, one] of files.entries()) {
      const before = state[i]!;
      const after = compose(one.file, one.units, (unit) =>
        groupOf(one, unit.unit) <= group ? applied(one, unit, included) : false,
      );
      if (before.name === after.name && same(before.version, after.version)) continue;
      state[i] = after;
      if (before.name !== after.name) changed.push({ path: before.name, version: null });
      changed.push({ path: after.name, version: after.version });
      for (const { unit } of one.units.units)
        for (const source of one.sourcesOf(unit)) if (groupOf(one, unit) === group) from.add(source);
    }
    if (changed.length > 0) commits.push({ sources: [...from].sort((a, b) => a - b), files: changed });
  }
  return commits;
}

function applied(one: DecidedFile, { unit }: Unit, included: Included): false | true | Uint8Array {
  if (included === 'all') return true;
  const { state, edited } = one.decision(unit) ?? { state: 'undecided', edited: null };
  if (state === 'kept') return edited ?? true;
  return state === 'undecided' && included === 'notDropped';
}

function same(a: Version | null, b: Version | null): boolean {
  if (a === null || b === null) return a === b;
  return a.kind === b.kind && a.executable === b.executable && Buffer.compare(a.bytes, b.bytes) === 0;
}
