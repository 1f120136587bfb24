import type { Problem } from '../../schemas/codes';
import { holdsBinary } from './algebra/lines';

/** One version of a file: a regular file, or a link whose bytes are its target. */
export interface Version {
  readonly kind: 'file' | 'link';
  readonly bytes: Uint8Array;
  readonly executable: boolean;
  /** Nobody may write it; told of what is on the disk. */
  readonly readOnly?: boolean;
}

/** What the disk holds at a path, links never followed. */
export type OnDisk =
  | { readonly kind: 'absent' }
  | Version
  /** `empty`: no file anywhere below, so that a file may take its place. */
  | { readonly kind: 'folder'; readonly empty: boolean }
  /** A device, a socket, or another thing that is no file. */
  | { readonly kind: 'other' }
  /** A parent is a file: nothing can be here before it goes. */
  | { readonly kind: 'behindFile' }
  /** A parent is a link; `link` names it. */
  | { readonly kind: 'behindLink'; readonly link: string };

/** A file of a changeset with the bytes its hashes stand for. */
export interface Proposed {
  readonly path: string;
  readonly from: string | null;
  readonly baseline: Version | null;
  readonly proposal: Version | null;
}

export interface Seen {
  readonly at: OnDisk;
  /** What is at `from`, for a renamed file. */
  readonly from: OnDisk | null;
  /** `path` and `from` are one file to this file system (a rename of upper and lower case). */
  readonly sameFile: boolean;
  readonly dirty: boolean;
  /** False where the file system has no executable bit. */
  readonly modes: boolean;
}

/** What to do to the user's tree. `version` is what `path` holds afterwards; null: nothing. */
export type Verdict =
  | { readonly kind: 'refuse'; readonly problem: Problem }
  | {
      readonly kind: 'apply';
      readonly write: Version | null;
      readonly setExecutable: boolean | null;
      readonly remove: 'path' | 'from' | null;
      /** The user's own change and the proposal were both kept. */
      readonly merged: boolean;
    };

/** The user's bytes with what leads from baseline to proposal, or null where both change the same lines. */
export type Merge = (current: Uint8Array) => Uint8Array | null;

/**
 * Decides how to accept one file, from bytes alone. The user's tree is written only where it holds what
 * the run began with, or where both changes go together line by line; everything else is refused.
 */
export function decide(file: Proposed, seen: Seen, merge: Merge): Verdict {
  if (seen.dirty) return refuse('review.dirtyBuffer', file.path);
  for (const there of [seen.at, seen.from]) {
    if (there?.kind === 'behindLink') {
      return {
        kind: 'refuse',
        problem: { code: 'review.link', args: { path: file.path, link: there.link } },
      };
    }
  }
  if (file.proposal === null) return decideDelete(file, seen);
  if (file.from !== null && seen.from !== null) return decideRename(file, file.proposal, seen, merge);
  if (file.baseline === null) return decideAdd(file, file.proposal, seen);
  return decideModify(file, file.baseline, file.proposal, seen, merge);
}

function decideDelete(file: Proposed, { at }: Seen): Verdict {
  // A folder in its place means that the file is gone as well.
  if (at.kind === 'absent' || at.kind === 'behindFile' || at.kind === 'folder') return nothing;
  return isVersion(at) && file.baseline !== null && sameBytes(at, file.baseline)
    ? { ...nothing, remove: 'path' }
    : changed(file.path);
}

function decideAdd(file: Proposed, proposal: Version, { at, modes }: Seen): Verdict {
  if (at.kind === 'absent' || (at.kind === 'folder' && at.empty)) return { ...nothing, write: proposal };
  if (isVersion(at) && sameBytes(at, proposal)) return withMode(at, proposal.executable, modes, false);
  return changed(file.path);
}

function decideModify(
  file: Proposed,
  baseline: Version,
  proposal: Version,
  { at, modes }: Seen,
  merge: Merge,
): Verdict {
  if (!isVersion(at)) return changed(file.path);
  const result = combine(baseline, at, proposal, merge);
  if (result === null) return changed(file.path);
  const merged = !sameBytes(result, proposal) || (!sameBytes(at, baseline) && !sameBytes(at, proposal));
  if (sameBytes(at, result)) return withMode(at, result.executable, modes, merged);
  return { ...nothing, write: result, merged };
}

function decideRename(file: Proposed, proposal: Version, seen: Seen, merge: Merge): Verdict {
  const { at, from, modes } = seen;
  const baseline = file.baseline!;
  if (from!.kind === 'absent' || from!.kind === 'behindFile') {
    // Renamed already: by an accept that was interrupted, or by the user in the same way.
    return isVersion(at) && sameBytes(at, proposal)
      ? withMode(at, proposal.executable, modes, false)
      : changed(file.path);
  }
  if (!isVersion(from!)) return changed(file.from!);
  const result = combine(baseline, from!, proposal, merge);
  if (result === null) return changed(file.from!);
  const merged = !sameBytes(result, proposal);
  const free = at.kind === 'absent' || (at.kind === 'folder' && at.empty) || seen.sameFile;
  if (free) return { ...nothing, write: result, remove: seen.sameFile ? null : 'from', merged };
  if (isVersion(at) && sameBytes(at, result))
    return { ...withMode(at, result.executable, modes, merged), remove: 'from' };
  return changed(file.path);
}

/** The three versions as one, or null where the user's change and the proposal do not go together. */
function combine(baseline: Version, current: Version, proposal: Version, merge: Merge): Version | null {
  const executable = proposal.executable !== baseline.executable ? proposal.executable : current.executable;
  if (sameBytes(current, proposal)) return { ...current, executable };
  if (sameBytes(current, baseline)) {
    return { ...proposal, executable: proposal.kind === baseline.kind ? executable : proposal.executable };
  }
  // The proposal changes the mode alone: the user's bytes stay.
  if (sameBytes(baseline, proposal)) return { ...current, executable };
  const all = [baseline, current, proposal];
  if (all.some(({ kind, bytes }) => kind === 'link' || holdsBinary(bytes))) return null;
  const bytes = merge(current.bytes);
  return bytes === null ? null : { kind: 'file', bytes, executable };
}

type Apply = Extract<Verdict, { kind: 'apply' }>;

const nothing: Apply = { kind: 'apply', write: null, setExecutable: null, remove: null, merged: false };

function withMode(at: Version, executable: boolean, modes: boolean, merged: boolean): Apply {
  const differs = modes && at.kind === 'file' && at.executable !== executable;
  return { ...nothing, setExecutable: differs ? executable : null, merged };
}

export const isVersion = (there: OnDisk): there is Version => there.kind === 'file' || there.kind === 'link';

/** Whether two versions are of one kind and hold the same bytes; modes are a matter of their own. */
export function sameBytes(a: Version, b: Version): boolean {
  return a.kind === b.kind && a.bytes.length === b.bytes.length && Buffer.compare(a.bytes, b.bytes) === 0;
}

const refuse = (code: Problem['code'], path: string): Verdict => ({
  kind: 'refuse',
  problem: { code, args: { path } },
});
const changed = (path: string): Verdict => refuse('review.changedMeanwhile', path);
