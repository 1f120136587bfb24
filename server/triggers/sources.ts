import type { Problem } from '../../schemas/codes';
import type { Trigger } from '../../schemas/melody';
import { problem, problemOf, toDisposable, type Context, type Disposable, type Json } from '../base';
import type { ArmedTrigger, Firing, FiringOutcome } from '../storage';
import type { CronLoop } from './cronLoop';
import { compileGlobs, globFault } from './globs';
import type { OwnWrites } from './ownWrites';
import { openSchedule, type DueLook, type Schedule } from './schedule';
import type { GitEvent, Inputs, RunEnd, TriggerOf, TriggerPorts, FileBatch } from './types';
import type { Webhooks } from './webhooks';

/** What a source says when its trigger is due. */
export interface Occasion {
  /** Tells the moments of this trigger apart; absent where each is new. */
  readonly what?: string;
  readonly due?: number;
  readonly missed?: number;
  readonly depth?: number;
  readonly cause: Json;
  readonly inputs?: Inputs;
  readonly mark?: number;
  /** Known already: nothing is started. */
  readonly outcome?: FiringOutcome;
}

export interface SourceParts {
  readonly ctx: Context;
  readonly ports: TriggerPorts;
  readonly cron: CronLoop;
  readonly hooks: Webhooks;
  readonly git: SharedGit;
  readonly own: OwnWrites;
  /**
   * Records that the trigger is due, durably, before it returns, and sees to the rest afterwards. Throws
   * `data.*` at once when it cannot be recorded.
   */
  readonly occur: (armed: ArmedTrigger, definition: Trigger, occasion: Occasion) => Promise<Firing>;
  readonly onBroken: (armed: ArmedTrigger, why: Problem) => void;
}

/** Chains longer than this are taken for circles. */
export const deepestChain = 10;
/** More are counted, not named. */
const mostNamed = 100;

/** Begins to listen to what an armed trigger waits for. Throws the problem that keeps it from doing so. */
export async function openSource(
  parts: SourceParts,
  armed: ArmedTrigger,
  definition: Trigger,
): Promise<Disposable> {
  switch (definition.on) {
    case 'manual':
      return toDisposable(() => undefined);
    case 'cron':
      return cronSource(parts, armed, definition);
    case 'file':
      return fileSource(parts, armed, definition);
    case 'git':
      return gitSource(parts, armed, definition);
    case 'webhook':
      return hookSource(parts, armed, definition);
    case 'chained':
      return chainSource(parts, armed, definition);
  }
}

/** The schedule of a trigger. Throws `trigger.zone`, `trigger.schedule` or `trigger.never`. */
export function scheduleOf(melody: string, { id, schedule, zone }: TriggerOf<'cron'>): Schedule {
  const opened = openSchedule(schedule, zone);
  if (!('fault' in opened)) return opened;
  const args = { melody, trigger: id };
  switch (opened.fault) {
    case 'zone':
      throw problem('trigger.zone', { ...args, zone: zone ?? '' });
    case 'never':
      throw problem('trigger.never', { ...args, schedule });
    case 'schedule':
      throw problem('trigger.schedule', { ...args, schedule, detail: opened.detail });
  }
}

/** Throws `trigger.glob` for a pattern that is none of paths below the workspace. */
export function checkGlobs(melody: string, trigger: string, globs: readonly string[]): void {
  for (const glob of globs) {
    const detail = globFault(glob);
    if (detail !== undefined) throw problem('trigger.glob', { melody, trigger, glob, detail });
  }
}

function cronSource(parts: SourceParts, armed: ArmedTrigger, definition: TriggerOf<'cron'>): Disposable {
  const { melody, trigger, mark } = armed;
  const schedule = scheduleOf(melody, definition);
  return parts.cron.add({
    schedule,
    mark,
    onDue(look) {
      // What is not recorded throws here, before anything is awaited, and is asked for again.
      const occurring = parts.occur(armed, definition, cronOccasion(armed, definition, look));
      attempt(parts, () => occurring);
    },
    onMark(moved) {
      parts.ctx.log.warn('the clock was set back far; schedules count from now', { trigger, moved });
      parts.ports.firings.moveMark(melody, trigger, moved);
    },
  });
}

function cronOccasion(
  { melody, trigger }: ArmedTrigger,
  { schedule, zone = 'UTC', missed = 'once' }: TriggerOf<'cron'>,
  look: DueLook,
): Occasion {
  const due = new Date(look.due).toISOString();
  const base = {
    what: due,
    due: look.due,
    mark: look.due,
    missed: look.missed,
    cause: { schedule, zone, due },
  };
  if (look.onTime || missed === 'once') return base;
  const first = new Date(look.first).toISOString();
  const why = problem('trigger.missed', { melody, trigger, count: look.missed + 1, first, last: due });
  return { ...base, outcome: { state: 'skipped', problem: why.problem } };
}

function fileSource(
  parts: SourceParts,
  armed: ArmedTrigger,
  definition: TriggerOf<'file'>,
): Promise<Disposable> {
  const { files, change } = definition;
  checkGlobs(armed.melody, armed.trigger, files);
  const take = async (batch: FileBatch): Promise<void> => {
    const counted: { path: string; change: string }[] = [];
    for (const one of batch.files)
      if ((change === undefined || change.includes(one.change)) && !(await parts.own.has(one.path)))
        counted.push({ ...one });
    if (counted.length === 0) return;
    const cause = { files: counted.slice(0, mostNamed), count: counted.length };
    await parts.occur(armed, definition, { cause });
  };
  return parts.ports.watchFiles(parts.ctx, {
    patterns: files,
    onBatch: (batch) => attempt(parts, () => take(batch)),
    onBroken: (why) => parts.onBroken(armed, why),
  });
}

async function gitSource(
  parts: SourceParts,
  armed: ArmedTrigger,
  definition: TriggerOf<'git'>,
): Promise<Disposable> {
  const { event, branches } = definition;
  checkGlobs(armed.melody, armed.trigger, branches ?? []);
  const globs = branches === undefined ? undefined : compileGlobs(branches);
  return parts.git.add({
    onEvents(events) {
      const counted = events.filter(
        (one) =>
          one.event === event && (globs === undefined || (one.branch !== null && globs.matches(one.branch))),
      );
      if (counted.length === 0) return;
      const named = counted.slice(-mostNamed).map((one) => ({ ...one }));
      attempt(parts, () =>
        parts.occur(armed, definition, { cause: { events: named, count: counted.length } }),
      );
    },
    onBroken: (why) => parts.onBroken(armed, why),
  });
}

function hookSource(
  parts: SourceParts,
  armed: ArmedTrigger,
  definition: TriggerOf<'webhook'>,
): Promise<Disposable> {
  return parts.hooks.add({
    path: definition.path,
    token: armed.token ?? '',
    async call(given, key) {
      for (const input of Object.keys(given))
        if (Object.hasOwn(definition.inputs ?? {}, input))
          throw problem('trigger.inputFixed', { trigger: armed.trigger, input });
      const what = key === undefined ? {} : { what: `call ${key}` };
      const occasion = { ...what, cause: { path: definition.path }, inputs: given };
      const firing = await parts.occur(armed, definition, occasion);
      if (firing.run !== null) return { run: firing.run };
      throw problem(firing.problem?.code ?? 'cancelled', firing.problem?.args);
    },
  });
}

function chainSource(parts: SourceParts, armed: ArmedTrigger, definition: TriggerOf<'chained'>): Disposable {
  const { melody, trigger } = armed;
  const wanted = plain(definition.melody);
  return parts.ports.onRunEnded((end) => {
    // A run that ended before was not meant; ends may be told again after a restart.
    if (end.melody === null || plain(end.melody) !== wanted || end.at < armed.at) return;
    if (definition.after !== 'ended' && definition.after !== end.state) return;
    const depth = (parts.ports.firings.byRun(end.run)?.depth ?? 0) + 1;
    const why = problem('trigger.chainTooDeep', { melody, trigger, most: deepestChain }).problem;
    const occasion: Occasion = { what: `after ${end.run}`, depth, cause: causeOf(end) };
    const tooDeep = { ...occasion, outcome: { state: 'skipped', problem: why } } as const;
    attempt(parts, () => parts.occur(armed, definition, depth > deepestChain ? tooDeep : occasion));
  });
}

const causeOf = ({ run, melody, state }: RunEnd): Json => ({ run, melody, state });

const plain = (file: string): string => file.replace(/^(?:\.\/)+/, '');

/** Does what nobody waits for; failures go to the log. */
function attempt({ ctx }: SourceParts, work: () => Promise<unknown>): void {
  void (async () => {
    try {
      await work();
    } catch (thrown) {
      ctx.log.error('a trigger could not fire', { problem: problemOf(thrown) });
    }
  })();
}

interface GitListener {
  readonly onEvents: (events: readonly GitEvent[]) => void;
  readonly onBroken: (why: Problem) => void;
}

/** One watch of the repository for all triggers, as long as there is one. */
export class SharedGit {
  private readonly listeners = new Set<GitListener>();
  private watch: Promise<Disposable> | undefined;

  constructor(
    private readonly ctx: Context,
    private readonly ports: Pick<TriggerPorts, 'watchGit'>,
  ) {}

  /** Resolves when events are told. Throws what keeps the repository from being watched. */
  async add(listener: GitListener): Promise<Disposable> {
    this.listeners.add(listener);
    this.watch ??= this.ports.watchGit(this.ctx, {
      onEvents: (events) => [...this.listeners].forEach((one) => one.onEvents(events)),
      onBroken: (why) => {
        this.watch = undefined;
        for (const one of [...this.listeners]) one.onBroken(why);
      },
    });
    try {
      await this.watch;
    } catch (thrown) {
      this.watch = undefined;
      this.listeners.delete(listener);
      throw thrown;
    }
    return toDisposable(() => this.remove(listener));
  }

  private remove(listener: GitListener): void {
    this.listeners.delete(listener);
    if (this.listeners.size > 0) return;
    void this.watch?.then((watch) => watch.dispose()).catch(() => undefined);
    this.watch = undefined;
  }
}
