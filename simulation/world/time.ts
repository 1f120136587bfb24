import type { Clock } from '../../server/base';
import type { Dice } from '../dice';

/** Whoever planned something; what a dead one planned does not happen. */
export interface Owner {
  isAlive(): boolean;
}

interface Planned {
  readonly at: number;
  readonly tie: number;
  readonly owner: Owner;
  readonly work: () => void;
  cancelled: boolean;
}

/** The moment between two turns in which all promises that can settle do; no time passes in it. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Time that passes only when nothing is left to do. Everything that happens later is planned here; what is
 * planned for the same moment happens in an order the dice decide.
 */
export class VirtualTime {
  private readonly heap: Planned[] = [];
  private ms = 0;
  private skew = 0;
  steps = 0;

  constructor(private readonly dice: Dice) {}

  /** Milliseconds since the world began. */
  get now(): number {
    return this.ms;
  }

  /** Sets the clock on the wall forward or back; durations are not affected. */
  jump(ms: number): void {
    this.skew += ms;
  }

  /** Plans `work`; what is returned calls it off. */
  after(ms: number, owner: Owner, work: () => void): () => void {
    const planned: Planned = {
      at: this.ms + Math.max(0, ms),
      tie: this.dice.next(),
      owner,
      work,
      cancelled: false,
    };
    this.push(planned);
    return () => {
      planned.cancelled = true;
    };
  }

  /** Lets the world go on until nothing is planned, `until` holds, or `horizon` (in ms) is reached. */
  async run(horizon: number, until: () => boolean): Promise<void> {
    await settle();
    while (!until()) {
      const next = this.pop(horizon);
      if (!next) return;
      this.ms = next.at;
      this.steps++;
      next.work();
      await settle();
    }
  }

  /** The clock of a process. */
  clockOf(owner: Owner): Clock {
    return {
      now: () => Math.floor(1_800_000_000_000 + this.ms + this.skew),
      monotonic: () => this.ms,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason as Error);
          const onAbort = () => {
            callOff();
            reject(signal!.reason as Error);
          };
          const callOff = this.after(ms, owner, () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          });
          signal?.addEventListener('abort', onAbort, { once: true });
        }),
    };
  }

  private push(planned: Planned): void {
    const heap = this.heap;
    let at = heap.push(planned) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at]!, heap[parent]!)) break;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  private pop(horizon: number): Planned | undefined {
    for (;;) {
      const first = this.heap[0];
      if (!first) return undefined;
      const counts = !first.cancelled && first.owner.isAlive();
      if (counts && first.at > horizon) return undefined;
      this.takeFirst();
      if (counts) return first;
    }
  }

  private takeFirst(): void {
    const heap = this.heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}

const isBefore = (one: Planned, other: Planned): boolean =>
  one.at < other.at || (one.at === other.at && one.tie < other.tie);
