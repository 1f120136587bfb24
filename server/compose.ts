import type { Build } from '../schemas';
import { DisposableStore, shielded, type Context, type Disposable } from './base';
import { sha256, systemClock, systemIds, systemRandom } from './base/node';
import { Engine } from './engine';
import {
  inspectUserRepository,
  openPrivateRepository,
  prepareDependencies,
  type PrivateRepository,
  type UserRepository,
} from './git';
import { Checkpoints } from './checkpoints';
import { controlPerformers, expressionsOf } from './controls';
import { createServices, openPit } from './openPit';
import { createGateway, type EditorModels } from './llm';
import { SidecarState } from './sidecarState';
import { Observation } from './observation';
import { PooledModels } from './pooledModels';
import { runPerformers, RunService, type RunWorld } from './runs';
import { createSandbox } from './sandbox';
import { recalling } from './stale';
import { sampleModel } from './sampleModel';
import { openTriggers } from './openTriggers';
import { jsonPacking, openDecisions, openJournal, openPolicy, planningFiles, type DataHome } from './storage';
import { sidecarService } from './sidecarService';
import { TemplateDesk } from './templateDesk';
import type { SidecarService } from './rpc';
import path from 'node:path';

export interface Composition {
  readonly home: DataHome;
  readonly epoch: string;
  readonly build: Build;
  readonly models: EditorModels;
  /** How long a model may be silent, and the first pause before it is asked again; in milliseconds. */
  readonly patience?: { readonly idleMs?: number; readonly firstPauseMs?: number };
}

/** Joins ports to adapters: the service of one workspace and its runs, the unfinished ones going on. */
export async function composeService(
  ctx: Context,
  { home, epoch, build, models, patience }: Composition,
): Promise<{ readonly service: SidecarService; readonly runs: RunService }> {
  const store = new DisposableStore();
  const { log } = ctx;
  const journal = await openJournal({ file: home.journal, clock: systemClock, log });
  const decisions = await openDecisions({ file: home.review, log });
  const state = new SidecarState();
  const observation = new Observation({
    clock: systemClock,
    version: build.version,
    target: () => state.exportTarget(),
  });
  const { metrics, calls } = observation;
  // The services are made before the runs, which work with them.
  const later: { runs?: RunService } = {};
  const services = createServices({ ctx, home, journal, state, metrics, runs: () => later.runs });
  const { pool, artifacts, arbitration, stale } = services;
  const sample = sampleModel(home.root, log);
  const gateway = createGateway({
    clock: systemClock,
    random: systemRandom,
    log,
    keys: () => state.keys,
    providers: () => state.providers,
    editor: models,
    scripted: sample.open,
    ...patience,
  });
  store.add(sample);
  const pooled = new PooledModels({ pool, gateway, clock: systemClock, metrics, calls });

  // Looked at once for everything a start needs; where there is no repository, each of them says what that means.
  const user = inspectUserRepository(ctx, home.root);
  user.catch(() => undefined);
  // Its probes take longer than a client should wait; nothing needs them before the first command.
  const sandbox = createSandbox({ log, folder: path.join(home.folder, 'probes') });
  const repository = openOnce((inner) => openRepository(inner, home));
  const prefix = await prefixOf(user, home.root);
  const checkpoints = new Checkpoints({
    ...{ repository, prefix },
    clock: systemClock,
    ids: systemIds,
    root: home.root,
    journal: path.join(home.folder, 'restore.json'),
  });
  const world: RunWorld = {
    checkpoints,
    clock: systemClock,
    ids: systemIds,
    artifacts,
    blobs: recalling(ctx, artifacts.blobs, stale),
    sandbox: () => sandbox,
    repository,
    checkModel: (id) => gateway.open(id),
    openModel: async (node, id) => {
      if (!gateway.open(id).ok && !state.told) {
        node.log.info('waiting for a client to hand over settings and keys', { model: id });
        await state.whenTold(node.signal);
      }
      return pooled.open(node, id);
    },
    prepareDependencies: async (inner, worktree) => {
      await prepareDependencies(inner, { user: await inspectUserRepository(inner, home.root), worktree });
    },
    folders: {
      worktrees: home.worktrees,
      homes: home.homes,
      root: home.root,
      prefix,
    },
    arbitration,
  };
  const expressions = expressionsOf();
  const engine = new Engine({
    journal,
    performers: new Map([...runPerformers(world), ...controlPerformers({ expressions, clock: systemClock })]),
    expressions,
    clock: systemClock,
    ids: systemIds,
    epoch,
    log,
    hash: sha256,
    packing: jsonPacking,
  });
  const runs: RunService & Disposable = store.add(
    new RunService({
      world,
      engine,
      approvals: openPolicy(home.policy),
      planningFiles: planningFiles(home.root),
      settings: () => state.runSettings(),
      journal,
      decisions,
      ctx,
    }),
  );
  later.runs = runs;
  const pit = openPit({ services, engine, journal, runs, metrics });
  // What work needs must be there when it goes on.
  await pit.start(ctx);
  observation.start(ctx, engine, journal);
  // A restore that a kill interrupted comes first: what goes on then sees whole files.
  await checkpoints.recover(ctx).catch((thrown: unknown) => {
    log.error('an interrupted restore could not be gone on with', { reason: String(thrown) });
  });
  await engine.recover();
  runs.artifacts?.recover();
  const triggers = await openTriggers({
    ...{ ctx, engine, journal, runs, user },
    root: home.root,
    file: home.triggers,
  });
  const service = sidecarService({
    ctx,
    home,
    build,
    journal,
    engine,
    runs,
    triggers,
    pit,
    services,
    templates: new TemplateDesk({ root: home.root, trusted: true, log }),
    gateway,
    state,
    sandbox,
    store,
    observation,
    decisions,
  });
  return { service, runs };
}

async function openRepository(ctx: Context, home: DataHome): Promise<PrivateRepository> {
  const user = await inspectUserRepository(ctx, home.root);
  return openPrivateRepository(ctx, {
    gitDir: home.repository,
    user,
    userRoot: home.root,
    clock: systemClock,
    worktrees: home.worktrees,
  });
}

/** Opens on first need and keeps what was opened; a failure is not kept, so that mending the cause is enough. */
function openOnce<T>(open: (ctx: Context) => Promise<T>): (ctx: Context) => Promise<T> {
  let opening: Promise<T> | undefined;
  return (ctx) => {
    opening ??= open(shielded(ctx)).catch((thrown: unknown) => {
      opening = undefined;
      throw thrown;
    });
    return opening;
  };
}

/** The workspace folder's path below the top of its repository; '' at the top and where there is no repository. */
async function prefixOf(user: Promise<UserRepository>, root: string): Promise<string> {
  try {
    const { top } = await user;
    return path.relative(top, root).split(path.sep).join('/');
  } catch {
    return '';
  }
}
