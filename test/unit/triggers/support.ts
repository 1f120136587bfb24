import { strict as assert } from 'node:assert';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Code, Problem } from '../../../schemas/codes';
import type { Trigger } from '../../../schemas/melody';
import {
  Emitter,
  ProblemError,
  silentLog,
  timeOrderedIds,
  type Clock,
  type Context,
} from '../../../server/base';
import { systemRandom } from '../../../server/base/node';
import { openFirings, type Firing, type Firings } from '../../../server/storage';
import {
  createTriggers,
  type FileBatch,
  type GitEvent,
  type MelodyFile,
  type RunEnd,
  type StartRequest,
  type TriggerPorts,
  type Triggers,
  type WatchFiles,
  type WatchGit,
} from '../../../server/triggers';

export const ctx: Context = { signal: new AbortController().signal, log: silentLog };

/** A fresh folder per test, removed after it. */
export function temporaryFolder(): { at(...names: string[]): string } {
  let folder = '';
  beforeEach(() => void (folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-triggers-')))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return { at: (...names) => path.join(folder, ...names) };
}

/** The problem that `work` throws, which must have this code. */
export async function problemFrom(code: Code, work: () => unknown): Promise<Problem> {
  try {
    await work();
  } catch (thrown) {
    assert.ok(thrown instanceof ProblemError, String(thrown));
    assert.equal(thrown.problem.code, code, String(thrown));
    return thrown.problem;
  }
  assert.fail(`${code} was expected, and nothing was thrown`);
}

/** Lets everything that is ready go on. */
export async function breathe(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for real things, up to a few seconds. */
export async function until(isSo: () => boolean, what: string, ms = 5000): Promise<void> {
  const end = performance.now() + ms;
  while (!isSo()) {
    if (performance.now() > end) assert.fail(`${what} did not happen within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A clock that goes only when told to. */
export class VirtualClock implements Clock {
  private ticks = 0;
  private sleepers: { at: number; wake: () => void }[] = [];

  constructor(private wall: number) {}

  now = () => this.wall;
  monotonic = () => this.ticks;

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const sleeper = { at: this.ticks + ms, wake: resolve };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.sleepers = this.sleepers.filter((one) => one !== sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  /** Time goes by; sleepers wake in order. */
  async advance(ms: number): Promise<void> {
    const end = this.ticks + ms;
    for (;;) {
      await breathe();
      const next = this.sleepers.sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.sleepers.shift();
      this.go(Math.max(next.at, this.ticks));
      next.wake();
    }
    this.go(end);
    await breathe();
  }

  /** Somebody sets the clock, or the computer sleeps: the wall moves and timers do not. */
  set(wall: number): void {
    this.wall = wall;
  }

  private go(ticks: number): void {
    this.wall += ticks - this.ticks;
    this.ticks = ticks;
  }
}

export const at = (text: string): number => new Date(text).getTime();

/** A workspace with triggers whose runs are only written down. Everything but the record is in memory. */
export class World {
  readonly started: StartRequest[] = [];
  /** Runs by key: what the engine's journal would know after a crash. */
  readonly runs = new Map<string, string>();
  readonly files = new Map<string, MelodyFile>();
  readonly ended = new Emitter<RunEnd>();
  readonly hashes = new Map<string, string | null>();
  readonly watched: WatchFiles[] = [];
  readonly git: WatchGit[] = [];
  trusted = true;
  /** What happens instead of a start. */
  instead: ((request: StartRequest) => Promise<string>) | undefined;
  triggers!: Triggers;
  firings!: Firings;

  constructor(
    readonly clock: Clock,
    private readonly file: string,
  ) {}

  /** Puts a Melody there, or changes it. */
  melody(name: string, triggers: readonly Trigger[], hash = 'a'.repeat(64)): void {
    this.files.set(name, { path: name, hash, melody: { triggers: [...triggers] } });
  }

  async open(more: Partial<TriggerPorts> = {}): Promise<Triggers> {
    this.firings = await openFirings({ file: this.file, log: silentLog });
    this.triggers = await createTriggers({ ...this.ports(), ...more });
    await breathe();
    return this.triggers;
  }

  async close(): Promise<void> {
    this.triggers.dispose();
    await this.triggers.settled();
    this.firings.close();
  }

  /** The process dies: nothing it still does counts. */
  async die(): Promise<void> {
    this.triggers.dispose();
    this.firings.close();
    await breathe();
  }

  /** What came of the firings, the oldest first. */
  came(): string[] {
    return [...this.firings.list(1000)].reverse().map(told);
  }

  tell(batch: FileBatch): void {
    for (const watch of this.watched) watch.onBatch(batch);
  }

  tellGit(events: readonly GitEvent[]): void {
    for (const watch of this.git) watch.onEvents(events);
  }

  ports(): TriggerPorts {
    return {
      clock: this.clock,
      random: systemRandom,
      ids: timeOrderedIds(this.clock, systemRandom),
      log: silentLog,
      firings: this.firings,
      melodies: () => Promise.resolve([...this.files.values()]),
      melody: (_ctx, name) => Promise.resolve(this.files.get(name)),
      start: async (_ctx, request) => (this.instead ?? ((one) => this.begin(one)))(request),
      runOf: (key) => Promise.resolve(this.runs.get(key)),
      onRunEnded: this.ended.event,
      trusted: () => this.trusted,
      watchFiles: (_ctx, watch) => Promise.resolve(this.kept(this.watched, watch)),
      watchGit: (_ctx, watch) => Promise.resolve(this.kept(this.git, watch)),
      hashOf: (name) => Promise.resolve(this.hashes.get(name) ?? null),
    };
  }

  /** Starts a run as the engine would: once per key. */
  async begin(request: StartRequest): Promise<string> {
    const known = this.runs.get(request.key);
    if (known !== undefined) return known;
    this.started.push(request);
    const run = `run-${this.started.length}`;
    this.runs.set(request.key, run);
    return run;
  }

  private kept<T>(list: T[], one: T) {
    list.push(one);
    return { dispose: () => void list.splice(list.indexOf(one), 1) };
  }
}

/** A firing in a few words. */
export function told({ trigger, due, state, run, problem, missed }: Firing): string {
  const came = run ?? problem?.code ?? '';
  const more = missed === 0 ? '' : `+${missed}`;
  const words = [trigger, new Date(due).toISOString().slice(0, 16), state, came, more];
  return words.filter(Boolean).join(' ');
}
