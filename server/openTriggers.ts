import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { DisposableStore, Emitter, problemOf, type Context, type Disposable } from './base';
import { sha256, systemClock, systemIds, systemRandom, zstd } from './base/node';
import type { Engine, Journal } from './engine';
import type { UserRepository } from './git';
import { melodyLimits } from '../schemas/melody';
import { readMelodyFile } from './melody';
import { runFacts, type RunService } from './runs';
import { openFirings } from './storage';
import {
  createTriggers,
  workspacePorts,
  type MelodyFile,
  type RunEnd,
  type StartRequest,
  type TriggerPorts,
  type Triggers,
} from './triggers';

export interface TriggerParts {
  readonly ctx: Context;
  readonly root: string;
  /** The repository of the root; rejects where there is none. */
  readonly user: Promise<UserRepository>;
  /** The record of what is armed and of what fired. */
  readonly file: string;
  readonly engine: Engine;
  readonly journal: Journal;
  readonly runs: RunService;
}

/** The triggers of a workspace, listening; disposing closes their record, too. */
export async function openTriggers(parts: TriggerParts): Promise<Triggers & Disposable> {
  const { ctx, root, engine, journal, runs } = parts;
  const firings = await openFirings({ file: parts.file, log: ctx.log });
  const ended = new Emitter<RunEnd>((thrown) =>
    ctx.log.error('a listener failed', { detail: String(thrown) }),
  );
  const store = new DisposableStore();
  const isArmed = firings.armed().length > 0 || firings.open().length > 0;
  let isOpening = true;
  const ports: TriggerPorts = {
    ...{ clock: systemClock, random: systemRandom, ids: systemIds, log: ctx.log, firings },
    // Where nothing is armed, a start need not look through the whole workspace.
    melodies: () => (isOpening && !isArmed ? Promise.resolve([]) : melodiesOf(root)),
    melody: (_ctx, file) => melodyAt(root, file),
    start: (inner, request) => start(inner, runs, engine, request),
    runOf: (key) => Promise.resolve(engine.state(runOfKey(key))?.run),
    onRunEnded: ended.event,
    // A sidecar serves folders a person has chosen to work in; no run starts with a command nobody approved.
    trusted: () => true,
    ...(await looking(parts)),
  };
  const triggers = await createTriggers(ports);
  isOpening = false;
  store.add(
    engine.onChanged(({ run, events }) => {
      for (const { at, event } of events) {
        if (event.type === 'FileDecided' && event.decision === 'accepted')
          triggers.ignore([{ path: event.path, hash: event.written }]);
        const state = endOf(event.type);
        if (state !== undefined) ended.fire({ run, at, state, melody: melodyOf(engine, run) });
      }
    }),
  );
  // Saying it again is harmless; not saying it because the process ended in between would lose a chain.
  for (const { run, kind, state, endedAt } of isArmed ? journal.headings().slice(-20) : [])
    if (kind === 'melody' && endedAt !== null && endOfState(state))
      ended.fire({ run, at: endedAt, state, melody: melodyOf(engine, run) });
  const dispose = triggers.dispose.bind(triggers);
  triggers.dispose = () => {
    dispose();
    store.dispose();
    ended.dispose();
    firings.close();
  };
  return triggers;
}

/** One run for each key: what is started again after a crash is the same run. */
const runOfKey = (key: string): string => `run-${sha256(key).slice(0, 26)}`;

async function start(
  ctx: Context,
  runs: RunService,
  engine: Engine,
  { key, melody, hash, trigger, on, inputs }: StartRequest,
): Promise<string> {
  const run = runOfKey(key);
  if (engine.state(run) !== undefined) return run;
  const wanted = { path: melody, inputs: inputs as never, approved: [], hash };
  return runs.melodies.start(ctx, wanted, { run, trigger: { id: trigger, on, melody } });
}

/** Watching needs a repository; without one, those triggers say why they are broken. */
async function looking({
  ctx,
  root,
  user,
}: TriggerParts): Promise<Pick<TriggerPorts, 'watchFiles' | 'watchGit' | 'hashOf'>> {
  try {
    return workspacePorts({ clock: systemClock, root, user: await user });
  } catch (thrown) {
    const refuse = () => Promise.reject(thrown as Error);
    ctx.log.info('files and git are not watched', { problem: problemOf(thrown).code });
    return { watchFiles: refuse, watchGit: refuse, hashOf: () => Promise.resolve(null) };
  }
}

const ends = { RunCompleted: 'completed', RunFailed: 'failed', RunCancelled: 'cancelled' } as const;
const endOf = (type: string): RunEnd['state'] | undefined =>
  Object.hasOwn(ends, type) ? ends[type as keyof typeof ends] : undefined;
const endOfState = (state: string): state is RunEnd['state'] =>
  (Object.values(ends) as readonly string[]).includes(state);

function melodyOf(engine: Engine, run: string): string | null {
  const fold = engine.state(run);
  const facts = runFacts.safeParse(fold?.facts);
  return (facts.success ? facts.data.melody?.path : undefined) ?? fold?.trigger?.melody ?? null;
}

/** What is looked through for Melodies at most. */
const most = { folders: 20_000, depth: 16, melodies: 1000 } as const;
const skipped: ReadonlySet<string> = new Set(['.git', 'node_modules', '.tsbuild', 'dist', 'out', 'target']);

async function melodiesOf(root: string): Promise<MelodyFile[]> {
  const files: string[] = [];
  const folders: [folder: string, depth: number][] = [['', 0]];
  for (let i = 0; i < folders.length && i < most.folders && files.length < most.melodies; i++) {
    const [folder, depth] = folders[i]!;
    const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && depth < most.depth && !skipped.has(entry.name))
        folders.push([name, depth + 1]);
      else if (entry.isFile() && entry.name.endsWith('.melody.json')) files.push(name);
    }
  }
  const read = await Promise.all(files.sort().map((file) => melodyAt(root, file)));
  return read.filter((one) => one !== undefined);
}

async function melodyAt(root: string, file: string): Promise<MelodyFile | undefined> {
  try {
    const place = path.join(root, file);
    if ((await stat(place)).size > melodyLimits.fileBytes) return undefined;
    const bytes = await readFile(place);
    const { melody } = readMelodyFile(bytes, file, zstd);
    return melody && { path: file, hash: sha256(bytes), melody };
  } catch {
    return undefined;
  }
}
