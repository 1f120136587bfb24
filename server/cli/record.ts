import path from 'node:path';
import { fillText, type AuditEntry, type RecordedEvent } from '../../schemas';
import type { Job } from './job';
import { sentences } from './output';
import { runNamed } from './runs';
import { UsageError } from './settings';
import { exitCodes, texts } from './texts';
import type { Sidecar } from './wire';

export interface EventOptions {
  readonly after?: string;
  readonly type?: string[];
  readonly node?: string;
  readonly follow?: boolean;
}

/** Prints the events of a run from a seq on; with `--follow` those to come, too, until it ends. */
export async function showEvents(job: Job, given: string, options: EventOptions): Promise<number> {
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  const live = new Live(sidecar, run);
  if (options.follow === true) await live.begin();
  let seq = wholeNumber(options.after ?? '0');
  let hasEnded = false;
  const show = (events: readonly RecordedEvent[]) => {
    for (const one of events) sayEvent(job, one);
  };
  const filter = {
    ...(options.type === undefined ? {} : { types: options.type }),
    ...(options.node === undefined ? {} : { node: options.node }),
  };
  const catchUp = async () => {
    for (let more = true; more;) {
      const page = await sidecar.call('runEvents', { run, afterSeq: seq, limit: 500, ...filter });
      show(page.events);
      ({ seq, more } = page);
    }
    const { state } = await sidecar.call('runDetail', { run, nodes: false });
    hasEnded = state === 'completed' || state === 'failed' || state === 'cancelled';
  };
  await catchUp();
  while (options.follow === true && !hasEnded) {
    const woken = await live.next(job.host.signal);
    if (woken !== 'news') return woken === 'interrupted' ? exitCodes.interrupted : exitCodes.failed;
    await catchUp();
  }
  return exitCodes.done;
}

export interface AuditOptions {
  readonly csv?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly type?: string[];
  readonly node?: string;
}

/** Who did what when. As JSON it is one document that `runs import` takes back; CSV is for spreadsheets. */
export async function showAudit(job: Job, given: string | undefined, options: AuditOptions): Promise<number> {
  const sidecar = await job.open();
  const asked = {
    ...(given === undefined ? {} : { run: await runNamed(sidecar, given) }),
    ...(options.from === undefined ? {} : { from: momentOf(options.from) }),
    ...(options.to === undefined ? {} : { to: momentOf(options.to) }),
    ...(options.type === undefined ? {} : { types: options.type }),
    ...(options.node === undefined ? {} : { node: options.node }),
  };
  const format = options.csv === true ? 'csv' : 'json';
  const { terminal } = job.host;
  const all: AuditEntry[] = [];
  for (let [afterPosition, more] = [0, true]; more;) {
    const page = await sidecar.call('runAudit', { ...asked, format, limit: 5000, afterPosition });
    // A file takes the bytes as they are; a screen is not to be steered by them.
    if (page.csv !== null && terminal.interactive) job.print.raw(page.csv);
    else if (page.csv !== null) terminal.out(page.csv);
    if (job.print.json) all.push(...page.entries);
    else for (const entry of page.entries) sayEntry(job, entry);
    ({ position: afterPosition, more } = page);
  }
  if (format === 'json') job.print.document({ entries: all });
  return exitCodes.done;
}

export async function exportRun(job: Job, given: string, file: string): Promise<number> {
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  const written = await sidecar.call('runExport', { run, path: path.resolve(job.host.cwd, file) });
  job.print.document({ run, ...written });
  job.print.say('runExported', { run, path: written.path, bytes: written.bytes });
  return exitCodes.done;
}

export async function importRun(job: Job, file: string): Promise<number> {
  const sidecar = await job.open();
  const taken = await sidecar.call('runImport', { path: path.resolve(job.host.cwd, file) });
  job.print.document(taken);
  job.print.say(taken.isNew ? 'imported' : 'importedBefore', {
    run: taken.run,
    state: taken.state,
    events: taken.events,
  });
  return exitCodes.done;
}

/** Hears that a run has new events; what they are is asked for. */
class Live {
  private news = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly sidecar: Sidecar,
    private readonly run: string,
  ) {}

  async begin(): Promise<void> {
    this.sidecar.on('eventsAppended', ({ events }) => {
      if (!events.some(({ run }) => run === this.run)) return;
      this.news = true;
      this.wake();
    });
    await this.sidecar.call('sessionOpen', { languageModels: false });
  }

  async next(signal: AbortSignal): Promise<'news' | 'interrupted' | 'lost'> {
    const interrupted = new Promise<'interrupted'>((resolve) => {
      if (signal.aborted) resolve('interrupted');
      signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
    });
    const news = new Promise<'news'>((resolve) => {
      this.wake = () => resolve('news');
      if (this.news) resolve('news');
    });
    const lost = this.sidecar.closed.then(() => 'lost' as const);
    const happened = await Promise.race([interrupted, news, lost]);
    this.news = false;
    return happened;
  }
}

function sayEvent({ print }: Job, recorded: RecordedEvent): void {
  const { seq, at, event } = recorded;
  print.line({ type: 'event', ...recorded });
  const node = 'node' in event ? event.node : '';
  const detail = 'problem' in event ? sentences(event.problem).split('\n')[0]! : '';
  print.say('eventLine', { seq, time: timeOf(at), event: event.type, node, detail });
}

function sayEntry({ print }: Job, entry: AuditEntry): void {
  print.say('auditLine', {
    time: timeOf(entry.at),
    run: entry.run,
    actor: entry.actor,
    event: entry.event.type,
    node: entry.node ?? '',
    becomes: entry.becomes === null ? '' : `→ ${entry.becomes}`,
  });
}

const timeOf = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19);

function wholeNumber(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new UsageError(fillText(texts.badSeq, { value }));
}

/** A date or moment as people write it (ISO 8601), in milliseconds since the epoch. */
function momentOf(value: string): number {
  const at = Date.parse(value);
  if (Number.isFinite(at)) return at;
  throw new UsageError(fillText(texts.badMoment, { value }));
}
