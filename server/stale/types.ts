import type { Problem } from '../../schemas/codes';
import type {
  RetentionPolicy,
  RetentionSettings,
  RetentionSubject,
  StaleCleaning,
  StaleItem,
  StaleTotals,
} from '../../schemas/wire/stale';
import type { Clock, Context, Disposable, Ids, Log, Service } from '../base';
import type { ArtifactStore } from '../artifacts';
import type { StoredJournal } from '../storage';

/** A thing that may go: what deciding needs to know of it, and nothing else. Times are milliseconds since the epoch. */
export interface Subject {
  readonly kind: RetentionSubject;
  /** The hash of a content, the id of a run. */
  readonly id: string;
  readonly label: string;
  /** Bytes on the disk that go with it. */
  readonly bytes: number;
  readonly usedAt: number;
  readonly uses: number;
  /** 0 to 100; null where nobody has looked. */
  readonly quality: number | null;
  readonly tags: readonly string[];
  /** How many runs made it: what several made could be made again. */
  readonly makers: number;
  /** Whether archiving it frees anything; a content that is compressed already cannot be archived further. */
  readonly archivable: boolean;
  /** Why it stays, whatever a policy asks. */
  readonly keep: Problem | null;
}

/** What is to become of a subject, and why. */
export interface Verdict {
  readonly decision: 'keep' | 'archive' | 'delete';
  /** 0 to 100, a whole number. */
  readonly value: number;
  readonly reasons: readonly Problem[];
  /** The policy that decided; null where none did. */
  readonly policy: RetentionPolicy | null;
}

/** One line of a plan; `stamp` tells whether the thing is still as it was. */
export interface PlanItem extends StaleItem {
  readonly stamp: string;
  /** What an archive of it is remembered by. */
  readonly about: Pick<Subject, 'tags' | 'uses' | 'quality'>;
}

/** Exactly what would go. It changes nothing until it is applied. */
export interface Plan {
  readonly id: string;
  readonly at: number;
  readonly items: readonly PlanItem[];
  readonly totals: StaleTotals;
  /** How many things stay, by the code of their reason. */
  readonly kept: Readonly<Record<string, number>>;
  /** Set where more would go than the settings allow without a second question. */
  readonly asks: Problem | null;
}

export interface Confirmation {
  readonly confirmed: boolean;
  /** More may go than the settings allow. */
  readonly evenTooMuch?: boolean;
  /** Ids of items; everything by default. */
  readonly only?: readonly string[];
}

/** What the manager asks about runs. */
export interface RunsPort {
  readonly journal: Pick<StoredJournal, 'read' | 'adopt' | 'headings'>;
  /**
   * Looks at what goes on, and answers for each run that has ended why it must keep its bytes: a changeset nobody
   * has decided on, work that goes on; null when nothing speaks against archiving it. Asked again right before
   * anything is removed.
   */
  held(ctx: Context): Promise<(run: string) => Problem | null>;
}

/** A worktree or ref of the private repository, as deciding sees it. */
export interface Place {
  readonly kind: 'worktree' | 'ref';
  /** The folder's path or the ref's name. */
  readonly name: string;
  readonly commit: string;
  /** Whose it is; null where nobody knows. */
  readonly run: string | null;
  /** Whether that run goes on or holds an open changeset. */
  readonly isReferenced: boolean;
  /** Whether files differ from the commit. */
  readonly isDirty: boolean;
  /** Whether another ref or changeset has its commit. */
  readonly isMerged: boolean;
  /** Belongs to the history people travel in; goes with its run alone. */
  readonly isHistory: boolean;
  readonly usedAt: number;
  readonly bytes: number;
}

/** The private repository, as far as cleaning needs it. */
export interface PlacesPort {
  list(ctx: Context): Promise<readonly Place[]>;
  /** Points a recovery ref at the place's commit, durably, and answers its name. */
  secure(ctx: Context, place: Place): Promise<string>;
  /** Removes it; throws when it is not as `place` says any more. */
  remove(ctx: Context, place: Place): Promise<void>;
}

export interface StaleOptions {
  readonly artifacts: ArtifactStore;
  readonly runs: RunsPort;
  readonly places?: PlacesPort;
  /** The manager's own folder in the data home; created when missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Texts that must not be in an export, besides what looks like a secret: keys in use, folders of a person. */
  readonly secrets?: () => readonly string[];
  /** Minutes since midnight where this computer is; by the system's time zone by default. */
  readonly minuteOfDay?: (now: number) => number;
}

/** A run whose bytes lie in one file. */
export interface ArchivedRun {
  readonly run: string;
  readonly title: string;
  readonly at: number;
  readonly path: string;
  /** Of the file. */
  readonly bytes: number;
  /** Bytes on the disk that archiving it freed. */
  readonly freed: number;
}

/** The manager of what is old: it decides, shows, and does what it was told to. */
export interface Stale extends Service {
  readonly name: 'stale';
  /** The settings as they are on the disk. Throws `data.corrupt`, `data.newer`. */
  settings(): Promise<RetentionSettings>;
  /** Replaces the settings durably. */
  configure(settings: RetentionSettings): Promise<void>;
  /** Looks at everything and says what would go. Remembered until it is applied or eight others were made. */
  evaluate(ctx: Context): Promise<Plan>;
  /** The same, of policies that are not in force. */
  dryRun(ctx: Context, settings: RetentionSettings): Promise<Plan>;
  /** A plan that is remembered; throws `stale.planUnknown`. */
  plan(id: string): Plan;
  /** Does what a plan says. Throws `stale.notConfirmed`, `stale.tooMuch`, `data.*`; then nothing was removed. */
  apply(ctx: Context, plan: Plan, how: Confirmation): Promise<StaleCleaning>;
  /** Brings back what a cleaning removed; how many things. Throws `stale.undoUnknown`. */
  undo(ctx: Context, cleaning: string): Promise<number>;
  /** Throws `run.unknown`, `stale.runKept`. */
  archive(ctx: Context, run: string): Promise<ArchivedRun>;
  /** How many contents came back. Throws `stale.notArchived`, `stale.archiveDamaged`. */
  restore(ctx: Context, run: string): Promise<number>;
  /** Bytes that were archived or removed and can still be had; they are put back into the store. */
  recall(ctx: Context, hash: string): Promise<Uint8Array | undefined>;
  archived(): readonly ArchivedRun[];
  cleanings(): readonly StaleCleaning[];
  /** Worktrees and refs with what speaks for and against removing them. */
  places(ctx: Context): Promise<readonly { place: Place; removable: boolean; reasons: readonly Problem[] }[]>;
  /** Removes one, after a recovery ref; answers the ref. Throws `stale.worktreeUnknown`, `stale.worktreeKept`. */
  removePlace(ctx: Context, name: string): Promise<string>;
  /** Writes examples for training into a new file at an absolute path. */
  exportTraining(
    ctx: Context,
    file: string,
    options: { readonly decidedOnly: boolean },
  ): Promise<TrainingSummary>;
  /** Something a person should know: `stale.notice`, `stale.tooMuch`, `stale.cleaned`. */
  onNotice(listener: (notice: Problem) => void): Disposable;
}

export interface TrainingSummary {
  readonly examples: number;
  readonly runs: number;
  /** How many secrets were taken out. */
  readonly redactions: number;
  readonly bytes: number;
}
