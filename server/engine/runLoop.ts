import type { EventOf, Question, RecordedEvent, RunEvent, Spending } from '../../schemas/journal/events';
import type { RunState } from '../../schemas/wire/run';
import { problem, problemOf, type Clock, type Json } from '../base';
import { eventsOf, type ActOptions } from './act';
import { Ahead } from './ahead';
import { Alarms } from './alarms';
import { BrokenFold, SeqConflict } from './conflict';
import { decide } from './decide';
import type { FoldedRun } from './fold';
import { isPersonEvent, type LoopEvent, type Settle, type Wish } from './loopEvents';
import { Performing } from './performing';
import type { Answer, Progress } from './ports';
import { Recorder, type RecorderOptions } from './recorder';
import { backoffMs } from './retry';
import type { Places } from './places';
import type { SharedRoom, Sharer } from './sharedRoom';
import { translate, type Translation } from './translate';
import { Waiters } from './waiters';

/** What a loop needs of its engine. */
export interface LoopOptions extends ActOptions, RecorderOptions {
  readonly clock: Clock;
  /** The room that all runs share. */
  readonly room: SharedRoom;
  /** A second state of the run with all that is durable, for working ahead on. */
  readonly load: () => FoldedRun;
  readonly onChanged: (events: readonly RecordedEvent[]) => void;
  /** The run's state has come further. */
  readonly onFolded: (run: FoldedRun) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** How long performers may clean up after a cancel request, in milliseconds. */
const cancelGraceMs = 30_000;

/** What one turn takes in and starts at most, so that nobody else on the loop waits long for it. */
const mostPerTurn = 1000;
/** How many nodes of one run are at work at once, whatever its limits leave unbounded: memory is not. */
const mostAtWork = 1000;

/** What ends attempts: of one node, or of all that are still at work when a run is over. */
const givesPlacesBack: ReadonlySet<RunEvent['type']> = new Set<RunEvent['type']>([
  'NodeCompleted',
  'NodeFailed',
  'RunFailed',
  'RunCancelled',
]);

/** An attempt to be performed once that is durable. */
interface Start {
  readonly node: string;
  readonly attempt: number;
}

/**
 * One run's life in this process. Everything that happens to the run is posted to one queue and taken in
 * by one turn at a time: what happened and what follows from it are worked out on a state that is ahead of
 * the journal, and recorded in one transaction; only then is it shown, settled and acted upon. So nothing
 * is acted upon that is not durable, and the outcome of a node shares a commit with the intent of the next.
 */
export class RunLoop implements Sharer {
  private readonly queue: LoopEvent[] = [];
  private readonly performing: Performing;
  private readonly waiters = new Waiters();
  private readonly alarms: Alarms;
  private readonly recorder: Recorder;
  private readonly ahead: Ahead;
  private turning: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly run: FoldedRun,
    private readonly options: LoopOptions,
  ) {
    this.performing = new Performing(run, options, this);
    this.recorder = new Recorder(run, options);
    this.alarms = new Alarms(run, options.clock, (event) => this.post(event));
    this.ahead = new Ahead(() => this.loadAhead());
    // One that is over may go on: it shares the room then.
    options.room.add(this);
    if (run.endedAt === null) this.alarms.limitTime();
  }

  get state(): FoldedRun {
    return this.run;
  }

  get places(): Places | undefined {
    return this.closed || this.run.endedAt !== null ? undefined : this.ahead.run.all.places;
  }

  /** Whether work goes on, or will by itself; a run that waits for a person is not active. */
  get active(): boolean {
    const { state, all } = this.run;
    if (this.closed) return false;
    if (state === 'running' || state === 'cancelling') return true;
    for (const node of all.places.occupied) if (node.state === 'running') return true;
    return false;
  }

  wake(): void {
    this.post({ type: 'woken' });
  }

  /** Records who owns the run now and goes on with it; resolves when that was tried once. */
  async takeOver(epoch: string): Promise<void> {
    this.post({ type: 'takenOver', epoch });
    await this.turning;
  }

  wish(wish: Wish): Promise<RunState> {
    return this.ask((settle) => ({ type: 'wished', wish, settle }));
  }

  answer(question: string, answer: string, note?: string, value?: Json): Promise<RunState> {
    return this.ask((settle) => ({ type: 'answered', question, answer, note, value, settle }));
  }

  record(event: EventOf<'FileDecided'>): Promise<RunState> {
    return this.ask((settle) => ({ type: 'fileDecided', event, settle }));
  }

  /** Used by a performer's context: makes a step's outcome durable. */
  recordStep(node: string, attempt: number, key: string, outcome: Json, spent?: Spending): Promise<void> {
    return this.ask((settle) => ({ type: 'stepDone', node, attempt, key, outcome, spent, settle }));
  }

  /** Used by a performer's context: asks unless asked before, and waits for the answer. */
  async question(node: string, attempt: number, question: Question, signal: AbortSignal): Promise<Answer> {
    const known = this.run.answers.get(question.id);
    if (known) return known;
    signal.throwIfAborted();
    if (!this.run.questions.some((open) => open.question.id === question.id))
      await this.ask<void>((settle) => ({ type: 'asked', node, attempt, question, settle }));
    return this.run.answers.get(question.id) ?? this.waiters.wait(question.id, signal);
  }

  /** Used by the set of performers: how one ended. */
  performed(event: Extract<LoopEvent, { type: 'performed' }>): void {
    this.post(event);
  }

  /**
   * Lets go of the run: what was handed over already is still recorded, then nothing more. Performers are
   * aborted; resolves when they have ended, or after `graceMs`.
   */
  async stop(graceMs: number): Promise<void> {
    this.closed = true;
    this.alarms.stop();
    this.performing.abort(problem('cancelled'));
    await this.turning;
    for (const event of this.queue.splice(0))
      if ('settle' in event) event.settle.reject(problem('cancelled'));
    await this.performing.ended(graceMs);
    this.options.room.remove(this);
  }

  private ask<T>(event: (settle: Settle<T>) => LoopEvent): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(problem('cancelled'));
      this.post(event({ resolve, reject }));
    });
  }

  private post(event: LoopEvent): void {
    if (this.closed) return;
    this.queue.push(event);
    this.turning ??= this.turn();
  }

  /** Turns until the queue is empty. Checking and ending happen in one stretch: no wake-up falls between. */
  private async turn(): Promise<void> {
    // Whoever posts in the same stretch shares the turn, and thus the commit.
    await undefined;
    try {
      while (this.queue.length > 0) if (!(await this.takeIn(this.queue.splice(0, mostPerTurn)))) break;
    } catch (thrown) {
      this.giveUp(thrown);
    } finally {
      this.turning = undefined;
    }
  }

  /** Records what happened and what follows, then does it; false when the journal cannot be written. */
  private async takeIn(events: readonly LoopEvent[]): Promise<boolean> {
    const at = this.options.clock.now();
    const settles: NonNullable<Translation['settle']>[] = [];
    for (const event of events) {
      const { record, settle } = translate(this.ahead.run, event, this.options);
      this.foresee(record, at);
      if (settle) settles.push(settle);
      this.takeNote(event);
    }
    const starting = this.closed ? [] : this.follow(at);
    const record = this.ahead.handOver();
    try {
      if (record.length > 0) this.announce(await this.recorder.append(record, at));
      else this.recorder.clear();
    } catch (thrown) {
      this.ahead.forget();
      this.unforesee(record, starting, events);
      return this.stall(thrown);
    }
    for (const event of events)
      if (event.type === 'performed') this.performing.drop(event.node, event.attempt);
    if (record.some(({ type }) => givesPlacesBack.has(type))) this.options.room.freed(this);
    for (const settle of settles) settle(this.run);
    for (const { node, attempt } of starting)
      if (this.closed) this.performing.unreserve(node);
      else this.performing.start(node, attempt);
    return true;
  }

  /** What is durable must be what this process has seen: more of it means that another one owns the run. */
  private loadAhead(): FoldedRun {
    const { run, seq } = this.run;
    const loaded = this.options.load();
    if (loaded.seq !== seq) throw new SeqConflict(run, seq, loaded.seq);
    return loaded;
  }

  private foresee(events: readonly RunEvent[], at: number): void {
    if (events.length === 0) return;
    this.ahead.take(events, at);
    // It pauses from now on, not only from when that is durable.
    for (const event of events)
      if (event.type === 'NodeFailed' && !event.final) this.alarms.resting.add(event.node);
  }

  /** Takes back what was counted on: none of it is durable. What happened is taken in again later. */
  private unforesee(
    record: readonly RunEvent[],
    starting: readonly Start[],
    events: readonly LoopEvent[],
  ): void {
    for (const event of record)
      if (event.type === 'NodeFailed' && !event.final) this.alarms.resting.delete(event.node);
    for (const { node } of starting) this.performing.unreserve(node);
    for (const event of events)
      if (event.type === 'performed') this.performing.notEnded(event.node, event.attempt);
    this.queue.unshift(...events.filter(({ type }) => type !== 'woken' && type !== 'rested'));
  }

  /** Works out what follows until nothing does, on the state that is ahead; returns what is to be performed. */
  private follow(at: number): readonly Start[] {
    const starting: Start[] = [];
    const { run } = this.ahead;
    for (;;) {
      const commands = decide(run, {
        performing: this.performing.nodes,
        resting: this.alarms.resting,
        now: at,
        room: this.options.room.roomIfBounded,
        loops: this.options.failures.loops,
        most: Math.min(mostPerTurn - starting.length, mostAtWork - this.performing.nodes.size),
      });
      if (commands.length === 0) return starting;
      for (const command of commands) {
        this.foresee(eventsOf(run, command, this.options), at);
        if (command.type !== 'startNode' && command.type !== 'resumeNode') continue;
        // A group has no performer, and what was taken over or failed at once needs none.
        const node = run.all.of(command.node);
        // One that failed at once may keep the others from starting.
        if (node.state === 'failed') break;
        if (!run.all.places.occupied.has(node)) continue;
        this.performing.reserve(command.node);
        starting.push(command);
      }
      if (starting.length < mostPerTurn) continue;
      this.post({ type: 'woken' });
      return starting;
    }
  }

  /** What an event means besides what is recorded of it. */
  private takeNote(event: LoopEvent): void {
    switch (event.type) {
      case 'performed': {
        const { node, attempt, outcome } = event;
        this.performing.ending(node, attempt);
        if (outcome.ok) return;
        const facts = { run: this.run.run, node, attempt, problem: problemOf(outcome.thrown) };
        this.options.log.info('node failed', facts);
        return;
      }
      case 'rested':
        this.alarms.resting.delete(event.node);
        return;
      case 'graceOver':
        if (this.run.state === 'cancelling') this.performing.leaveBehind();
        return;
      default:
        return;
    }
  }

  private announce(recorded: readonly RecordedEvent[]): void {
    for (const { event } of recorded) this.notice(event);
    this.options.onChanged(recorded);
    this.options.onFolded(this.run);
  }

  /** What an event that is durable now means for this process. */
  private notice(event: RunEvent): void {
    switch (event.type) {
      case 'NodeFailed':
        if (!event.final) this.alarms.rest(event.node, event.pauseMs);
        return;
      case 'QuestionAnswered':
        return this.waiters.answer(event.question, this.run.answers.get(event.question)!);
      case 'RunCancelRequested':
      case 'RunStopping':
        this.performing.abort(problem('cancelled'));
        this.alarms.later(cancelGraceMs, { type: 'graceOver' });
        return;
      case 'GenerationBegun':
        this.alarms.resting.clear();
        return this.alarms.limitTime();
      case 'RunCancelled':
        this.alarms.resting.clear();
        return;
      default:
        // All else changes the state alone, and deciding follows from that.
        return;
    }
  }

  /**
   * The journal cannot be written: nothing more is dispatched until an append succeeds. Work already done
   * stays in the queue; people hear at once that their wish was not recorded. Returns false.
   */
  private stall(thrown: unknown): false {
    for (const event of this.queue.splice(0)) {
      if (isPersonEvent(event)) event.settle.reject(thrown);
      else this.queue.push(event);
    }
    if (thrown instanceof SeqConflict || thrown instanceof BrokenFold) {
      this.giveUp(thrown);
      return false;
    }
    this.recorder.report(thrown, 'the journal cannot be written');
    this.alarms.wakeLater(backoffMs(this.recorder.failures));
    return false;
  }

  /** Another owner writes this run, or an invariant is broken: going on here would do harm. */
  private giveUp(thrown: unknown): void {
    this.recorder.report(thrown, 'the run is given up by this process');
    void this.stop(0);
  }
}
