import { problemOf, type Json } from '../base';
import { melodyVersion } from '../../schemas/melody';
import { finding, wholeFile } from './findings';
import { melodyOfThinRun } from './migrations/thinRun';
import { pathText } from './place';
import type { Finding, Path } from './types';

/** One step between two versions that follow each other; it makes a new value and leaves the old one as it is. */
export interface Migration {
  readonly from: number;
  readonly to: number;
  migrate(value: Json): Json;
}

/** The steps from the oldest version on, in order. */
export interface Migrations {
  readonly oldest: number;
  readonly current: number;
  /** Brings a value of version `from` to the current one; throws what a step throws. */
  run(value: Json, from: number): Json;
}

/** Joins steps to a chain. A gap, an overlap or a wrong end is a mistake of the program and throws at once. */
export function defineMigrations(current: number, steps: readonly Migration[]): Migrations {
  const sorted = [...steps].sort((a, b) => a.from - b.from);
  sorted.forEach(({ from, to }, index) => {
    if (to !== from + 1) throw new Error(`The migration from ${from} must lead to ${from + 1}, not ${to}.`);
    const before = sorted[index - 1];
    if (before !== undefined && before.to !== from)
      throw new Error(`Migrations must follow each other: after ${before.to} comes ${from}.`);
  });
  const last = sorted.at(-1)?.to ?? current;
  if (last !== current) throw new Error(`Migrations end at ${last}; the current version is ${current}.`);
  return {
    oldest: sorted[0]?.from ?? current,
    current,
    run: (value, from) =>
      sorted.filter((step) => step.from >= from).reduce((old, step) => step.migrate(old), value),
  };
}

export const migrations = defineMigrations(melodyVersion, [{ from: 0, to: 1, migrate: melodyOfThinRun }]);

/** A document of the current version, or why there is none; `from` is the version it was written in. */
export type Migrated =
  | { readonly ok: true; readonly value: Json; readonly from: number }
  | { readonly ok: false; readonly finding: Finding };

/** Brings a document to the current version. A newer or unknown one is refused, and nothing is guessed. */
export function migrated(value: Json, file: string, where: (path: Path) => Finding['place']): Migrated {
  const refuse = (refused: Finding): Migrated => ({ ok: false, finding: refused });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse(finding('melody.malformed', { detail: 'a Melody is an object in { }' }, where([])));
  const found = (value as { readonly [key: string]: Json })['version'];
  const isVersion = typeof found === 'number' && Number.isInteger(found) && found >= migrations.oldest;
  if (!isVersion) {
    const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 40);
    return refuse(
      finding('melody.versionUnknown', { found: shown, known: melodyVersion }, where(['version'])),
    );
  }
  if (found > melodyVersion)
    return refuse(finding('melody.newer', { file, found, known: melodyVersion }, where(['version'])));
  try {
    return { ok: true, value: migrations.run(value, found), from: found };
  } catch (thrown) {
    const { code, args } = problemOf(thrown);
    const detail = String(args['detail'] ?? code);
    return refuse(finding('melody.migration', { file, from: found, to: melodyVersion, detail }, where([])));
  }
}

/** A place without a line. */
export const placeless = (file: string) => (path: Path) => ({ ...wholeFile(file), path: pathText(path) });
