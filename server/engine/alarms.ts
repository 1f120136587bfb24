import { problem, type Clock } from '../base';
import type { FoldedRun } from './fold';
import type { LoopEvent } from './loopEvents';
import { backoffMs } from './retry';

/** What the loop of one run has to look at later: pauses between tries, limits of time, a journal that could not be written. */
export class Alarms {
  /** Nodes that pause before their next try. */
  readonly resting = new Set<string>();
  private readonly stopping = new AbortController();
  private wakePlanned = false;

  constructor(
    private readonly run: FoldedRun,
    private readonly clock: Clock,
    private readonly post: (event: LoopEvent) => void,
  ) {}

  /** Posts an event after `ms`. */
  later(ms: number, event: LoopEvent): void {
    const post = () => this.post(event);
    this.clock.sleep(Math.max(0, ms), this.stopping.signal).then(post, post);
  }

  /** Wakes the loop after `ms`, unless that is planned already. */
  wakeLater(ms: number): void {
    if (this.wakePlanned) return;
    this.wakePlanned = true;
    const post = () => {
      this.wakePlanned = false;
      this.post({ type: 'woken' });
    };
    this.clock.sleep(ms, this.stopping.signal).then(post, post);
  }

  /** A node pauses before its next try; without `pauseMs` as long as its failed tries ask for. */
  rest(node: string, pauseMs = backoffMs(this.run.nodes.get(node)!.tries)): void {
    this.resting.add(node);
    this.later(pauseMs, { type: 'rested', node });
  }

  /** A run may take so long from the beginning of its generation. */
  limitTime(): void {
    const { timeoutMinutes } = this.run.workflow.policy ?? {};
    if (timeoutMinutes === undefined) return;
    const { generation, begunAt } = this.run;
    this.later(begunAt + timeoutMinutes * 60_000 - this.clock.now(), { type: 'timedOut', generation });
  }

  /** Lets go of everything that was planned. */
  stop(): void {
    this.stopping.abort(problem('cancelled'));
  }
}
