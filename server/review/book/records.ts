import type { Problem } from '../../../schemas/codes';
import type { LineSpan, UnitState } from '../../../schemas/wire/units';
import type { Unit } from '../algebra/units';

/** What stands decided on a unit, and by which op; null where nothing was ever decided. */
export interface Standing {
  readonly state: UnitState;
  /** SHA-256 of the text kept in place of the proposed one. */
  readonly edited: string | null;
  readonly by: string | null;
}

export const undecided: Standing = { state: 'undecided', edited: null, by: null };

export interface UnitChange {
  readonly unit: string;
  readonly from: Standing;
  readonly to: Standing;
}

export type Did = 'keep' | 'drop' | 'undecide' | 'edit' | 'split' | 'mode' | 'undo';
export type Mode = 'before' | 'inPlace';

/** Where undecided units are, and by which op; null where nobody ever moved them. */
export interface Place {
  readonly mode: Mode;
  readonly by: string | null;
}

export const unmoved: Place = { mode: 'before', by: null };

export const samePlace = (a: Place, b: Place): boolean => a.mode === b.mode && a.by === b.by;

/** What an op is to do to one file. */
export interface FileIntent {
  readonly path: string;
  readonly changes: readonly UnitChange[];
  /** Nothing to write (`none`); the sidecar writes (`disk`); an editor is asked to (`buffer`). */
  readonly via: 'none' | 'disk' | 'buffer';
  /** What each name of the file held before and is to hold after; empty where nothing is written. */
  readonly stamps: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  /** Where the undecided units of the file are, if that changes. */
  readonly placed: { readonly from: Place; readonly to: Place } | null;
}

/** Recorded before anything is written. */
export interface Intent {
  readonly type: 'intent';
  readonly op: string;
  readonly did: Did;
  /** The op it takes back. */
  readonly undoes: string | null;
  readonly mode: { readonly from: Place; readonly to: Place } | null;
  readonly checkpoint: string | null;
  /** Hunks cut into parts; no parts: put together again. */
  readonly splits: readonly {
    readonly path: string;
    readonly unit: string;
    readonly parts: readonly Unit[];
  }[];
  readonly files: readonly FileIntent[];
}

/** Recorded when it is known what became of files of an op: done, or given up, which takes their changes back. */
export interface Result {
  readonly type: 'result';
  readonly op: string;
  readonly files: readonly {
    readonly path: string;
    readonly done: boolean;
    readonly problem: Problem | null;
    /** What the disk held afterwards where it was not what was written: a formatter's work, for example. */
    readonly found?: string | null;
  }[];
}

export interface Mark {
  readonly type: 'mark';
  readonly units: readonly string[];
  readonly reviewed: boolean;
}

/** Decisions on units that an older version of the changeset had too, or that were made before there were units. */
export interface Carried {
  readonly type: 'carried';
  readonly files: readonly {
    readonly path: string;
    readonly units: readonly (readonly [string, Standing])[];
  }[];
  readonly splits: Intent['splits'];
  readonly marks: readonly string[];
}

export interface Commented {
  readonly type: 'comment';
  readonly thread: string;
  readonly path: string;
  readonly side: 'baseline' | 'proposal';
  readonly line: number;
  readonly lineText: string;
  readonly by: 'person' | 'agent';
  readonly text: string;
  /** When it was said, where that was before it was recorded here. */
  readonly at?: number;
}

export interface ThreadState {
  readonly type: 'thread';
  readonly threads: readonly string[];
  readonly state: 'open' | 'sent' | 'resolved';
  /** The run they were sent to. */
  readonly run: string | null;
}

export type BookRecord = Intent | Result | Mark | Carried | Commented | ThreadState;

export const sameStanding = (a: Standing, b: Standing): boolean =>
  a.state === b.state && a.edited === b.edited && a.by === b.by;

export type { LineSpan, Unit };
