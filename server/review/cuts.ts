import { setImmediate } from 'node:timers/promises';
import type { ChangedFile, Changeset } from '../../schemas/wire/review';
import { riskFlags, type RiskFlag } from '../../schemas/wire/risk';
import type { Context } from '../base';
import type { Blobs } from '../engine/ports';
import { textOf, unitsOf, type FileUnits, type Unit } from './algebra/units';
import { withBytes } from './files';
import { risksOf } from './risks';

/** What a file was cut into, with what is risky about each unit. */
export interface CutFile {
  readonly units: readonly Unit[];
  readonly flags: ReadonlyMap<string, readonly RiskFlag[]>;
  /** Whether the proposal has other line ends than the file, which are not proposed. */
  readonly adapted: boolean;
}
export type Cuts = ReadonlyMap<string, CutFile>;

/** Cuts every file of a changeset; gives way to other work between files. A file whose bytes are gone has no units. */
export async function cutChangeset(ctx: Context, changeset: Changeset, blobs: Blobs): Promise<Cuts> {
  const cuts = new Map<string, CutFile>();
  for (const file of changeset.files) {
    ctx.signal.throwIfAborted();
    cuts.set(file.path, await cutFile(file, blobs));
    await setImmediate();
  }
  return cuts;
}

async function cutFile(file: ChangedFile, blobs: Blobs): Promise<CutFile> {
  const content = await withBytes(file, blobs);
  const cut = unitsOf(content);
  return { units: cut.units, flags: risksOf(content, cut), adapted: cut.text?.adapted ?? false };
}

/** The units of a file with its text, without comparing anything again. */
export async function withText(file: ChangedFile, cut: CutFile, blobs: Blobs): Promise<FileUnits> {
  const { path } = file;
  if (!cut.units.some(({ kind }) => kind === 'lines')) return { path, units: cut.units, text: null };
  const { baseline, proposal } = await withBytes(file, blobs);
  return { path, units: cut.units, text: textOf(path, baseline!, proposal!) };
}

const kinds = ['lines', 'whole', 'mode', 'rename'] as const;
const version = 1;

/** Cuts as text that is small and fast to read. */
export function writeCuts(cuts: Cuts): string {
  const files = [...cuts].map(([path, { units, flags, adapted }]) => [
    path,
    adapted ? 1 : 0,
    units.map(({ unit, kind, before, after }) => [
      unit,
      kinds.indexOf(kind),
      ...[before.start, before.end, after.start, after.end],
      ...(flags.get(unit) ?? []).map((flag) => riskFlags.indexOf(flag)),
    ]),
  ]);
  return JSON.stringify({ version, files });
}

type WrittenUnit = [string, number, number, number, number, number, ...number[]];

/** Reads what `writeCuts` wrote; undefined where another version of it did. */
export function readCuts(text: string): Cuts | undefined {
  const read = JSON.parse(text) as { version: number; files: [string, number, WrittenUnit[]][] };
  if (read.version !== version) return undefined;
  return new Map(
    read.files.map(([path, adapted, written]) => {
      const flags = new Map<string, RiskFlag[]>();
      const units = written.map(([unit, kind, b0, b1, a0, a1, ...risks]): Unit => {
        if (risks.length > 0)
          flags.set(
            unit,
            risks.map((risk) => riskFlags[risk]!),
          );
        return { unit, kind: kinds[kind]!, before: { start: b0, end: b1 }, after: { start: a0, end: a1 } };
      });
      return [path, { units, flags, adapted: adapted === 1 }];
    }),
  );
}
