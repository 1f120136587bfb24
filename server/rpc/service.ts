import type { Context, Event, Json } from '../base';
import type {
  BoardOp,
  BoardView,
  ClientRequests,
  ParamsOf,
  PlanningView,
  RecordedEvent,
  ResultOf,
} from '../../schemas';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

/** Requests that go straight to the function of the same name. */
export const directRequests = [
  'runRetry',
  'runSkip',
  'runEdit',
  'runInput',
  'runFork',
  'runDetail',
  'runCompare',
  'runEvents',
  'runAudit',
  'runExport',
  'runImport',
  'melodyPreview',
  'melodyRun',
  'templateList',
  'templateShow',
  'templateInstantiate',
  'triggerList',
  'triggerArm',
  'triggerDisarm',
  'triggerFire',
  'triggerHistory',
  'pitStatus',
  'pitRestart',
  'reviewUnits',
  'reviewDecideUnits',
  'reviewUndo',
  'reviewApplied',
  'reviewHistory',
  'reviewSplit',
  'reviewKeepLines',
  'reviewEdit',
  'reviewPlace',
  'reviewMark',
  'reviewThreads',
  'reviewComment',
  'reviewResolve',
  'reviewRevise',
  'reviewInterdiff',
  'reviewVerify',
] as const satisfies readonly (keyof ClientRequests)[];
export type DirectRequest = (typeof directRequests)[number];

/** One function per direct request. */
export type DirectService = {
  [K in DirectRequest]: (ctx: Context, params: Params<K>) => Promise<Result<K>>;
};

/** What the service alone knows of `sidecar/status`. */
export type ServiceStatus = Pick<Result<'sidecarStatus'>, 'activeRuns' | 'dataFolder' | 'sandbox'>;

/**
 * Everything the sidecar does, one function per request; the room that joins the others implements it.
 * Functions throw a `ProblemError` with a code their request declares. Reads may run beside anything;
 * writes of one client arrive in order.
 */
export interface SidecarService extends DirectService {
  /** The identity of the workspace and its folder as a real path. */
  readonly workspace: string;
  readonly root: string;

  /** The journal's last position. */
  position(): number;
  /** Up to `limit` durable events after `position`, oldest first. */
  eventsSince(position: number, limit: number): readonly RecordedEvent[];

  /** Durable events, in order of position, each once. */
  readonly onEvents: Event<readonly RecordedEvent[]>;
  readonly onProgress: Event<ServiceProgress>;
  readonly onBoardPatch: Event<ServiceBoardPatch>;
  readonly onReviewChanged: Event<{ readonly changeset: string }>;
  readonly onUnitsChanged: Event<{ readonly changeset: string; readonly paths: string[] }>;
  readonly onPlanningChanged: Event<{ readonly revision: number }>;

  /** Keeps keys in memory; an empty key forgets the provider's. */
  provideSecrets(ctx: Context, params: Params<'secretsProvide'>): Promise<void>;
  provideSettings(ctx: Context, params: Params<'settingsProvide'>): Promise<void>;
  status(ctx: Context): Promise<ServiceStatus>;
  models(ctx: Context): Promise<Result<'modelsList'>>;
  planning(ctx: Context): Promise<PlanningView>;
  preview(ctx: Context, phase: string): Promise<Result<'runPreview'>>;
  /** Answers the run's id as soon as the run is durable. */
  execute(ctx: Context, params: Params<'runExecute'>): Promise<string>;
  ask(ctx: Context, params: Params<'runAsk'>): Promise<string>;
  runs(ctx: Context): Promise<Result<'runList'>['runs']>;
  run(ctx: Context, run: string): Promise<Result<'runShow'>>;
  command(ctx: Context, params: Params<'runCommand'>): Promise<Result<'runCommand'>['state']>;
  answer(ctx: Context, params: Params<'runAnswer'>): Promise<Result<'runAnswer'>['state']>;
  board(ctx: Context, run: string): Promise<BoardView>;
  changesets(ctx: Context, open: boolean): Promise<Result<'reviewList'>['changesets']>;
  /** Bytes by their SHA-256. */
  content(ctx: Context, hash: string): Promise<Uint8Array>;
  decide(ctx: Context, params: Params<'reviewDecide'>): Promise<Result<'reviewDecide'>['files']>;
  check(ctx: Context): Promise<Result<'doctorCheck'>['findings']>;
  /** Writes the redacted report and answers its path. */
  exportReport(ctx: Context): Promise<string>;

  /** Whether a run works now; a run that waits for a person does not. */
  busy(): boolean;
  /** Whether something may start a run by itself later. */
  armed(): boolean;
  /** Ends cleanly: stops working, flushes the journal. Running nodes go on in the next sidecar. */
  stop(): Promise<void>;
}

export interface ServiceProgress {
  readonly run: string;
  readonly node: string;
  readonly text: string;
  readonly facts: Readonly<Record<string, Json>>;
}

export interface ServiceBoardPatch {
  readonly run: string;
  readonly from: number;
  readonly to: number;
  readonly ops: readonly BoardOp[];
}
