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
import { controlPerformers, expressionsOf } from './controls';
import { createPit } from './pit';
import { createGateway, type EditorModels } from './llm';
import { SidecarState } from './sidecarState';
import { runPerformers, RunService, type RunWorld } from './runs';
import { createSandbox } from './sandbox';
import { sampleModel } from './sampleModel';
import { openTriggers } from './openTriggers';
import {
  jsonPacking,
  openBlobs,
  openDecisions,
  openJournal,
  openPolicy,
  planningFiles,
  type DataHome,
} from './storage';
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
  const blobs = await openBlobs({ folder: home.blobs, log });
  const decisions = await openDecisions({ file: home.review, log });
  const state = new SidecarState();
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

  // Looked at once for everything a start needs; where there is no repository, each of them says what that means.
  const user = inspectUserRepository(ctx, home.root);
  user.catch(() => undefined);
  // Its probes take longer than a client should wait; nothing needs them before the first command.
  const sandbox = createSandbox({ log, folder: path.join(home.folder, 'probes') });
  const world: RunWorld = {
    clock: systemClock,
    ids: systemIds,
    blobs,
    sandbox: () => sandbox,
    repository: openOnce((inner) => openRepository(inner, home)),
    checkModel: (id) => gateway.open(id),
    openModel: async (inner, id) => {
      const opened = gateway.open(id);
      if (opened.ok || state.told) return opened;
      inner.log.info('waiting for a client to hand over settings and keys', { model: id });
      await state.whenTold(inner.signal);
      return gateway.open(id);
    },
    prepareDependencies: async (inner, worktree) => {
      await prepareDependencies(inner, { user: await inspectUserRepository(inner, home.root), worktree });
    },
    folders: {
      worktrees: home.worktrees,
      homes: home.homes,
      root: home.root,
      prefix: await prefixOf(user, home.root),
    },
  };
  const expressions = expressionsOf();
  const pit = createPit({ services: [], clock: systemClock });
  await pit.start(ctx);
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
  await engine.recover();
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
    templates: new TemplateDesk({ root: home.root, trusted: true, log }),
    gateway,
    state,
    sandbox,
    store,
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
