import type { Problem } from '../../schemas/codes';
import type { Melody, Trigger } from '../../schemas/melody';
import type { Clock, Context, Disposable, Event, Ids, Json, Log, Random } from '../base';
import type { Firing, Firings } from '../storage';

export type Kind = Trigger['on'];
/** The trigger of one kind, as the file gives it. */
export type TriggerOf<K extends Kind> = Extract<Trigger, { on: K }>;
export type Inputs = Readonly<Record<string, Json>>;

/** A Melody of the workspace that could be read. */
export interface MelodyFile {
  /** Below the workspace, with forward slashes. */
  readonly path: string;
  /** SHA-256 of its bytes. */
  readonly hash: string;
  readonly melody: Pick<Melody, 'triggers'>;
}

/** What is asked of the engine when a trigger fires. */
export interface StartRequest {
  /** Names this firing. Starting twice with one key must give one run. */
  readonly key: string;
  readonly melody: string;
  /** What the Melody's bytes must hash to: what is run is what was armed. */
  readonly hash: string;
  readonly trigger: string;
  readonly on: Kind;
  /** Values for the Melody's inputs by node id; the one who starts checks them. */
  readonly inputs: Inputs;
  /** What happened, for people: files, commits, the run that ended, the moment. */
  readonly cause: Json;
  /** Milliseconds since the epoch. */
  readonly due: number;
  readonly depth: number;
}

/** That a run came to its end. Saying it again, after a restart for example, is harmless. */
export interface RunEnd {
  readonly run: string;
  /** The Melody it was a run of; null for other workflows. */
  readonly melody: string | null;
  readonly state: 'completed' | 'failed' | 'cancelled';
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
}

export type FileChange = 'created' | 'changed' | 'deleted';

/** Changes of files below a folder, gathered until it is quiet. */
export interface FileBatch {
  readonly files: readonly { readonly path: string; readonly change: FileChange }[];
}

export interface WatchFiles {
  readonly patterns: readonly string[];
  readonly onBatch: (batch: FileBatch) => void;
  /** The watch is broken for good. */
  readonly onBroken: (why: Problem) => void;
}

export interface GitEvent {
  readonly event: TriggerOf<'git'>['event'];
  /** The branch it happened on: where HEAD is, for a push the branch that was pushed; null when detached. */
  readonly branch: string | null;
  /** Object id of the commit or tag; null where it is not known. */
  readonly commit: string | null;
  /** The full name of the ref that moved. */
  readonly ref: string;
}

export interface WatchGit {
  readonly onEvents: (events: readonly GitEvent[]) => void;
  readonly onBroken: (why: Problem) => void;
}

export interface TriggerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  readonly firings: Firings;
  /** All Melodies of the workspace, read now. */
  melodies(ctx: Context): Promise<readonly MelodyFile[]>;
  /** One of them; undefined when it is not there or cannot be read. */
  melody(ctx: Context, path: string): Promise<MelodyFile | undefined>;
  /** Starts a run, or finds the one this key started; its id. Throws a problem when it cannot. */
  start(ctx: Context, request: StartRequest): Promise<string>;
  /** The run that `key` started, if it did. */
  runOf(key: string): Promise<string | undefined>;
  readonly onRunEnded: Event<RunEnd>;
  /** False in Restricted Mode. */
  trusted(): boolean;
  /** Watches files below the workspace; resolves when nothing more can be missed. */
  watchFiles(ctx: Context, watch: WatchFiles): Promise<Disposable>;
  watchGit(ctx: Context, watch: WatchGit): Promise<Disposable>;
  /** SHA-256 of a file of the workspace now; null where there is none. */
  hashOf(path: string): Promise<string | null>;
}

/** `ready` belongs to triggers that need no arming. */
export type TriggerState = 'ready' | 'off' | 'disarmed' | 'armed' | 'changed' | 'paused' | 'broken';

/** A trigger as people see it. */
export interface TriggerView {
  readonly melody: string;
  readonly trigger: string;
  /** Null when it is gone from its file and never fired. */
  readonly on: Kind | null;
  readonly state: TriggerState;
  /** Why it is changed, paused or broken. */
  readonly problem: Problem | null;
  readonly armedAt: number | null;
  /** When it is due next; schedules alone know. */
  readonly nextDue: number | null;
  readonly last: Firing | null;
  /** Where a webhook is called; its token is told by `webhook` alone. */
  readonly address: string | null;
}

/** That something about a trigger is different now; `firing` when it concerns one. */
export interface TriggerChange {
  readonly melody: string;
  readonly trigger: string;
  readonly firing?: Firing;
}

export interface Triggers extends Disposable {
  /**
   * Lets a trigger fire, as its Melody is now: a person's act. Arming an armed one anew takes over what
   * the file says now. Throws `trigger.*`.
   */
  arm(ctx: Context, melody: string, trigger: string): Promise<TriggerView>;
  /** Takes that back. Its webhook's token is forgotten. Throws `trigger.unknown`. */
  disarm(ctx: Context, melody: string, trigger: string): Promise<void>;
  /** All triggers of all Melodies, and armed ones that are gone from their file. */
  list(ctx: Context): Promise<readonly TriggerView[]>;
  /** The newest firings first. */
  firings(limit: number): readonly Firing[];
  /** Fires by hand, armed or not; `inputs` win over those of the trigger. Throws why there is no run. */
  fire(ctx: Context, melody: string, trigger: string, inputs?: Inputs): Promise<Firing>;
  /** The address and token of an armed webhook, for a person. Throws `trigger.*`. */
  webhook(melody: string, trigger: string): { readonly url: string; readonly token: string };
  /**
   * Tells of files Symphony itself writes, with the SHA-256 they will have (null: deleted): they fire
   * nothing as long as they hold just that.
   */
  ignore(files: readonly { readonly path: string; readonly hash: string | null }[]): void;
  /** Looks at all Melodies again: one may have changed, or trust was given or taken. */
  refresh(): Promise<void>;
  /** Whether anything may fire, so that the process must stay. */
  armed(): boolean;
  readonly onChanged: Event<TriggerChange>;
  /** Resolves when no firing is under way. */
  settled(): Promise<void>;
}
