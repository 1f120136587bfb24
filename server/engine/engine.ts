import type { EventOf, RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { Problem } from '../../schemas/codes';
import type { FailureTables } from '../../schemas/failure';
import type { Workflow } from '../../schemas/journal/workflow';
import type { RunState } from '../../schemas/wire/run';
import { Emitter, problem, problemOf, type Clock, type Ids, type Json, type Log } from '../base';
import { defaultFailureTables } from './failure';
import { createdEvent, forkEvents } from './creation';
import type { RunCommand, Wish } from './loopEvents';
import type { Expressions, Journal, Performers, Progress, RunHeading } from './ports';
import { RunLoop } from './runLoop';
import { SharedRoom } from './sharedRoom';
import { loadedFrom, Shelf, type Loaded, type Packing } from './shelf';
import type { RunFold } from './state';

export interface EngineOptions {
  readonly journal: Journal;
  /** By kind of node. */
  readonly performers: Performers;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The name of this life of the sidecar; recorded when it takes a run over. */
  readonly epoch: string;
  /** For conditions and transforms; a workflow without any needs none. */
  readonly expressions?: Expressions;
  /** SHA-256 of a text in hex, by which equal inputs are known; without it nothing is reused. */
  readonly hash?: (text: string) => string;
  /** What is done when work goes wrong, where a user states other tables than the default ones. */
  readonly failures?: FailureTables;
  /** How snapshots become bytes; without it every run is folded from its first event. */
  readonly packing?: Packing;
  /** Bounded parallelism of all runs together, by resource class; `*` bounds all classes. */
  readonly limits?: Readonly<Record<string, number>>;
  readonly log: Log;
}

export interface StartRun {
  readonly title: string;
  readonly kind: 'phase' | 'ask' | 'melody';
  readonly workflow: Workflow;
  /** What the run's performers need to know; given to each of them. */
  readonly facts: Readonly<Record<string, Json>>;
  /** Values of the workflow's inputs by node id. */
  readonly inputs?: Readonly<Record<string, Json>>;
  /** What starts it, where that is not a person. */
  readonly trigger?: EventOf<'RunCreated'>['trigger'];
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
  /** Runs this process has begun or taken over. */
  private readonly owned = new Set<string>();
  private readonly changed: Emitter<RunChange>;
  private readonly progressed: Emitter<Progress>;
  private readonly troubled: Emitter<RunTrouble>;
  private readonly troubles = new Map<string, Problem>();
  private readonly room: SharedRoom;
  private readonly shelf: Shelf;
  private readonly stopping = new AbortController();
  private stopped = false;

  constructor(private readonly options: EngineOptions) {
    this.room = new SharedRoom(options.limits ?? {});
    const { journal, packing, clock, log } = options;
    this.shelf = new Shelf(journal, packing, clock, log, this.stopping.signal);
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
  async start({ run = this.options.ids.next('run'), ...start }: StartRun): Promise<string> {
    if (this.stopped) throw problem('cancelled');
    await this.begin(run, [createdEvent(start, this.options.performers)]);
    return run;
  }

  /**
   * Begins a new run with everything another has completed, but for `nodes` and what comes after them,
   * which it does anew. The other run stays as it is. Returns the new run's id. Throws `run.*`.
   */
  async fork(from: string, nodes: readonly string[], run = this.options.ids.next('run')): Promise<string> {
    await this.begin(run, forkEvents(this.loop(from).state, nodes));
    return run;
  }

  /**
   * Folds the journal and goes on with every run that has not ended: nodes that were at work are performed
   * again in the same attempt, recorded steps and answers are given back. A run that cannot be read is
   * left alone and told by `onProblem`; the others are recovered all the same.
   */
  async recover(): Promise<void> {
    for (const { run, endedAt } of this.options.journal.headings()) {
      if (endedAt !== null || this.owned.has(run)) continue;
      try {
        await this.takeIn(run);
      } catch (thrown) {
        this.options.log.error('a run was not recovered', { run, detail: String(thrown) });
        this.trouble(run, problemOf(thrown));
      }
    }
  }

  /**
   * Takes in a run the journal holds and the engine does not know yet, and goes on with it if it has not
   * ended. Throws what reading it throws.
   */
  async takeIn(run: string): Promise<void> {
    if (this.owned.has(run)) return;
    // Somebody may have looked at it already, which is no taking over.
    const loop = this.loops.get(run) ?? this.adopt(this.shelf.load(run)!);
    if (loop.state.endedAt !== null) return;
    this.owned.add(run);
    await loop.takeOver(this.options.epoch);
  }

  /**
   * Does what a person wishes of a run: pause (nodes at work finish), resume, cancel, retry from nodes, skip
   * or edit a node. Durable when resolved. Throws `run.*` when its state forbids it.
   */
  async wish(run: string, wish: Wish): Promise<RunState> {
    return this.loop(run).wish(wish);
  }

  /** Pauses, resumes or cancels a run, or retries its failed nodes. Throws `run.*`. */
  async command(run: string, command: RunCommand): Promise<RunState> {
    return this.wish(run, { wish: command });
  }

  /** Answers an open question with one of its choices; durable when resolved. Throws `run.*`. */
  async answer(
    run: string,
    question: string,
    answer: string,
    note?: string,
    value?: Json,
  ): Promise<RunState> {
    return this.loop(run).answer(question, answer, note, value);
  }

  /** Gives a node the value it asked a person for. Throws `run.questionUnknown` when it asks for none. */
  async provide(run: string, node: string, value: Json): Promise<RunState> {
    const loop = this.loop(run);
    const open = loop.state.questions.find((one) => one.node === node && one.question.kind === 'input');
    if (!open) throw problem('run.questionUnknown', { question: node });
    return loop.answer(open.question.id, open.question.choices[0]!, undefined, value);
  }

  /** Records a decision on a file; allowed in every state of a run. */
  async record(run: string, event: EventOf<'FileDecided'>): Promise<RunState> {
    return this.loop(run).record(event);
  }

  /** The run's state as a live view; undefined when there is no such run, or it cannot be read. */
  state(run: string): RunFold | undefined {
    return this.loops.get(run)?.state ?? this.fetch(run)?.state;
  }

  /** What a list shows of every run, oldest first; read without any run's events. */
  headings(): readonly RunHeading[] {
    return this.options.journal.headings();
  }

  /** All runs that can be read, oldest first. Reads those that have ended; see `headings`. */
  runs(): readonly RunFold[] {
    return this.headings().flatMap(({ run }) => this.state(run) ?? []);
  }

  /** Keeps a snapshot of a run as it stands; it is kept now and then by itself. */
  async checkpoint(run: string): Promise<void> {
    await this.shelf.keep(this.loop(run).state);
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
    this.stopping.abort(problem('cancelled'));
    await Promise.all([...this.loops.values()].map((loop) => loop.stop(graceMs)));
  }

  private loop(run: string): RunLoop {
    const loop = this.loops.get(run) ?? this.fetch(run);
    if (!loop) throw problem('run.unknown', { run });
    return loop;
  }

  /** A run that has ended, or could not be recovered, is read when somebody looks at it. */
  private fetch(run: string): RunLoop | undefined {
    if (this.troubles.has(run)) return undefined;
    try {
      const loaded = this.shelf.load(run);
      return loaded && this.adopt(loaded);
    } catch (thrown) {
      this.trouble(run, problemOf(thrown));
      return undefined;
    }
  }

  private async begin(run: string, events: readonly RunEvent[]): Promise<void> {
    const owned = { type: 'RunOwned', epoch: this.options.epoch } as const;
    const recorded = await this.options.journal.append(run, 0, [...events, owned]);
    this.owned.add(run);
    const loop = this.adopt(loadedFrom(recorded)!);
    this.changed.fire({ run, events: recorded });
    loop.wake();
  }

  private adopt({ state, again }: Loaded): RunLoop {
    const { run } = state;
    let fresh = state.endedAt === null ? again : undefined;
    const loop = new RunLoop(state, {
      expressions: noExpressions,
      failures: defaultFailureTables,
      ...this.options,
      room: this.room,
      load: () => {
        // What was read for the first state serves the second, and is not kept longer.
        const made = fresh?.() ?? this.shelf.load(run)!.state;
        fresh = undefined;
        return made;
      },
      onFolded: (folded) => this.shelf.look(folded),
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

const noExpressions: Expressions = {
  condition: (_scope, text) => {
    throw new Error(`there is nothing to evaluate ${text} with`);
  },
  transform: ({ op }) => {
    throw new Error(`there is nothing to transform a value with: ${op}`);
  },
  misfit: (type) => {
    throw new Error(`there is nothing to tell ${type} with`);
  },
};
