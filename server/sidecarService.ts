import path from 'node:path';
import type { Build } from '../schemas';
import { shielded, type Context, type DisposableStore } from './base';
import { systemClock } from './base/node';
import { examine, exportReport, type Patient } from './doctor';
import type { Engine } from './engine';
import type { Gateway } from './llm';
import { directRequests, type DirectService, type SidecarService } from './rpc';
import type { Pit } from './pit';
import { PitDesk } from './pitDesk';
import type { RunService } from './runs';
import type { Sandbox } from './sandbox';
import type { TemplateDesk } from './templateDesk';
import { TriggerDesk } from './triggerDesk';
import type { Triggers } from './triggers';
import type { SidecarState } from './sidecarState';
import type { DataHome, StoredJournal } from './storage';

export interface ServiceParts {
  readonly ctx: Context;
  readonly home: DataHome;
  readonly build: Build;
  readonly journal: StoredJournal;
  readonly engine: Engine;
  readonly runs: RunService;
  readonly templates: TemplateDesk;
  readonly triggers: Triggers;
  readonly pit: Pit;
  readonly gateway: Gateway;
  readonly state: SidecarState;
  readonly sandbox: Promise<Sandbox>;
  readonly store: DisposableStore;
}

/** The joined rooms as the one service the wire's handlers call. */
export function sidecarService(parts: ServiceParts): SidecarService {
  const { home, journal, engine, runs, triggers, pit, gateway, state, sandbox, store } = parts;
  const models = async (ctx: Context) => ({ chosen: state.model, providers: await gateway.list(ctx) });
  const patient = async (ctx: Context): Promise<Patient> => {
    const listed = await models(ctx);
    return {
      build: parts.build,
      clock: systemClock,
      dataFolder: home.folder,
      logFile: home.log,
      root: home.root,
      journal,
      sandbox: await sandbox,
      models: () => listed,
      runs: () => engine.runs(),
    };
  };
  return {
    ...directly(
      runs.execution,
      runs.melodies,
      runs.review,
      parts.templates,
      new TriggerDesk(triggers),
      new PitDesk(pit, () => engine.active()),
    ),
    workspace: home.id,
    root: home.root,
    position: () => journal.position(),
    eventsSince: (position, limit) => journal.since(position, limit),
    onEvents: (listener) => journal.onAppended(listener),
    onProgress: runs.onProgress.event,
    onBoardPatch: runs.onBoardPatch.event,
    onReviewChanged: (listener) => runs.onReviewChanged.event((changeset) => listener({ changeset })),
    onUnitsChanged: (listener) => runs.review.unitsChanged.event(listener),
    onPlanningChanged: (listener) => runs.planning.changed.event((revision) => listener({ revision })),

    provideSecrets: (_ctx, params) => Promise.resolve(state.provideKeys(params)),
    provideSettings: (_ctx, params) => Promise.resolve(state.provideSettings(params)),
    status: async () => {
      const { level, detail } = await sandbox;
      return { activeRuns: engine.active(), dataFolder: home.folder, sandbox: { level, detail } };
    },
    models,
    planning: () => runs.planningShow(),
    preview: (_ctx, phase) => runs.runPreview({ phase }),
    execute: async (ctx, params) => (await runs.runExecute(ctx, params)).run,
    ask: async (ctx, params) => (await runs.runAsk(ctx, params)).run,
    runs: () => Promise.resolve(runs.runList().runs),
    run: (_ctx, run) => runs.runShow({ run }),
    command: async (_ctx, params) => (await runs.runCommand(params)).state,
    answer: async (_ctx, params) => (await runs.runAnswer(params)).state,
    board: (_ctx, run) => Promise.resolve(runs.boardSnapshot({ run })),
    changesets: async (_ctx, open) => (await runs.reviewList({ open })).changesets,
    content: (ctx, hash) => runs.reviewContent(ctx, { hash }),
    decide: async (ctx, params) => (await runs.reviewDecide(ctx, params)).files,
    check: async (ctx) => examine(ctx, await patient(ctx)),
    exportReport: async (ctx) => exportReport(ctx, await patient(ctx)),

    busy: () => engine.active() > 0,
    armed: () => triggers.armed(),
    async stop() {
      triggers.dispose();
      await engine.stop();
      await pit.stop(shielded(parts.ctx));
      store.dispose();
      await journal.close();
      parts.ctx.log.info('the journal is closed', { file: path.basename(home.journal) });
    },
  };
}

/** The functions of direct requests, each bound to what has it. */
function directly(...owners: readonly Partial<DirectService>[]): DirectService {
  const functions: Record<string, unknown> = {};
  for (const name of directRequests) {
    const owner = owners.find((one) => typeof one[name] === 'function');
    if (owner === undefined) throw new Error(`nothing answers ${name}`);
    functions[name] = (owner[name] as (...args: unknown[]) => unknown).bind(owner);
  }
  return functions as unknown as DirectService;
}
