import type { Question, RecordedEvent, RunEvent, Spending } from '../../schemas/journal/events';
import type { Transform } from '../../schemas/melody/edge';
import type { Problem } from '../../schemas/codes';
import type { Context, Json } from '../base';

/**
 * The record of everything that happened. One writer; `append` acknowledges only what is durable
 * (full sync). Appends of one loop turn may share a commit.
 */
export interface Journal {
  /**
   * Appends `events` to `run` in one transaction. `expectedSeq` is the run's last known seq (0 for a
   * new run); a mismatch throws, because two owners would be writing. `at` is when
   * they happened, in milliseconds since the epoch; the journal's clock says it where that is left out.
   */
  append(
    run: string,
    expectedSeq: number,
    events: readonly RunEvent[],
    at?: number,
  ): Promise<readonly RecordedEvent[]>;
  /** All events of a run in order. */
  read(run: string): readonly RecordedEvent[];
  /** Up to `limit` events of all runs after `position`, in order; how clients catch up. */
  since(position: number, limit: number): readonly RecordedEvent[];
  /** The last position, 0 when empty. */
  position(): number;
  /** Ids of all runs, oldest first. */
  runs(): readonly string[];
  /** Announces committed events, in order, after they are durable. */
  onAppended(listener: (events: readonly RecordedEvent[]) => void): { dispose(): void };
  close(): Promise<void>;
}

/** Content-addressed bytes, verified on every read. */
export interface Blobs {
  /** Stores `bytes` durably and returns their sha-256 (hex). Storing the same bytes twice is free. */
  put(bytes: Uint8Array): Promise<string>;
  /** The bytes, or undefined if unknown; throws `data.corrupt` when they do not match their name. */
  get(hash: string): Promise<Uint8Array | undefined>;
  has(hash: string): Promise<boolean>;
}

/** What a performer may do besides its work: record steps, ask a person, tell progress. */
export interface NodeContext extends Context {
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  /** `run/node/attempt`, to be sent along with effects that can be deduplicated. */
  readonly idempotencyKey: string;
  /** The params of the node, as the workflow gives them. */
  readonly params: Json;
  /** What arrived at its inputs, by name; defaults filled in. */
  readonly inputs: Readonly<Record<string, Json>>;
  /** What this attempt may consume at most; absent members are not bounded. Going beyond is a fault of the performer. */
  readonly grant: Spending;
  /** How this try is to differ from the one before, where the failure policy says so. */
  readonly variation: Variation;
  /** Aborted only when the time for cleaning up is over, some time after `signal`. */
  readonly cleanup: AbortSignal;
  /** Ids of the nodes this one waited for. */
  readonly after: readonly string[];
  /** The run's facts, as `RunCreated` gives them. */
  readonly facts: Readonly<Record<string, Json>>;
  /** Outputs of completed nodes by id. */
  output(node: string): Json | undefined;
  /**
   * Does `work` once in the life of this attempt: the outcome is durable before it is returned, and
   * after a crash it is returned without working again. `key` must be the same in every replay.
   * A thrown problem is not recorded; the step runs again. An attempt that follows one which failed by
   * something around the work (`model.*`, `data.*`) is given that one's outcomes too.
   * `spent` says what the work consumed; it is durable with the outcome.
   */
  step<T extends Json>(key: string, work: () => Promise<T>, spent?: (outcome: T) => Spending): Promise<T>;
  /** Whether the step has a recorded outcome already. */
  recorded(key: string): boolean;
  /** Asks a person and waits, across restarts; the same `id` is asked once per attempt. */
  ask(question: QuestionDraft): Promise<Answer>;
  /** Tells watchers where the work stands; not durable. */
  progress(text: string, facts?: Readonly<Record<string, Json>>): void;
}

export interface QuestionDraft {
  /** Unique within node and attempt, the same in every replay. */
  readonly id: string;
  readonly kind: Question['kind'];
  readonly problem: Problem;
  readonly facts: Readonly<Record<string, Json>>;
  readonly choices: readonly string[];
}

export interface Answer {
  readonly answer: string;
  readonly note?: string;
  /** What a question of kind `input` asked for. */
  readonly value?: Json;
}

/** How a try differs from the one before: a smaller task has better chances than the same one again. */
export type Variation = 'same' | 'reduced' | 'simplified' | 'chunked' | 'alternative' | 'minimal';

/** Evaluates the small safe language of conditions and transforms. Throws a `ProblemError`. */
export interface Expressions {
  /** A condition of an edge (`outputs`), a branch (`inputs`) or a loop (`inputs`, `outputs`, `iteration`). */
  condition(scope: 'edge' | 'branch' | 'loop', text: string, values: Readonly<Record<string, Json>>): boolean;
  /** What becomes of a value on its way along an edge. */
  transform(how: Transform, value: Json): Json;
}

/**
 * Does the work of one kind of node. It runs at least once; its outcome is recorded exactly once.
 * Returns the node's output; throws a `ProblemError` to fail it (see `retries` of the node).
 */
export interface Performer {
  (ctx: NodeContext): Promise<Json>;
  /** Its output depends on params, inputs, facts and the outputs of the nodes before alone: it may be reused for equal ones. */
  readonly reusable?: boolean;
  /** It consumes tokens and money: a share of the run's budget is granted to it before it starts. */
  readonly spends?: boolean;
}
export type Performers = ReadonlyMap<string, Performer>;

/** A fleeting sign of life of a running node. */
export interface Progress {
  readonly run: string;
  readonly node: string;
  readonly text: string;
  readonly facts: Readonly<Record<string, Json>>;
}
