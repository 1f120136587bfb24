import type { CodeArgs, Code, Problem } from '../../../../schemas';
import type { Splice } from '../../../planning';
import type { Source } from '../source';

/** Changes of one file, by its path below the project. */
export interface FileEdit {
  readonly path: string;
  readonly splices: readonly Splice[];
}

/** What would set a finding right. `edits` throws a problem where that cannot be proved. */
export interface Fix {
  readonly title: string;
  readonly edits: () => readonly FileEdit[];
}

/** Something a person should look at, with its exact place. */
export interface Found {
  readonly problem: Problem;
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly fixes: readonly Fix[];
}

/** A finding at a place of a source; `file` and `line` of its sentence are filled in. */
export function foundAt(
  source: Source,
  { start, end }: { readonly start: number; readonly end: number },
  code: Code,
  args: CodeArgs,
  fixes: readonly Fix[] = [],
): Found {
  const line = lineOf(source, start);
  return { problem: { code, args: { file: source.path, line, ...args } }, source, start, end, fixes };
}

/** The line of an offset, from 1. */
export const lineOf = (source: Source, offset: number): number => source.lineAt(offset)?.line ?? 1;
