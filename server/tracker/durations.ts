import type { RunFold } from '../engine';
import { outlookOf } from '../engine';

/** How long work took: half of it no longer than `half`, nine of ten no longer than `most`; milliseconds. */
export interface Estimate {
  readonly half: number;
  readonly most: number;
}

/** What is known of how long nodes take. */
export interface Durations {
  /** Of nodes of this kind and title, else of this kind, else of any; undefined when nothing is known. */
  estimate(kind: string, title: string): Estimate | undefined;
  /** Of nodes of this kind and title alone. */
  exact(kind: string, title: string): Estimate | undefined;
}

/** The newest of a name; older ones say less about now. */
const mostKept = 100;

/**
 * How long the nodes of earlier runs took, without the time they waited for people. A cache over ended runs:
 * taking the same ones in again gives the same.
 */
export class DurationHistory implements Durations {
  private readonly exactly = new Map<string, Map<string, Samples>>();
  private readonly byKind = new Map<string, Samples>();
  private readonly all = new Samples();
  /** When the last node that was taken from a run had ended. */
  private readonly takenUntil = new Map<string, number>();

  /** Takes in the completed nodes of a run that were not taken before. */
  take(run: RunFold): void {
    const until = this.takenUntil.get(run.run) ?? -1;
    let last = until;
    for (const { id, state, startedAt, endedAt, definition, attempt } of run.nodes.values()) {
      // What was taken over from another run took no time here.
      if (state !== 'completed' || attempt === 0 || startedAt === null || endedAt === null) continue;
      if (endedAt <= until) continue;
      last = Math.max(last, endedAt);
      this.add(definition, Math.max(0, endedAt - startedAt - outlookOf(run, id, endedAt)!.waitedMs));
    }
    this.takenUntil.set(run.run, last);
  }

  add({ kind, title }: { readonly kind: string; readonly title: string }, milliseconds: number): void {
    let ofKind = this.exactly.get(kind);
    if (!ofKind) this.exactly.set(kind, (ofKind = new Map<string, Samples>()));
    samplesOf(ofKind, title).add(milliseconds);
    if (kind === 'group') return;
    samplesOf(this.byKind, kind).add(milliseconds);
    this.all.add(milliseconds);
  }

  exact(kind: string, title: string): Estimate | undefined {
    return this.exactly.get(kind)?.get(title)?.estimate();
  }

  estimate(kind: string, title: string): Estimate | undefined {
    return this.exact(kind, title) ?? this.byKind.get(kind)?.estimate() ?? this.all.estimate();
  }
}

class Samples {
  private readonly newest: number[] = [];
  private next = 0;
  private known: Estimate | undefined;

  add(milliseconds: number): void {
    this.newest[this.next] = milliseconds;
    this.next = (this.next + 1) % mostKept;
    this.known = undefined;
  }

  estimate(): Estimate | undefined {
    if (this.newest.length === 0) return undefined;
    if (!this.known) {
      const sorted = [...this.newest].sort((a, b) => a - b);
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!;
      this.known = { half: at(0.5), most: at(0.9) };
    }
    return this.known;
  }
}

function samplesOf(map: Map<string, Samples>, key: string): Samples {
  let samples = map.get(key);
  if (!samples) map.set(key, (samples = new Samples()));
  return samples;
}
