import type { OpenBuffer } from '../../../schemas/wire/units';
import type { Problem } from '../../../schemas/codes';
import { editBuffer } from '../algebra/buffer';
import { compose, editsBetween, type Applied, type Shape } from '../algebra/compose';
import { rebaseText } from '../algebra/rebase';
import type { FileUnits } from '../algebra/units';
import { decide, isVersion, sameBytes, type OnDisk, type Proposed, type Seen, type Verdict } from '../decide';
import type { UserTree } from '../ports';
import { stampOf } from './stamp';

/** A file on its way from one composition to another. */
export interface Transition {
  readonly file: Proposed;
  readonly units: FileUnits;
  readonly from: Applied;
  readonly to: Applied;
  readonly before: Shape;
  readonly after: Shape;
}

export function transitionOf(file: Proposed, units: FileUnits, from: Applied, to: Applied): Transition {
  return { file, units, from, to, before: compose(file, units, from), after: compose(file, units, to) };
}

/** Whether both compositions are the same, so that nothing is to be written. */
export function changesNothing({ before, after }: Transition): boolean {
  if (before.name !== after.name) return false;
  if (before.version === null || after.version === null) return before.version === after.version;
  return sameBytes(before.version, after.version) && before.version.executable === after.version.executable;
}

export interface Conflict {
  readonly base: Uint8Array;
  readonly yours: Uint8Array;
  readonly proposed: Uint8Array;
}

/** What a transition comes to, given what is there. */
export type Outlook =
  | {
      readonly kind: 'write';
      readonly seen: Seen;
      readonly verdict: Extract<Verdict, { kind: 'apply' }>;
      readonly stamps: readonly Stamps[];
    }
  | {
      readonly kind: 'edits';
      readonly edits: readonly { start: number; end: number; text: string }[];
      readonly stamps: readonly Stamps[];
    }
  | { readonly kind: 'conflict'; readonly sides: Conflict; readonly problem: Problem }
  | { readonly kind: 'refused'; readonly problem: Problem };

export interface Stamps {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Looks at the disk and says what a transition comes to there; nothing is written. */
export async function outlookOnDisk(tree: UserTree, transition: Transition): Promise<Outlook> {
  const { before, after } = transition;
  const asked: Proposed = {
    path: after.name,
    from: before.name === after.name ? null : before.name,
    baseline: before.version,
    proposal: after.version,
  };
  const seen = await lookFor(tree, asked);
  let overlap: { readonly at: LinesAt; readonly yours: Uint8Array } | undefined;
  const edits = editsBetween(transition.units, transition.from, transition.to);
  const verdict = decide(asked, seen, (current) => {
    if (transition.units.text === null || before.version === null) return null;
    const rebased = rebaseText(before.version.bytes, current, edits);
    if (rebased.ok) return rebased.bytes;
    overlap = { at: rebased.at, yours: current };
    return null;
  });
  if (verdict.kind === 'apply') {
    const readOnly = [seen.at, seen.from].find(
      (there) => there !== null && isVersion(there) && there.readOnly === true,
    );
    const touches = verdict.write !== null || verdict.remove !== null || verdict.setExecutable !== null;
    if (readOnly !== undefined && touches) return refusal('review.readOnly', { path: asked.path });
    return { kind: 'write', seen, verdict, stamps: stampsOf(tree, asked, seen, verdict) };
  }
  if (overlap === undefined || after.version === null || before.version === null)
    return { kind: 'refused', problem: verdict.problem };
  const sides = { base: before.version.bytes, yours: overlap.yours, proposed: after.version.bytes };
  return { kind: 'conflict', sides, problem: overlapOf(asked.path, overlap.at) };
}

/** What a transition comes to in an open document with unsaved changes. */
export async function outlookInBuffer(
  tree: UserTree,
  transition: Transition,
  buffer: OpenBuffer,
): Promise<Outlook> {
  const { before, after, units } = transition;
  const path = buffer.path;
  const lines =
    units.text !== null && before.name === after.name && before.version !== null && after.version !== null;
  // A document cannot be renamed, deleted or made executable from under its unsaved changes.
  if (!lines || before.version!.executable !== after.version!.executable)
    return refusal('review.dirtyBuffer', { path });
  const answer = editBuffer(
    before.version!.bytes,
    editsBetween(units, transition.from, transition.to),
    buffer,
  );
  if (answer.kind === 'encoding') return refusal('review.encoding', { path, encoding: buffer.encoding });
  if (answer.kind === 'overlap') {
    const sides = { base: before.version!.bytes, yours: answer.saved, proposed: after.version!.bytes };
    return { kind: 'conflict', sides, problem: overlapOf(path, answer.at) };
  }
  const there = await tree.look(before.name);
  const executable = isVersion(there) && there.executable;
  const saved: OnDisk = { kind: 'file', bytes: answer.saved, executable };
  const stamps = [
    { name: before.name, before: stampOf(there, tree.modes), after: stampOf(saved, tree.modes) },
  ];
  return { kind: 'edits', edits: answer.edits, stamps };
}

/** Does what the outlook said. The new bytes come first and the former name goes last, so that a crash between loses neither. */
export async function carryOut(
  tree: UserTree,
  transition: Transition,
  outlook: Extract<Outlook, { kind: 'write' }>,
): Promise<void> {
  const { seen, verdict } = outlook;
  const { name: path } = transition.after;
  const { name: from } = transition.before;
  let expected: OnDisk = seen.at;
  if (seen.sameFile && from !== path && verdict.write !== null) {
    await tree.renameCase(from, path);
    expected = seen.from!;
  }
  if (verdict.write !== null) await tree.put(path, verdict.write, expected);
  if (verdict.setExecutable !== null) await tree.setExecutable(path, verdict.setExecutable);
  if (verdict.remove === 'path') await tree.remove(path, seen.at);
  if (verdict.remove === 'from') await tree.remove(from, seen.from!);
}

async function lookFor(tree: UserTree, { path, from }: Proposed): Promise<Seen> {
  return {
    at: await tree.look(path),
    from: from === null ? null : await tree.look(from),
    sameFile: from !== null && (await tree.isSameFile(path, from)),
    dirty: false,
    modes: tree.modes,
  };
}

function stampsOf(
  { modes }: UserTree,
  { path, from }: Proposed,
  seen: Seen,
  verdict: Extract<Verdict, { kind: 'apply' }>,
): Stamps[] {
  const written =
    verdict.write ?? (verdict.remove === 'path' ? absent : withMode(seen.at, verdict.setExecutable));
  const stamps = [{ name: path, before: stampOf(seen.at, modes), after: stampOf(written, modes) }];
  if (from !== null && seen.from !== null) {
    const left = verdict.remove === 'from' ? absent : seen.sameFile ? written : seen.from;
    stamps.push({ name: from, before: stampOf(seen.from, modes), after: stampOf(left, modes) });
  }
  return stamps;
}

const absent: OnDisk = { kind: 'absent' };

const withMode = (there: OnDisk, executable: boolean | null): OnDisk =>
  executable === null || !isVersion(there) ? there : { ...there, executable };

interface LinesAt {
  readonly start: number;
  readonly end: number;
}

/** Lines as people count them, from 1. */
function overlapOf(path: string, { start, end }: LinesAt): Problem {
  const lines = end - start <= 1 ? String(start + 1) : `${start + 1}–${end}`;
  return { code: 'review.overlap', args: { path, lines } };
}

const refusal = (code: Problem['code'], args: Problem['args']): Outlook => ({
  kind: 'refused',
  problem: { code, args },
});
