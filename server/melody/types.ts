import type { Json } from '../base';
import type { Melody } from '../../schemas/melody';
import type { CodeText, Problem } from '../../schemas';

/** The way to a value in a document: keys and indexes from its root. */
export type Path = readonly (string | number)[];

/** Where a finding is; line and column begin at 1 (UTF-16 units), and are 0 where there is no text. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The way into the document, for example `nodes[3].inputs[0].type`. */
  readonly path: string;
}

/** One thing that is wrong, or odd, with a Melody. `problem.args.place` says where, in words. */
export interface Finding {
  readonly severity: CodeText['severity'];
  readonly problem: Problem;
  readonly place: Place;
}

/** Which groups of rules are left out; all apply unless it is said. */
export interface CheckOptions {
  readonly allowCycles?: boolean;
  readonly allowOrphans?: boolean;
  /** Leaves out types of ports and values. */
  readonly ignoreTypes?: boolean;
  /** Leaves out missing inputs and unreachable outputs. */
  readonly ignoreConnectivity?: boolean;
}

/** What came of reading or checking: findings in the order of the text, and the Melody unless one is an error. */
export interface Checked {
  readonly melody: Melody | undefined;
  readonly findings: readonly Finding[];
}

/** How bytes are made smaller; given, because this room has no Node. */
export interface Compression {
  compress(bytes: Uint8Array): Uint8Array;
  /** Throws when the bytes are damaged or would become more than `mostBytes`. */
  decompress(bytes: Uint8Array, mostBytes: number): Uint8Array;
}

/** One change of a document: `undefined` removes; a number at the end of the path of an array's length appends. */
export interface Edit {
  readonly path: Path;
  readonly value: Json | undefined;
  /** For arrays: the value goes in before what stands there, instead of replacing it. */
  readonly insert?: boolean;
}
