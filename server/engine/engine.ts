import type { EventOf, RecordedEvent } from '../../schemas/journal/events';
import type { Problem } from '../../schemas/codes';
import { workflow as workflowSchema, type Workflow } from '../../schemas/journal/workflow';
import type { RunState } from '../../schemas/wire/run';
import { Emitter, problem, problemOf, type Clock, type Ids, type Json, type Log } from '../base';
import { foldAll } from './fold';
import type { RunCommand } from './loopEvents';
import type { Journal, Performers, Progress } from './ports';
import { RunLoop } from './runLoop';
import type { RunFold } from './state';
import { checkWorkflow } from './workflow';

export interface EngineOptions {
  readonly journal: Journal;
  /** By kind of node. */
  readonly performers: Performers;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The name of this life of the sidecar; recorded when it takes a run over. */
  readonly epoch: string;
  readonly log: Log;
}

export interface StartRun {
  readonly title: string;
  readonly kind: 'phase' | 'ask' | 'melody';
  readonly workflow: Workflow;
  /** What the run's performers need to know; given to each of them. */
  readonly facts: Readonly<Record<string, Json>>;
  /** The run's id, where the caller had to know it before. */
  readonly run?: string;
}

export interface RunChange {
  readonly run: string;
  readonly events: readonly RecordedEvent[];
}

/** What keeps a run from being recorded or read; `problem` is undefined when it is over. */
export interface RunTrouble {
  readonly run: string;
  readonly problem: Problem | undefined;
}

/**
 * Runs workflows durably. Each node is performed at least once and its outcome recorded exactly once;
 * after a restart `recover` goes on at the exact step.
 *
 * @example
 * const engine = new Engine({ journal, performers: new Map([['agent', perform]]), clock, ids, epoch, log });
 * await engine.recover();
 * const run = await engine.start({ title, kind: 'phase', workflow, facts: {} });
 */
export class Engine {
  private readonly loops = new Map<string, RunLoop>();
  private readonly changed: Emitter<RunChange>;
  private readonly progressed: Emitter<Progress>;
  private readonly troubled: Emitter<RunTrouble>;
  private readonly troubles = new Map<string, Problem>();
  private stopped = false;

  constructor(private readonly options: EngineOptions) {
    const onError = (thrown: unknown) => options.log.error('a listener failed', { detail: String(thrown) });
    this.changed = new Emitter(onError);
    this.progressed = new Emitter(onError);
    this.troubled = new Emitter(onError);
  }

  /** Announces durable events after they were taken into the run's state, in order within a run. */
  get onChanged() {
    return this.changed.event;
  }

  get onProgress() {
    return this.progressed.event;
  }

  /** Announces what keeps a run from being recorded, and when that is over. */
  get onProblem() {
    return this.troubled.event;
  }

  /** Present troubles by run. */
  problems(): ReadonlyMap<string, Problem> {
    return this.troubles;
  }

  /**
   * Starts a run and returns its id when it is durable. Throws `workflow.*` for a workflow that could
   * never end and `data.*` when it cannot be recorded; nothing is left behind then.
   */
  async start({
    title,
    kind,
    workflow,
    facts,
    run = this.options.ids.next('run'),
  }: StartRun): Promise<string> {
    if (this.stopped) throw problem('cancelled');
    const checked = workflowSchema.safeParse(workflow);
    if (!checked.success) {
      const issue = checked.error.issues[0]!;
      throw problem('workflow.malformed', { title, place: issue.path.join('.'), detail: issue.message });
    }
    checkWorkflow(checked.data, this.options.performers);
    const created = {
      type: 'RunCreated',
      title,
      kind,
      workflow: checked.data,
      facts: facts as never,
    } as const;
    const owned = { type: 'RunOwned', epoch: this.options.epoch } as const;
    const recorded = await this.options.journal.append(run, 0, [created, owned]);
    const loop = this.adopt(recorded);
    this.changed.fire({ run, events: recorded });
    loop.wake();
    return run;
  }

  /**
   * Folds the journal and goes on with every run that has not ended: nodes that were at work are performed
   * again in the same attempt, recorded steps and answers are given back. A run that cannot be read is
   * left alone and told by `onProblem`; the others are recovered all the same.
   */
  async recover(): Promise<void> {
    for (const run of this.options.journal.runs()) {
      if (this.loops.has(run)) continue;
      try {
        const loop = this.adopt(this.options.journal.read(run));
        if (loop.state.endedAt !== null) continue;
        await loop.takeOver(this.options.epoch);
      } catch (thrown) {
        this.options.log.error('a run was not recovered', { run, detail: String(thrown) });
        this.trouble(run, problemOf(thrown));
      }
    }
  }

  /** Pauses (nodes at work finish), resumes or cancels a run, or retries its failed nodes. Throws `run.*`. */
  async command(run: string, command: RunCommand): Promise<RunState> {
    return this.loop(run).command(command);
  }

  /** Answers an open question with one of its choices; durable when resolved. Throws `run.*`. */
  async answer(run: string, question: string, answer: string, note?: string): Promise<RunState> {
    return this.loop(run).answer(question, answer, note);
  }

  /** Records a decision on a file; allowed in every state of a run. */
  async record(run: string, event: EventOf<'FileDecided'>): Promise<RunState> {
    return this.loop(run).record(event);
  }

  /** The run's state as a live view; undefined when there is no such run. */
  state(run: string): RunFold | undefined {
    return this.loops.get(run)?.state;
  }

  /** All runs, oldest first. */
  runs(): readonly RunFold[] {
    return [...this.loops.values()].map((loop) => loop.state);
  }

  /** How many runs have work going on; runs that wait for a person do not count. */
  active(): number {
    let count = 0;
    for (const loop of this.loops.values()) if (loop.active) count++;
    return count;
  }

  /**
   * Lets go of all runs: what was handed over is recorded, performers are aborted, and nothing they do
   * after that is recorded. Resolves when they have ended, or after `graceMs`. The journal stays open.
   */
  async stop(graceMs = 5000): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.loops.values()].map((loop) => loop.stop(graceMs)));
  }

  private loop(run: string): RunLoop {
    const loop = this.loops.get(run);
    if (!loop) throw problem('run.unknown', { run });
    return loop;
  }

  private adopt(recorded: readonly RecordedEvent[]): RunLoop {
    const state = foldAll(recorded);
    if (!state) throw new Error('a run without events');
    const { run } = state;
    const loop = new RunLoop(state, {
      ...this.options,
      onChanged: (events) => this.changed.fire({ run, events }),
      onProgress: (progress) => this.progressed.fire(progress),
      onTrouble: (found) => this.trouble(run, found),
    });
    this.loops.set(run, loop);
    return loop;
  }

  private trouble(run: string, found: Problem | undefined): void {
    if (found) this.troubles.set(run, found);
    else this.troubles.delete(run);
    this.troubled.fire({ run, problem: found });
  }
}
