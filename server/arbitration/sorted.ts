/** What stands in a line: the smaller rank goes first, of equal ones the earlier. */
export interface Ranked {
  readonly rank: number;
  readonly seq: number;
}

/**
 * A line in order of rank. Ranks never change while something stands in it, so that a place is found by bisection
 * and what has waited longer needs no sorting again.
 */
export class Line<T extends Ranked> implements Iterable<T> {
  private readonly items: T[] = [];

  get length(): number {
    return this.items.length;
  }

  at(index: number): T | undefined {
    return this.items[index];
  }

  add(item: T): void {
    this.items.splice(this.placeOf(item), 0, item);
  }

  remove(item: T): void {
    const index = this.placeOf(item);
    if (this.items[index] === item) this.items.splice(index, 1);
  }

  /** How many stand before it. */
  placeOf(item: Ranked): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.items[middle]!, item)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.items[Symbol.iterator]();
  }
}

export const isBefore = (one: Ranked, other: Ranked): boolean =>
  one.rank < other.rank || (one.rank === other.rank && one.seq < other.seq);

/**
 * Moments at which something is to be looked at, the next one first and of equal ones that of the smaller `seq`. What
 * no longer matters is passed over when it comes.
 */
export class Alarms<T> {
  private readonly heap: (Ranked & { readonly what: T })[] = [];

  get next(): number | undefined {
    return this.heap[0]?.rank;
  }

  add(at: number, seq: number, what: T): void {
    const { heap } = this;
    const item = { rank: at, seq, what };
    let index = heap.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent]!, item)) break;
      heap[index] = heap[parent]!;
      heap[(index = parent)] = item;
    }
  }

  /** The earliest that is due, taken out. */
  due(now: number): T | undefined {
    const { heap } = this;
    const [first] = heap;
    if (first === undefined || first.rank > now) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) this.sink(last);
    return first.what;
  }

  private sink(item: Ranked & { readonly what: T }): void {
    const { heap } = this;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(item, heap[child]!)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = item;
  }
}
