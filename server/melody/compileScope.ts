import type { Code, CodeArgs } from '../../schemas';
import type { Melody, Retry } from '../../schemas/melody';
import { ProblemError } from '../base';
import { finding } from './findings';
import { pathText } from './place';
import type { Finding, Path } from './types';

/** Gives the valid Melody that lies at a path, or what is wrong with it; the caller does the reading. */
export type LoadMelody = (path: string) => Melody | Finding;

/** What one compilation keeps across its levels and files. */
export interface Compiling {
  readonly load: LoadMelody | undefined;
  readonly loaded: Map<string, Melody>;
  readonly limits: Map<string, number>;
  /** Nodes so far. */
  count: number;
}

/** Where a level or a node lies, and what is taken over from around it. */
export interface Scope {
  readonly work: Compiling;
  /** The files that include each other down to here. */
  readonly files: readonly string[];
  /** The way to it in the last of the files. */
  readonly path: Path;
  /** Groups around it. */
  readonly depth: number;
  /** The retry of nodes that state none. */
  readonly retry: Retry | undefined;
  /** The class of nodes that state none, from the group around them. */
  readonly resource: string | undefined;
  /** Inputs that get their values from the group around the level; undefined: nothing is around it. */
  readonly given: ReadonlySet<string> | undefined;
}

/** Ends a compilation with a problem at a place of the file it is in. */
export function refuse(scope: Scope, code: Code, args: CodeArgs, path: Path = scope.path): never {
  const place = { file: scope.files.at(-1)!, line: 0, column: 0, path: pathText(path) };
  throw new ProblemError(finding(code, args, place).problem);
}

/** Takes over how many nodes of a class may work at once; of two Melodies of one run the smaller number holds. */
export function noteLimits({ limits }: Compiling, { settings }: Melody): void {
  for (const [resource, most] of Object.entries(settings?.resources ?? {}))
    limits.set(resource, Math.min(most, limits.get(resource) ?? most));
}
