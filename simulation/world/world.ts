import type { Problem } from '../../schemas/codes';
import { ProblemError } from '../../server/base';
import { Dice, hashOf } from '../dice';
import { Disk } from '../disk/disk';
import type { Boundary } from '../disk/processDisk';
import { Model } from '../model/model';
import type { SimulatedSqlite } from '../sqlite/driver';
import { compareStates } from './compare';
import { closeRuns, sayWhatRunsWaitFor } from './ending';
import { Life } from './life';
import { letPeopleAct, startRuns } from './people';
import { planOf, type Death, type Plan } from './plan';
import { VirtualTime } from './time';

export interface WorldOptions {
  readonly seed: number;
  readonly sqlite: SimulatedSqlite;
  /** A disk with a journal that holds nothing yet; without it, every history begins with an empty disk. */
  readonly madeBefore?: Disk | undefined;
  /** Called with each line of the history. */
  readonly trace?: ((line: string) => void) | undefined;
}

const hour = 3_600_000;

/**
 * One history of one machine: its disk, its processes one after the other, the people at it, and the model
 * that watches. First faults come as the seed plans them; then they stop, and everything must come to an end.
 */
export class World {
  readonly dice: Dice;
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly disk: Disk;
  readonly model = new Model();
  readonly sqlite: SimulatedSqlite;
  /** Faults are over. */
  calm = false;
  /** `life/run` of performers that never end and heed no signal. */
  readonly deaf = new Set<string>();
  /** The process that began last; people speak with it. */
  life: Life | undefined;
  private readonly living = new Set<Life>();
  hash = 0;
  deaths = 0;
  private lives = 0;
  private readonly graves: Life[] = [];
  private readonly fate: Dice;
  private readonly pace: Dice;
  private untilDeath = Infinity;
  private readonly trace: ((line: string) => void) | undefined;

  constructor({ seed, sqlite, madeBefore, trace }: WorldOptions) {
    this.dice = new Dice(String(seed));
    this.fate = this.dice.fork('fate');
    this.pace = this.dice.fork('pace');
    this.plan = planOf(this.dice.fork('plan'));
    this.time = new VirtualTime(this.dice.fork('time'));
    this.disk = new Disk(this.dice.fork('disk'), this.plan.isDiskEmpty ? undefined : madeBefore);
    this.sqlite = sqlite;
    this.trace = trace;
    const salt = this.dice.fork('sqlite');
    sqlite.reseed((count) => salt.bytes(count));
  }

  isAlive(): boolean {
    return true;
  }

  /** Begins one process on an empty disk, ends it, and gives the disk it leaves. */
  async prepare(): Promise<Disk> {
    this.calm = true;
    this.begin();
    await this.goOn(hour);
    const { life } = this;
    await life?.stop();
    life?.die();
    this.living.clear();
    life?.bury();
    if (!life?.journal) throw new Error('no journal can be made on a healthy disk');
    this.disk.losePower(1);
    return this.disk;
  }

  /** Plays the history to its end; what went wrong is in `model.violation`. */
  async play(): Promise<void> {
    try {
      await this.storm();
      await this.calmDown();
      await this.lastLook();
    } finally {
      for (const life of this.living) this.bury(life);
      this.buryTheDead();
    }
  }

  /** One line of the history; histories of equal seeds have equal lines. */
  note(life: Life | undefined, what: string): void {
    const line = `${this.time.now.toFixed(1)} ${life ? `life ${life.number}` : 'world'}: ${what}`;
    this.hash = hashOf(line, this.hash);
    this.trace?.(line);
  }

  commitPause(): number {
    return this.plan.commitMs === 0 ? 0 : this.pace.next() * this.plan.commitMs;
  }

  /** A process does something of consequence: it may be the last thing. */
  boundary(life: Life, kind: Boundary, what: string): void {
    if (this.calm || !this.plan.deadly.includes(kind) || --this.untilDeath > 0) return;
    this.end(life, this.fate.chance(this.plan.powerLoss) ? 'power' : 'kill', what);
  }

  /** A process dies by what it works on. */
  crash(life: Life, why: string): void {
    if (this.deaths < 12) this.end(life, 'kill', why);
  }

  judgeProblem(life: Life, run: string, { code, args }: Problem): void {
    // A process that another one has taken over from finds what it did not write, and lets go.
    if (life !== this.life && /appending after seq/.test(String(args['detail']))) return;
    const isOfDisk = code.startsWith('data.') || /disk I\/O|EIO/.test(String(args['detail']));
    if (!isOfDisk || code === 'data.corrupt')
      this.model.fail('unexpected problem', `${run}: ${code} ${JSON.stringify(args)}`);
    else if (this.calm && !this.hasFaultyDisk)
      this.model.fail('unexpected problem', `${run}: ${code}, and the disk is healthy`);
  }

  get hasFaultyDisk(): boolean {
    const { full, writeFails, syncFails } = this.disk.troubles;
    return full || writeFails > 0 || syncFails > 0;
  }

  private get isDone(): boolean {
    return this.model.violation !== undefined;
  }

  private async storm(): Promise<void> {
    const { plan, fate, disk } = this;
    disk.troubles.writeFails = plan.writeFails;
    disk.troubles.syncFails = plan.syncFails;
    this.planDeath();
    const sometime = (work: () => void) => this.time.after(fate.next() * plan.stormMs, this, work);
    if (plan.diskFills)
      sometime(() => {
        disk.troubles.full = true;
        this.note(undefined, 'the disk is full');
        this.time.after(fate.next() * plan.stormMs, this, () => (disk.troubles.full = false));
      });
    if (plan.clockJumps)
      for (let i = fate.between(1, 3); i > 0; i--)
        sometime(() => this.time.jump((fate.next() - 0.5) * 8 * hour));
    if (fate.chance(0.3)) sometime(() => this.life && compareStates(this, this.life));
    if (fate.chance(0.15)) sometime(() => this.stopLife());
    for (let i = plan.rivals; i > 0; i--)
      sometime(() => {
        if (this.life?.engine) this.begin();
      });
    this.begin();
    startRuns(this, sometime);
    if (plan.people) letPeopleAct(this, sometime);
    await this.goOn(plan.stormMs);
  }

  private async calmDown(): Promise<void> {
    this.calm = true;
    Object.assign(this.disk.troubles, { full: false, writeFails: 0, syncFails: 0 });
    for (const other of [...this.living])
      if (other !== this.life) this.end(other, 'kill', 'another has taken over');
    this.note(undefined, 'faults are over');
    await this.goOn(hour);
    if (this.isDone) return;
    if (!this.life?.engine)
      return this.model.fail('does not end', 'no process could begin on a healthy disk');
    sayWhatRunsWaitFor(this);
    for (let round = 0; round < 6 && !this.isDone && closeRuns(this); round++) await this.goOn(hour);
    for (const [run, { stage, isOver }] of this.model.runs)
      if (!isOver) this.model.fail('does not end', `${run} is ${stage}, and nobody keeps it from going on`);
    compareStates(this, this.life);
  }

  /** The machine loses power one last time: everything acknowledged must still be there. */
  private async lastLook(): Promise<void> {
    if (this.isDone || !this.life) return;
    this.end(this.life, 'power', 'the end');
    await this.goOn(hour);
    const last = this.life as Life | undefined;
    if (!this.isDone && last) compareStates(this, last);
  }

  private goOn(ms: number): Promise<void> {
    return this.time.run(this.time.now + ms, () => {
      this.buryTheDead();
      return this.isDone;
    });
  }

  private begin(): void {
    const life = new Life(this, ++this.lives);
    this.life = life;
    this.living.add(life);
    this.note(life, 'begins');
    life.begin().then(
      () => this.note(life, life.isAlive() ? 'has taken over' : 'died while beginning'),
      (thrown: unknown) => this.cannotBegin(life, thrown),
    );
  }

  private cannotBegin(life: Life, thrown: unknown): void {
    if (!life.isAlive()) return;
    this.note(life, `cannot begin: ${String(thrown)}`);
    if (thrown instanceof ProblemError && thrown.problem.code === 'data.corrupt')
      this.model.fail('journal damaged', JSON.stringify(thrown.problem.args));
    else if (!this.hasFaultyDisk) this.model.fail('unexpected problem', String(thrown));
    this.end(life, 'stop', 'it cannot begin');
  }

  private stopLife(): void {
    const { life } = this;
    if (!life?.engine || this.calm) return;
    this.note(life, 'is told to stop');
    const over = () => life.isAlive() && this.end(life, 'stop', 'told to');
    life.stop().then(over, over);
  }

  private end(life: Life, death: Death, what: string): void {
    if (!life.isAlive()) return;
    this.note(life, `ends (${death}) at: ${what}`);
    this.deaths++;
    this.bury(life);
    if (death === 'power') {
      for (const other of [...this.living]) this.bury(other);
      this.disk.losePower(this.calm ? 0 : this.plan.keep);
    }
    this.planDeath();
    // Who starts it again is patient with one that could not begin.
    const pause = this.fate.upTo(death === 'stop' ? 20_000 : 500);
    this.time.after(pause, this, () => this.life === undefined && this.begin());
  }

  private bury(life: Life): void {
    life.die();
    this.living.delete(life);
    this.graves.push(life);
    this.model.died(life.number);
    if (this.life === life) this.life = undefined;
  }

  private planDeath(): void {
    const more = this.deaths < this.plan.deaths;
    this.untilDeath = more ? this.fate.between(1, 2 * this.plan.boundariesBetweenDeaths) : Infinity;
  }

  private buryTheDead(): void {
    for (const life of this.graves.splice(0)) life.bury();
  }
}
