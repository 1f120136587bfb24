import { problem, type Clock, type Log } from '../base';
import type { FoldedRun } from './fold';
import type { Outcome } from './loopEvents';
import { asJson, nodeContext, type ContextHost } from './nodeContext';
import type { Performer, Performers, Progress } from './ports';

export interface PerformingOptions {
  readonly performers: Performers;
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

interface Job {
  readonly attempt: number;
  readonly controller: AbortController;
}

/** The performers at work for one run in this process. */
export class Performing {
  private readonly jobs = new Map<string, Job>();
  private readonly open = new Set<Promise<void>>();
  /** Nodes whose performer has not ended, or whose ending has not been taken in. */
  readonly nodes: ReadonlySet<string>;
  private readonly names = new Set<string>();

  constructor(
    private readonly run: FoldedRun,
    private readonly options: PerformingOptions,
    private readonly host: PerformingHost,
  ) {
    this.nodes = this.names;
  }

  /** Starts the performer of an attempt; its ending is told to the host, whatever it is. */
  start(node: string, attempt: number): void {
    const controller = new AbortController();
    this.jobs.set(node, { attempt, controller });
    this.names.add(node);
    const work = this.perform(node, attempt, controller.signal).then((outcome) => {
      this.open.delete(work);
      this.host.performed({ type: 'performed', node, attempt, outcome });
    });
    this.open.add(work);
  }

  /** Forgets an attempt whose ending was taken in. */
  drop(node: string, attempt: number): void {
    if (this.jobs.get(node)?.attempt !== attempt) return;
    this.jobs.delete(node);
    this.names.delete(node);
  }

  abort(reason: Error): void {
    for (const { controller } of this.jobs.values()) controller.abort(reason);
  }

  /** Stops waiting for performers that did not heed the signal; what they still do is not recorded. */
  leaveBehind(): void {
    if (this.names.size > 0)
      this.options.log.warn('performers left behind', { run: this.run.run, nodes: [...this.names] });
    this.jobs.clear();
    this.names.clear();
  }

  /** Resolves when no performer is at work any more, or after `graceMs`. */
  async ended(graceMs: number): Promise<void> {
    if (this.open.size === 0 || graceMs <= 0) return;
    const timer = new AbortController();
    const grace = this.options.clock.sleep(graceMs, timer.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.open), grace]);
    timer.abort(problem('cancelled'));
  }

  private async perform(node: string, attempt: number, signal: AbortSignal): Promise<Outcome> {
    try {
      const { kind } = this.run.definitions.get(node)!;
      const performer: Performer | undefined = this.options.performers.get(kind);
      if (!performer) throw problem('workflow.kindUnknown', { node, kind });
      const ctx = nodeContext(this.run, node, attempt, signal, this.options, this.host);
      return { ok: true, output: asJson(await performer(ctx)) };
    } catch (thrown) {
      return { ok: false, thrown };
    }
  }
}
