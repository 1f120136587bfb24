import { problem, type Clock, type Log } from '../base';
import type { FoldedRun } from './fold';
import { Job } from './job';
import type { Outcome } from './loopEvents';
import type { NodeRecord } from './node';
import { asJson, AttemptContext, type ContextHost } from './nodeContext';
import type { Expressions, Performers, Progress } from './ports';

export interface PerformingOptions {
  readonly performers: Performers;
  readonly expressions: Expressions;
  readonly clock: Clock;
  readonly log: Log;
  readonly onProgress: (progress: Progress) => void;
}

export interface PerformingHost extends ContextHost {
  performed(event: {
    readonly type: 'performed';
    readonly node: string;
    readonly attempt: number;
    readonly outcome: Outcome;
  }): void;
}

/** The performers at work for one run in this process. */
export class Performing {
  private readonly jobs = new Map<string, Job>();
  private readonly open = new Set<Promise<void>>();
  private readonly names = new Set<string>();

  constructor(
    private readonly run: FoldedRun,
    private readonly options: PerformingOptions,
    private readonly host: PerformingHost,
  ) {}

  /** Nodes whose performer is at work or about to be; not those whose ending is being taken in. */
  get nodes(): ReadonlySet<string> {
    return this.names;
  }

  /** Counts a node as at work whose start is about to be recorded. */
  reserve(node: string): void {
    this.names.add(node);
  }

  /** The start was not recorded after all. */
  unreserve(node: string): void {
    if (!this.jobs.has(node)) this.names.delete(node);
  }

  /** Starts the performer of an attempt; its ending is told to the host, whatever it is. */
  start(node: string, attempt: number): void {
    const job = new Job(attempt);
    this.jobs.set(node, job);
    this.names.add(node);
    const work = this.perform(this.run.nodes.get(node)!, job).then((outcome) => {
      this.open.delete(work);
      this.host.performed({ type: 'performed', node, attempt, outcome });
    });
    this.open.add(work);
  }

  /** The ending of an attempt is being taken in. */
  ending(node: string, attempt: number): void {
    if (this.jobs.get(node)?.attempt === attempt) this.names.delete(node);
  }

  /** The ending could not be recorded; it will be taken in again. */
  notEnded(node: string, attempt: number): void {
    if (this.jobs.get(node)?.attempt === attempt) this.names.add(node);
  }

  /** Forgets an attempt whose ending was recorded. */
  drop(node: string, attempt: number): void {
    if (this.jobs.get(node)?.attempt === attempt) this.jobs.delete(node);
  }

  abort(reason: Error): void {
    for (const job of this.jobs.values()) job.abort(reason);
  }

  /** Stops waiting for performers that did not heed the signal; what they still do is not recorded. */
  leaveBehind(): void {
    if (this.names.size > 0)
      this.options.log.warn('performers left behind', { run: this.run.run, nodes: [...this.names] });
    for (const job of this.jobs.values()) job.endCleanup(problem('cancelled'));
    this.jobs.clear();
    this.names.clear();
  }

  /** Resolves when no performer is at work any more, or after `graceMs`. */
  async ended(graceMs: number): Promise<void> {
    if (this.open.size > 0 && graceMs > 0) {
      const timer = new AbortController();
      const grace = this.options.clock.sleep(graceMs, timer.signal).catch(() => undefined);
      await Promise.race([Promise.all(this.open), grace]);
      timer.abort(problem('cancelled'));
    }
    for (const job of this.jobs.values()) job.endCleanup(problem('cancelled'));
  }

  private async perform(node: NodeRecord, job: Job): Promise<Outcome> {
    const timer = this.startTimer(node, job);
    try {
      const { kind } = node.definition;
      const performer = this.options.performers.get(kind);
      if (!performer) throw problem('workflow.kindUnknown', { node: node.id, kind });
      const ctx = new AttemptContext(this.run, node, job, this.options, this.host);
      return { ok: true, output: asJson(await performer(ctx)) };
    } catch (thrown) {
      // What an aborted performer throws is often less telling than why it was aborted.
      return { ok: false, thrown: job.abortedFor ?? thrown };
    } finally {
      timer?.abort();
    }
  }

  /** Ends the attempt when it takes longer than it may; time spent waiting for people does not count. */
  private startTimer(node: NodeRecord, job: Job): AbortController | undefined {
    const minutes = Math.min(node.definition.timeoutMinutes ?? Infinity, node.grant?.minutes ?? Infinity);
    if (minutes === Infinity) return undefined;
    const timer = new AbortController();
    void this.watch(node, job, minutes, timer.signal).catch(() => undefined);
    return timer;
  }

  private async watch(node: NodeRecord, job: Job, minutes: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    const began = clock.monotonic();
    let left = minutes * 60_000;
    while (left > 0) {
      await clock.sleep(left, signal);
      const waiting = node.waitsSince === undefined ? 0 : Math.max(0, clock.now() - node.waitsSince);
      left = minutes * 60_000 + node.waited + waiting - (clock.monotonic() - began);
      if (left <= 0 && node.state === 'waiting') left = 1000;
    }
    job.abort(problem('run.nodeTimeout', { node: node.id, minutes }));
  }
}
