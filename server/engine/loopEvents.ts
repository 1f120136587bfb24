import type { EventOf, Question, Spending } from '../../schemas/journal/events';
import type { RunState } from '../../schemas/wire/run';
import type { Json } from '../base';

export type RunCommand = 'pause' | 'resume' | 'cancel' | 'retry';

/** What a person can wish of a run besides answering. */
export type Wish =
  | { readonly wish: 'pause' | 'resume' | 'cancel'; readonly reason?: string | undefined }
  /** Failed nodes, or those that are named, and all after them are done again. */
  | {
      readonly wish: 'retry';
      readonly nodes?: readonly string[] | undefined;
      readonly reason?: string | undefined;
    }
  /** A node is passed over; `output` takes the place of its outputs. */
  | { readonly wish: 'skip'; readonly node: string; readonly output?: Json | undefined }
  /** Other params for a node that has not started. */
  | { readonly wish: 'edit'; readonly node: string; readonly params: Json };

/** Who waits for an event to be taken in. */
export interface Settle<T> {
  resolve(value: T): void;
  reject(thrown: unknown): void;
}

/** How a performer ended. */
export type Outcome =
  { readonly ok: true; readonly output: Json } | { readonly ok: false; readonly thrown: unknown };

/** Work's own events: they are kept through a full disk, because their outcome cannot be had again. */
export type WorkEvent =
  | {
      readonly type: 'stepDone';
      readonly node: string;
      readonly attempt: number;
      readonly key: string;
      readonly outcome: Json;
      readonly spent: Spending | undefined;
      readonly settle: Settle<void>;
    }
  | {
      readonly type: 'asked';
      readonly node: string;
      readonly attempt: number;
      readonly question: Question;
      readonly settle: Settle<void>;
    }
  | {
      readonly type: 'performed';
      readonly node: string;
      readonly attempt: number;
      readonly outcome: Outcome;
    };

/** People's events: refused with the problem when they cannot be recorded. */
export type PersonEvent =
  | { readonly type: 'wished'; readonly wish: Wish; readonly settle: Settle<RunState> }
  | {
      readonly type: 'answered';
      readonly question: string;
      readonly answer: string;
      readonly note: string | undefined;
      readonly value: Json | undefined;
      readonly settle: Settle<RunState>;
    }
  | {
      readonly type: 'fileDecided';
      readonly event: EventOf<'FileDecided'>;
      readonly settle: Settle<RunState>;
    };

/** Everything that can wake a run's loop. */
export type LoopEvent =
  | WorkEvent
  | PersonEvent
  /** This process takes the run over after a restart. */
  | { readonly type: 'takenOver'; readonly epoch: string }
  /** A node has paused long enough before its next try. */
  | { readonly type: 'rested'; readonly node: string }
  /** The run has taken as long as it may. */
  | { readonly type: 'timedOut'; readonly generation: number }
  /** Performers had time to clean up after a cancel request; the rest are left behind. */
  | { readonly type: 'graceOver' }
  /** Look again: at the start, and after a pause because the journal could not be written. */
  | { readonly type: 'woken' };

export const isPersonEvent = (event: LoopEvent): event is PersonEvent =>
  event.type === 'wished' || event.type === 'answered' || event.type === 'fileDecided';
