import type { RunEvent } from '../../schemas/journal/events';
import { silentLog, timeOrderedIds, type Clock, type Ids } from '../../server/base';
import { Engine, type Journal } from '../../server/engine';
import { openJournal } from '../../server/storage';
import { ProcessDisk, type Boundary } from '../disk/processDisk';
import type { ProcessSqlite } from '../sqlite/driver';
import { hashOf } from '../dice';
import { simulatedExpressions } from './language';
import { performersOf } from './performers';
import type { World } from './world';

const file = '/data/journal.db';

/** One process: all that is gone when it dies. */
export class Life {
  readonly clock: Clock;
  readonly disk: ProcessDisk;
  private readonly sqlite: ProcessSqlite;
  private readonly ids: Ids;
  private alive = true;
  journal: Journal | undefined;
  engine: Engine | undefined;
  /** Appends that were asked for and have not been answered. */
  appending = 0;

  constructor(
    readonly world: World,
    readonly number: number,
  ) {
    this.clock = world.time.clockOf(this);
    this.disk = new ProcessDisk(world.disk, {
      isAlive: () => this.alive,
      boundary: (kind, what) => this.boundary(kind, what),
    });
    this.sqlite = world.sqlite.forProcess(this.disk);
    this.ids = timeOrderedIds(this.clock, world.dice.fork(`ids ${number}`));
  }

  isAlive(): boolean {
    return this.alive;
  }

  boundary(kind: Boundary, what: string): void {
    if (this.alive) this.world.boundary(this, kind, what);
  }

  /** Opens what the disk kept and goes on with it; throws what the journal throws. */
  async begin(): Promise<void> {
    const { world } = this;
    const journal = await openJournal({
      file,
      clock: this.clock,
      log: silentLog,
      open: this.sqlite.open,
      files: this.disk.journalFiles(),
      random: world.dice.fork(`lease ${this.number}`),
      schedule: (work, ms = 0) => world.time.after(ms + world.commitPause(), this, work),
    });
    if (!this.alive) return;
    const events = journal.since(0, Number.MAX_SAFE_INTEGER);
    world.note(this, `opened with ${events.length} events`);
    world.model.found(events);
    world.model.headed(journal.headings());
    if (journal.recovered)
      world.model.fail(
        'acknowledged event lost',
        `${journal.recovered.code} ${JSON.stringify(journal.recovered.args)}`,
      );
    journal.onAppended((recorded) => world.model.told(this.number, recorded));
    this.journal = this.watched(journal);
    this.engine = new Engine({
      journal: this.journal,
      performers: performersOf(this),
      clock: this.clock,
      ids: this.ids,
      epoch: `life-${this.number}`,
      expressions: simulatedExpressions,
      hash: (text) => hashOf(text).toString(16),
      ...(world.plan.limits ? { limits: world.plan.limits } : {}),
      log: silentLog,
    });
    this.engine.onProblem(({ run, problem }) => {
      if (!problem) return;
      world.note(this, `trouble of ${run}: ${problem.code} ${JSON.stringify(problem.args)}`);
      world.judgeProblem(this, run, problem);
    });
    await this.engine.recover();
  }

  /** Ends as a process does that is told to: what was handed over is recorded first. */
  async stop(): Promise<void> {
    await this.engine?.stop(1000);
    await this.journal?.close();
  }

  /** From here on, nothing of this process has any effect. */
  die(): void {
    this.alive = false;
  }

  bury(): void {
    this.sqlite.bury();
  }

  /** The journal as the engine sees it, with a witness beside it. */
  private watched(journal: Journal): Journal {
    const { world } = this;
    const never = new Promise<never>(() => undefined);
    const append: Journal['append'] = async (run, seq, events, at) => {
      this.boundary('append', 'before append');
      if (!this.alive) return never;
      world.model.appending(run, seq, events);
      this.appending++;
      const recorded = await journal
        .append(run, seq, events, at)
        .catch((thrown: unknown) => (this.alive ? Promise.reject(thrown as Error) : never))
        .finally(() => this.appending--);
      this.boundary('append', 'before acknowledging');
      if (!this.alive) return never;
      world.model.acknowledged(recorded);
      for (const { event, position } of recorded) world.note(this, `${run} ${position} ${shown(event)}`);
      this.boundary('append', 'after acknowledging');
      return this.alive ? recorded : never;
    };
    return new Proxy(journal, {
      get: (target, name) => {
        const member: unknown = name === 'append' ? append : Reflect.get(target, name);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
  }
}

function shown(event: RunEvent): string {
  const { node, attempt, final, handled, reason, by } = event as Readonly<Record<string, unknown>>;
  const facts = { final, handled, reason, by };
  const more = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${String(value)}`],
  );
  const place = node === undefined ? '' : ` ${String(node)}/${String(attempt ?? '')}`;
  return [`${event.type}${place}`, ...more].join(', ');
}
