/** What the kill tests of the engine share: a bundled host, its lives in one folder, and what must hold after each. */
import { strict as assert } from 'node:assert';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { RecordedEvent } from '../../../schemas';
import { silentLog } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { foldAll } from '../../../server/engine';
import { openJournal } from '../../../server/storage';
import { digestOf, effectsFile, journalFile, runId, toldFile, type Told } from '../../fixtures/engine/folder';
import { processesIn, until } from './aftermath';
import { repositoryRoot } from './client';

/** Bundles host and worker beside each other; gives the folder they are in. */
async function bundleHost(): Promise<string> {
  const outdir = mkdtempSync(path.join(os.tmpdir(), 'symphony-host-'));
  const fixtures = path.join(repositoryRoot, 'test/fixtures/engine');
  await build({
    entryPoints: ['host.ts', 'worker.ts'].map((file) => path.join(fixtures, file)),
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    logLevel: 'warning',
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  });
  return outdir;
}

/** Within a suite: begins runs of one bundled host, and removes them and the host when the suite is over. */
export function killedRuns(): () => KilledRun {
  const runs: KilledRun[] = [];
  let bundle: string;
  before(async () => {
    bundle = await bundleHost();
  });
  after(() => {
    runs.forEach((run) => run.remove());
    rmSync(bundle, { recursive: true, force: true });
  });
  return () => {
    const run = new KilledRun(bundle);
    runs.push(run);
    return run;
  };
}

/** A life that nobody cuts off ends within this. */
const patienceMs = 60_000;

/** One life of a host. */
export interface Life {
  readonly isOver: boolean;
  /** From the opening of the journal to the first node at work or the end; undefined where it did not come to that. */
  readonly recoveredMs: number | undefined;
  /** Milliseconds from its opening of the journal to its end. */
  readonly livedMs: number;
  /** Attempts that a life before had at work too, without an outcome. */
  readonly again: number;
}

/** One run of the large workflow, through as many lives as it takes. */
export class KilledRun {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-lives-'));
  private lives = 0;
  private host: ChildProcess | undefined;
  /** Outcomes that were recorded when the present life began, as keys of effects. */
  private recorded = new Set<string>();
  private events: readonly RecordedEvent[] = [];
  private readonly acknowledged = new Map<number, string>();
  private worked = new Set<string>();

  constructor(private readonly bundle: string) {}

  /** Starts a host on the folder, kills it after `killMs` unless it has ended, and checks what is left. */
  async live(killMs: number | undefined): Promise<Life> {
    const { life, host, closed } = await this.start();
    const opening = performance.now();
    const timer = setTimeout(() => void host.kill('SIGKILL'), killMs ?? patienceMs);
    const how = await closed;
    clearTimeout(timer);
    const livedMs = performance.now() - opening;
    if (killMs === undefined) assert.equal(how, '0', `life ${life} does not come to an end`);
    assert.match(how, /^(SIGKILL|0)$/, `life ${life}`);
    await this.isEmpty();
    return { livedMs, ...(await this.check(life)) };
  }

  /** Starts a host on the folder, which is about to open the journal. */
  async start(): Promise<{ life: string; host: ChildProcess; closed: Promise<string> }> {
    const life = String(++this.lives);
    const host = spawn(process.execPath, [path.join(this.bundle, 'host.cjs'), this.folder, life], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.host = host;
    const closed = new Promise<string>((resolve) =>
      host.once('exit', (code, signal) => resolve(signal ?? String(code))),
    );
    await Promise.race([
      new Promise((resolve) => host.stdout.once('data', resolve)),
      closed.then((how) => assert.fail(`life ${life} ended before it began: ${how}`)),
    ]);
    return { life, host, closed };
  }

  /** Every process of the folder has ended. */
  async isEmpty(): Promise<void> {
    await until(() => processesIn([this.folder]).length === 0, 5_000, 'the workers to end');
  }

  /** What a host has told. */
  told(life: string): Told[] {
    return linesOf(toldFile(this.folder, life)).map((line) => JSON.parse(line) as Told);
  }

  /** Keys of the effects of a host's workers, in their order. */
  effects(life: string): string[] {
    return linesOf(effectsFile(this.folder))
      .map((line) => line.split(' ') as [string, string])
      .filter(([worker]) => worker === life)
      .map(([, key]) => key);
  }

  /** The run's events as they are in the journal now. */
  async journalNow(): Promise<readonly RecordedEvent[]> {
    if (!existsSync(journalFile(this.folder))) return [];
    // A copy: the next life must find the files as the killed one left them.
    const copy = path.join(this.folder, 'look');
    mkdirSync(copy);
    for (const suffix of ['', '-wal', '-shm', '-seen'])
      if (existsSync(journalFile(this.folder) + suffix))
        cpSync(journalFile(this.folder) + suffix, journalFile(copy) + suffix);
    const journal = await openJournal({ file: journalFile(copy), clock: systemClock, log: silentLog });
    try {
      assert.equal(journal.recovered, undefined);
      return journal.read(runId);
    } finally {
      await journal.close();
      rmSync(copy, { recursive: true });
    }
  }

  /** What the run came to. Every node that completed has had its effect. */
  result(): Record<string, unknown> {
    return resultOf(this.events, this.worked);
  }

  /** Ends what a failed test has left. */
  remove(): void {
    this.host?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Nothing acknowledged is lost and nothing recorded was worked again. */
  private async check(life: string): Promise<Omit<Life, 'livedMs'>> {
    const told = this.told(life);
    for (const line of told)
      if ('acknowledged' in line)
        for (const [position, digest] of line.acknowledged) this.acknowledged.set(position, digest);
    const before = this.events;
    this.events = await this.journalNow();
    const digests = new Map(this.events.map((event) => [event.position, digestOf(event)]));
    for (const [position, digest] of this.acknowledged)
      assert.equal(digests.get(position), digest, `event ${position}, acknowledged until life ${life}`);
    assert.ok(this.events.length >= before.length);

    const keys = this.effects(life);
    assert.equal(new Set(keys).size, keys.length, `life ${life} did one piece of work twice`);
    assert.deepEqual(
      keys.filter((key) => this.recorded.has(key)),
      [],
      `life ${life} did again what was recorded before it began`,
    );
    const again = keys.filter((key) => this.worked.has(key)).length;
    keys.forEach((key) => this.worked.add(key));
    this.recorded = outcomesOf(this.events);
    const recovered = told.find((line) => 'recoveredMs' in line);
    return { isOver: told.some((line) => 'ended' in line), recoveredMs: recovered?.recoveredMs, again };
  }
}

/** State, attempts and output of every node, each of which had its effect if it completed. */
export function resultOf(
  events: readonly RecordedEvent[],
  worked: ReadonlySet<string>,
): Record<string, unknown> {
  const run = foldAll(events)!;
  const nodes = [...run.nodes.values()];
  for (const { id, attempt, state, definition } of nodes)
    if (definition.kind === 'work' && state === 'completed')
      assert.ok(worked.has(`${runId}/${id}/${attempt}`), `${id} completed without its effect`);
  return {
    state: run.state,
    nodes: Object.fromEntries(nodes.map(({ id, state, attempt, output }) => [id, [state, attempt, output]])),
  };
}

/** Keys of effects whose outcome is recorded; each is recorded once. */
export function outcomesOf(events: readonly RecordedEvent[]): Set<string> {
  const keys = events.flatMap(({ run, event }) => {
    if (event.type === 'NodeCompleted' || event.type === 'NodeFailed')
      return [`${run}/${event.node}/${event.attempt}`];
    return event.type === 'StepRecorded'
      ? [`${run}/${event.node}/${event.attempt}#${event.key.replace(' ', '-')}`]
      : [];
  });
  const found = new Set(keys);
  assert.equal(found.size, keys.length, 'an outcome is recorded twice');
  return found;
}

/** Whole lines of a file; the last one may have been cut off by the kill. */
function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}
