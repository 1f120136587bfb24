import type { EventOf, Question, RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { Problem } from '../../schemas/codes';
import type { RunState } from '../../schemas/wire/run';
import { problem, problemOf, type Clock, type Json, type Log } from '../base';
import { BrokenFold, SeqConflict } from './conflict';
import { decide } from './decide';
import { fold, type FoldedRun } from './fold';
import { isPersonEvent, type LoopEvent, type RunCommand, type Settle } from './loopEvents';
import { Performing } from './performing';
import type { Answer, Journal, Performers, Progress } from './ports';
import { backoffMs } from './retry';
import { eventOfCommand, translate } from './translate';
import { Waiters } from './waiters';

/** What a loop needs of its engine. */
export interface LoopOptions {
  readonly journal: Journal;
  readonly performers: Performers;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChanged: (events: readonly RecordedEvent[]) => void;
  readonly onProgress: (progress: Progress) => void;
  /** What keeps the run from being recorded, or undefined when it can be recorded again. */
  readonly onTrouble: (problem: Problem | undefined) => void;
}

/** How long performers may clean up after a cancel request, in milliseconds. */
const cancelGraceMs = 30_000;

/**
 * One run's life in this process. Everything that happens to the run is posted to one queue and taken in
 * by one turn at a time: translate to journal events, append, fold, tell, decide, act. So deciding sees
 * events in order, and nothing is acted upon that is not durable.
 */
export class RunLoop {
  private readonly queue: LoopEvent[] = [];
  private readonly performing: Performing;
  private readonly resting = new Set<string>();
  private readonly waiters = new Waiters();
  private readonly sleeping = new AbortController();
  private turning: Promise<void> | undefined;
  private closed = false;
  private trouble: Problem | undefined;
  private failedAppends = 0;
  private wakePlanned = false;

  constructor(
    private readonly run: FoldedRun,
    private readonly options: LoopOptions,
  ) {
    this.performing = new Performing(run, options, this);
  }

  get state(): FoldedRun {
    return this.run;
  }

  /** Whether work goes on, or will by itself; a run that waits for a person is not active. */
  get active(): boolean {
    const { state, schedule, nodes } = this.run;
    if (this.closed) return false;
    if (state === 'running' || state === 'cancelling') return true;
    return [...schedule.occupied].some((node) => nodes.get(node)!.state === 'running');
  }

  wake(): void {
    this.post({ type: 'woken' });
  }

  /** Records who owns the run now and goes on with it; resolves when that was tried once. */
  async takeOver(epoch: string): Promise<void> {
    this.post({ type: 'takenOver', epoch });
    await this.turning;
  }

  command(command: RunCommand): Promise<RunState> {
    return this.ask((settle) => ({ type: 'commanded', command, settle }));
  }

  answer(question: string, answer: string, note?: string): Promise<RunState> {
    return this.ask((settle) => ({ type: 'answered', question, answer, note, settle }));
  }

  record(event: EventOf<'FileDecided'>): Promise<RunState> {
    return this.ask((settle) => ({ type: 'fileDecided', event, settle }));
  }

  /** Used by a performer's context: makes a step's outcome durable. */
  recordStep(node: string, attempt: number, key: string, outcome: Json): Promise<void> {
    return this.ask((settle) => ({ type: 'stepDone', node, attempt, key, outcome, settle }));
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
    this.sleeping.abort(problem('cancelled'));
    this.performing.abort(problem('cancelled'));
    await this.turning;
    for (const event of this.queue.splice(0))
      if ('settle' in event) event.settle.reject(problem('cancelled'));
    await this.performing.ended(graceMs);
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
      while (this.queue.length > 0) {
        if (!(await this.takeIn(this.takeBatch()))) break;
        if (!this.closed && !(await this.act())) break;
      }
    } catch (thrown) {
      this.giveUp(thrown);
    } finally {
      this.turning = undefined;
    }
  }

  /** All events up to the next person's wish, which is judged alone against the state it finds. */
  private takeBatch(): readonly LoopEvent[] {
    const next = this.queue.findIndex(isPersonEvent);
    const count = next === -1 ? this.queue.length : Math.max(1, next);
    return this.queue.splice(0, count);
  }

  /** Records a batch; false when the journal cannot be written, with the batch back in the queue. */
  private async takeIn(events: readonly LoopEvent[]): Promise<boolean> {
    const batch = translate(this.run, events);
    try {
      if (batch.record.length > 0) await this.append(batch.record);
    } catch (thrown) {
      this.queue.unshift(...events.filter(({ type }) => type !== 'woken'));
      return this.stall(thrown);
    }
    for (const event of events) this.takeNote(event);
    for (const settle of batch.settle) settle();
    return true;
  }

  /** What an event means besides what is recorded of it. */
  private takeNote(event: LoopEvent): void {
    switch (event.type) {
      case 'performed':
        if (!event.outcome.ok) {
          const { node, attempt, outcome } = event;
          const facts = { run: this.run.run, node, attempt, problem: problemOf(outcome.thrown) };
          this.options.log.info('node failed', facts);
        }
        return this.performing.drop(event.node, event.attempt);
      case 'rested':
        this.resting.delete(event.node);
        return;
      case 'graceOver':
        if (this.run.state === 'cancelling') this.performing.leaveBehind();
        return;
      case 'woken':
      case 'takenOver':
      case 'stepDone':
      case 'asked':
      case 'commanded':
      case 'answered':
      case 'fileDecided':
        return;
    }
  }

  /** Does what follows until nothing does; false when the journal cannot be written. */
  private async act(): Promise<boolean> {
    for (;;) {
      const commands = decide(this.run, { performing: this.performing.nodes, resting: this.resting });
      if (commands.length === 0) return true;
      try {
        const events = commands.flatMap(eventOfCommand);
        if (events.length > 0) await this.append(events);
      } catch (thrown) {
        return this.stall(thrown);
      }
      if (this.closed) return true;
      for (const command of commands)
        if (command.type === 'startNode' || command.type === 'resumeNode')
          this.performing.start(command.node, command.attempt);
    }
  }

  private async append(events: readonly RunEvent[]): Promise<void> {
    const recorded = await this.options.journal.append(this.run.run, this.run.seq, events);
    this.failedAppends = 0;
    if (this.trouble) this.options.onTrouble((this.trouble = undefined));
    for (const one of recorded) {
      try {
        fold(this.run, one);
      } catch (thrown) {
        throw new BrokenFold(thrown);
      }
      this.follow(one.event);
    }
    this.options.onChanged(recorded);
  }

  /** What an event that is durable now means for this process. */
  private follow(event: RunEvent): void {
    switch (event.type) {
      case 'NodeCompleted':
      case 'NodeFailed':
        if (this.run.nodes.get(event.node)!.state === 'pending') this.rest(event.node);
        return;
      case 'QuestionAnswered':
        return this.waiters.answer(event.question, this.run.answers.get(event.question)!);
      case 'RunCancelRequested':
        this.performing.abort(problem('cancelled'));
        this.later(cancelGraceMs, { type: 'graceOver' });
        return;
      case 'RunCancelled':
        this.resting.clear();
        return;
      default:
        // All else changes the state alone, and deciding follows from that.
        return;
    }
  }

  private rest(node: string): void {
    this.resting.add(node);
    this.later(backoffMs(this.run.schedule.failuresOf(node)), { type: 'rested', node });
  }

  private later(ms: number, event: LoopEvent): void {
    const post = () => {
      if (event.type === 'woken') this.wakePlanned = false;
      this.post(event);
    };
    this.options.clock.sleep(ms, this.sleeping.signal).then(post, post);
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
    this.trouble = problemOf(thrown);
    this.options.log.error('the journal cannot be written', { run: this.run.run, problem: this.trouble });
    this.options.onTrouble(this.trouble);
    this.failedAppends++;
    if (!this.wakePlanned) this.later(backoffMs(this.failedAppends), { type: 'woken' });
    this.wakePlanned = true;
    return false;
  }

  /** Another owner writes this run, or an invariant is broken: going on here would do harm. */
  private giveUp(thrown: unknown): void {
    this.trouble = problemOf(thrown);
    this.options.log.error('the run is given up by this process', {
      run: this.run.run,
      detail: String(thrown),
    });
    this.options.onTrouble(this.trouble);
    void this.stop(0);
  }
}
