import type { Question, RecordedEvent, RunEvent, Spending } from '../../schemas/journal/events';
import type { Transform } from '../../schemas/melody/edge';
import type { RunState } from '../../schemas/wire/run';
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
  /** The events of a run after `afterSeq` in order, at most `most`; all of them by default. */
  read(run: string, afterSeq?: number, most?: number): readonly RecordedEvent[];
  /** Up to `limit` events of all runs after `position`, in order; how clients catch up. */
  since(position: number, limit: number): readonly RecordedEvent[];
  /** The last position, 0 when empty. */
  position(): number;
  /** Ids of all runs, oldest first. */
  runs(): readonly string[];
  /** What a list shows of every run that was created, oldest first; read without any run's events. */
  headings(): readonly RunHeading[];
  /**
   * Keeps what the events of `run` up to `seq` come to, in place of an older snapshot, so that a reader need
   * not begin at the first one. Durable when it resolves; rejects beyond the run's last event.
   */
  snapshot(run: string, seq: number, body: Uint8Array): Promise<void>;
  /** The newest snapshot of a run whose checksum is right; a damaged one is dropped and told to the log. */
  latestSnapshot(run: string): { readonly seq: number; readonly body: Uint8Array } | undefined;
  /** Announces committed events, in order, after they are durable. */
  onAppended(listener: (events: readonly RecordedEvent[]) => void): { dispose(): void };
  close(): Promise<void>;
}

/** A run in a list. Times are milliseconds since the epoch. */
export interface RunHeading {
  readonly run: string;
  readonly title: string;
  readonly kind: 'phase' | 'ask' | 'melody';
  /** As the run's own events tell it; whether it waits for a person is known to its fold alone. */
  readonly state: Exclude<RunState, 'waiting'>;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly lastSeq: number;
}

/** Content-addressed bytes, verified on every read. */
export interface Blobs {
  /** Stores `bytes` durably and returns their sha-256 (hex). Storing the same bytes twice is free. */
  put(bytes: Uint8Array): Promise<string>;
  /** The bytes, or undefined if unknown; throws `data.corrupt` when they do not match their name. */
  get(hash: string): Promise<Uint8Array | undefined>;
  has(hash: string): Promise<boolean>;
}

/** Run `run` has come to `seq`. */
export interface Hint {
  readonly run: string;
  readonly seq: number;
}

/**
 * Says that runs have come further. A hint may be lost, late or merged with a later one: who hears it reads
 * the journal from where he stands, and who waits for long reads it without one. It is never the truth itself.
 */
export interface Hints {
  /** Tells every listener, also in other processes, soon; never throws. */
  tell(run: string, seq: number): void;
  onHint(listener: (hint: Hint) => void): { dispose(): void };
}

/** The right to do one attempt of a node. */
export interface Claim {
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  /** The epoch of the sidecar that has it. */
  readonly owner: string;
  /** Grows with every claim given out: of two claims on one node the one with the larger fence counts. */
  readonly fence: number;
}

/**
 * Who does what: each attempt of a node is one owner's at a time. A claim lasts `leaseMs` after it was given
 * out or last renewed; then it still stands, but another owner may take its place. The journal alone says what
 * came of an attempt.
 */
export interface Queue {
  /** Undefined while another claim lasts, and for attempts that are complete or older than the newest one. */
  claim(run: string, node: string, attempt: number, owner: string, leaseMs: number): Claim | undefined;
  /** Renews a claim for as long as it was given out; false when it no longer stands: its owner must stop. */
  heartbeat(claim: Claim): boolean;
  /** Ends a claim that stands; false when it no longer does: what its owner did must not count. */
  complete(claim: Claim): boolean;
  /** Drops what is known of a run that has ended. */
  forget(run: string): void;
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
  /** What a value should have been that is not of the type its input states; undefined where it fits. */
  misfit(type: string, value: Json): { readonly expected: string; readonly actual: string } | undefined;
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
