import { Emitter, problem } from '../../server/base';
import type { SidecarService } from '../../server/rpc';
import {
  directRequests,
  type DirectService,
  type ServiceBoardPatch,
  type ServiceProgress,
} from '../../server/rpc/service';
import type { RecordedEvent, RunEvent } from '../../schemas';

/** A service without rooms behind it: a journal in memory and answers that tests set. */
export function fakeService(overrides: Partial<SidecarService> = {}) {
  const journal: RecordedEvent[] = [];
  const events = new Emitter<readonly RecordedEvent[]>();
  const progress = new Emitter<ServiceProgress>();
  const patches = new Emitter<ServiceBoardPatch>();
  const reviews = new Emitter<{ changeset: string }>();
  const units = new Emitter<{ changeset: string; paths: string[] }>();
  const plannings = new Emitter<{ revision: number }>();
  const state = { busy: false, armed: false, stopped: 0 };
  const unknown = () => Promise.reject(problem('run.unknown', { run: 'r' }));
  const service: SidecarService = {
    workspace: 'ws-test',
    root: '/project',
    position: () => journal.length,
    eventsSince: (position, limit) => journal.slice(position, position + limit),
    onEvents: events.event,
    onProgress: progress.event,
    onBoardPatch: patches.event,
    onReviewChanged: reviews.event,
    onUnitsChanged: units.event,
    onPlanningChanged: plannings.event,
    provideSecrets: async () => undefined,
    provideSettings: async () => undefined,
    status: async () => ({ activeRuns: 0, dataFolder: '/data', sandbox: { level: 'none', detail: 'test' } }),
    models: async () => ({ chosen: null, providers: [] }),
    planning: async () => ({ revision: 1, present: false, project: '', milestones: [], problems: [] }),
    preview: unknown,
    execute: unknown,
    ask: unknown,
    runs: async () => [],
    run: unknown,
    command: unknown,
    answer: unknown,
    board: unknown,
    ...(Object.fromEntries(directRequests.map((name) => [name, unknown])) as unknown as DirectService),
    changesets: async () => [],
    content: async () => new TextEncoder().encode('bytes'),
    decide: unknown,
    check: async () => [],
    exportReport: unknown,
    busy: () => state.busy,
    armed: () => state.armed,
    stop: async () => void state.stopped++,
    ...overrides,
  };
  /** Records events as a journal would: durable first, then announced. */
  const append = (...added: (RunEvent & { run?: string })[]) => {
    const recorded = added.map(({ run = 'run-1', ...event }) => {
      const position = journal.length + 1;
      const one: RecordedEvent = { position, run, seq: position, at: 0, event: event as RunEvent };
      journal.push(one);
      return one;
    });
    events.fire(recorded);
  };
  return { service, state, journal, append, progress, patches, reviews, plannings };
}
