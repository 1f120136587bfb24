import type { Problem } from '../../schemas/codes';
import type { TreeChange } from '../git';
import type { RestoredFile } from './types';

type Side = TreeChange['before'];

/** One file that restoring would change: what the tree holds now and what the checkpoint has. */
export interface PlannedFile extends RestoredFile {
  /** Below the top of the repository. */
  readonly fromTop: string;
  readonly before: Side;
  readonly after: Side;
}

export interface PlanOptions {
  /** From the tree as it is to the checkpoint's. */
  readonly changes: readonly TreeChange[];
  /** The open folder below the top of its repository; '' at the top. What lies outside is not touched. */
  readonly prefix: string;
  /** Files and folders, below the open folder; absent: all. */
  readonly paths?: readonly string[];
}

/** The files that restoring changes, a renamed one as two. What lies outside the folder or is not asked for is left out. */
export function planRestore({ changes, prefix, paths }: PlanOptions): PlannedFile[] {
  const below = prefix === '' ? '' : `${prefix}/`;
  return changes.flatMap(apart).flatMap((change): PlannedFile[] => {
    if (!change.path.startsWith(below)) return [];
    const path = change.path.slice(below.length);
    if (paths !== undefined && !paths.some((one) => covers(one, path))) return [];
    const { before, after } = change;
    const kind = before === null ? 'added' : after === null ? 'deleted' : 'modified';
    return [{ path, fromTop: change.path, change: kind, before, after, problem: named(path, before, after) }];
  });
}

/** What nobody can tell to be newer than the checkpoint stays: it was ignored then. */
export function sparing(planned: readonly PlannedFile[], ignored: ReadonlySet<string>): PlannedFile[] {
  return planned.map((file) =>
    file.change === 'deleted' && file.problem === null && ignored.has(file.fromTop)
      ? { ...file, problem: { code: 'checkpoint.notKnown', args: { path: file.path } } }
      : file,
  );
}

/** Removals first, deepest first: a folder must be empty before a file takes its name, and the reverse. */
export function inOrder(planned: readonly PlannedFile[]): PlannedFile[] {
  const depth = ({ path }: PlannedFile) => path.split('/').length;
  const removals = planned.filter(({ after }) => after === null).sort((a, b) => depth(b) - depth(a));
  return [...removals, ...planned.filter(({ after }) => after !== null)];
}

function apart(change: TreeChange): TreeChange[] {
  const { from, path, before, after } = change;
  if (from === null) return [change];
  return [
    { path: from, from: null, change: 'deleted', before, after: null },
    { path, from: null, change: 'added', before: null, after },
  ];
}

function named(path: string, before: Side, after: Side): Problem | null {
  if (before?.mode === '160000' || after?.mode === '160000')
    return { code: 'checkpoint.submodule', args: { path } };
  if (path.includes('\uFFFD') || path.split('/').some((name) => name === '..' || /^\.git$/i.test(name)))
    return { code: 'checkpoint.writeFailed', args: { path, detail: 'its name cannot be written safely' } };
  return null;
}

const covers = (asked: string, path: string): boolean =>
  asked === path || path.startsWith(asked.endsWith('/') ? asked : `${asked}/`);
