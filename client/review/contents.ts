import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import type { ReviewUnit } from '../../schemas/wire';
import { compose, linesOf, type Composed, type Part } from './lines';
import type { ReviewFiles } from './files';
import type { ReviewedFile } from './state';

/** Both sides of a file under review, as lines with their ends. */
export interface Sides {
  readonly baseline: readonly string[];
  readonly proposal: readonly string[];
  /** Texts kept in place of proposed ones, by hash. */
  readonly edited: ReadonlyMap<string, string>;
}

/** Reads the sides of a file as its open document is read: in the encoding a person chose for it. */
export async function sidesOf(
  files: ReviewFiles,
  { file, units }: ReviewedFile,
  encoding: string,
): Promise<Sides> {
  const text = async (hash: string | null): Promise<string> =>
    hash === null ? '' : vscode.workspace.decode(await files.bytes(hash), { encoding });
  const kept = [...new Set(units.flatMap((unit) => unit.edited ?? []))];
  const [baseline, proposal, ...edits] = await Promise.all([
    text(file.baseline),
    text(file.proposal),
    ...kept.map((hash) => text(hash)),
  ]);
  return {
    baseline: linesOf(baseline ?? ''),
    proposal: linesOf(proposal ?? ''),
    edited: new Map(kept.map((hash, i) => [hash, edits[i] ?? ''])),
  };
}

/** The file as it would be with some units and without the others. */
export const composed = (
  sides: Sides,
  units: readonly ReviewUnit[],
  choose: (unit: ReviewUnit) => Part,
): Composed => compose(sides.baseline, sides.proposal, units, choose, sides.edited);

/** What a file under review holds if nobody else changed it: what was kept, and in place also what is undecided. */
export const expected = (sides: Sides, { reviewed, units }: ReviewedFile): Composed =>
  composed(sides, units, ({ state }) =>
    state === 'kept' || (state === 'undecided' && reviewed.mode === 'inPlace') ? 'proposal' : 'baseline',
  );

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The open document of a file, found by its address and never by its name. */
export const openDocument = (uri: vscode.Uri): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString() && !each.isClosed);

/** The encoding a file is read in: that of its open document, else what the editor would take. */
export const encodingOf = (uri: vscode.Uri): string => openDocument(uri)?.encoding ?? 'utf8';
