/** A change that is to become part of the common tree. */
export interface Change {
  readonly id: string;
  /** Where it began: the base of its merge, whatever else was merged meanwhile. */
  readonly base: string;
  readonly commit: string;
}

/** Why a change did not become part of the tree. */
export type LeftOut =
  /** It could not be merged, and nobody resolved it. */
  | { readonly why: 'conflict'; readonly files: readonly string[] }
  /** With it the proof fails, with all before it alone the proof holds. */
  | { readonly why: 'blamed' };

/** What the queue wants done next. `Tip` stands for a state of the common tree, usually a commit. */
export type QueueAction<Tip> =
  | { readonly do: 'merge'; readonly onto: Tip; readonly change: Change }
  /** Prove `tip`, which holds `changes` beyond what is proven already. */
  | { readonly do: 'prove'; readonly tip: Tip; readonly changes: readonly Change[] }
  | { readonly do: 'done' };

export interface QueueOutcome<Tip> {
  readonly tip: Tip;
  readonly merged: readonly string[];
  readonly left: readonly ({ readonly id: string } & LeftOut)[];
  /** The proof failed before anything was merged: then nobody is to blame. */
  readonly wasBroken: boolean;
}

interface Merged<Tip> {
  readonly change: Change;
  readonly tip: Tip;
}

/**
 * The merge queue as a decision: one change after the other onto a tip that is proven, several before one proof
 * (`batch`). Where the proof of several fails, halving finds the first one with which it does; that one is left out,
 * those before it stay, those after it are merged again without it. What ends as the tip has been proven as it is.
 */
export class MergeQueue<Tip> {
  private readonly todo: Change[];
  private batch: Merged<Tip>[] = [];
  /** While halving: the proof holds with so many of the batch, and fails with so many. */
  private halving: { holds: number; fails: number } | undefined;
  private isProven: boolean;
  private isAskingBase = false;
  private wasBroken = false;
  private readonly merged: string[] = [];
  private readonly left: ({ id: string } & LeftOut)[] = [];

  /** `isProven` says that the proof holds at `tip`; where it is not known, it is asked before anybody is blamed. */
  constructor(
    private tip: Tip,
    changes: readonly Change[],
    private readonly options: { readonly batch: number; readonly isProven: boolean },
  ) {
    this.todo = [...changes];
    this.isProven = options.isProven;
  }

  next(): QueueAction<Tip> {
    if (this.isAskingBase) return { do: 'prove', tip: this.tip, changes: [] };
    if (this.halving !== undefined) {
      const middle = this.middle(this.halving);
      return this.proof(middle);
    }
    const [change] = this.todo;
    if (change !== undefined && this.batch.length < Math.max(1, this.options.batch))
      return { do: 'merge', onto: this.batch.at(-1)?.tip ?? this.tip, change };
    if (this.batch.length > 0) return this.proof(this.batch.length);
    return { do: 'done' };
  }

  /** Of the merge that was wanted: the new tip, or why there is none. */
  tellMerged(result: { readonly tip: Tip } | { readonly conflict: readonly string[] }): void {
    const change = this.todo.shift()!;
    if ('tip' in result) this.batch.push({ change, tip: result.tip });
    else this.left.push({ id: change.id, why: 'conflict', files: result.conflict });
  }

  /** Of the proof that was wanted: whether it holds. */
  tellProven(holds: boolean): void {
    if (this.isAskingBase) {
      this.isAskingBase = false;
      this.isProven = holds;
      return holds ? this.blameIfFound() : this.giveUp();
    }
    if (this.halving === undefined) {
      if (holds) return this.accept(this.batch.length);
      this.halving = { holds: 0, fails: this.batch.length };
      if (!this.isProven) this.isAskingBase = true;
    } else {
      const middle = this.middle(this.halving);
      this.halving = holds ? { ...this.halving, holds: middle } : { ...this.halving, fails: middle };
    }
    this.blameIfFound();
  }

  outcome(): QueueOutcome<Tip> {
    return { tip: this.tip, merged: this.merged, left: this.left, wasBroken: this.wasBroken };
  }

  private blameIfFound(): void {
    if (this.isAskingBase || this.halving === undefined || this.halving.fails - this.halving.holds > 1)
      return;
    const { fails } = this.halving;
    const culprit = this.batch[fails - 1]!;
    // Those behind it were merged with it: they are merged anew.
    this.todo.unshift(...this.batch.slice(fails).map(({ change }) => change));
    this.batch.length = fails - 1;
    this.halving = undefined;
    this.left.push({ id: culprit.change.id, why: 'blamed' });
    // The proof with these alone was seen to hold, or nothing is left of them.
    if (this.batch.length > 0) this.accept(this.batch.length);
  }

  private accept(count: number): void {
    const accepted = this.batch.splice(0, count);
    this.tip = accepted.at(-1)!.tip;
    this.merged.push(...accepted.map(({ change }) => change.id));
    this.isProven = true;
    this.batch = [];
    this.halving = undefined;
  }

  private giveUp(): void {
    this.wasBroken = true;
    this.batch = [];
    this.halving = undefined;
    this.todo.length = 0;
  }

  private proof(count: number): QueueAction<Tip> {
    const some = this.batch.slice(0, count);
    return { do: 'prove', tip: some.at(-1)!.tip, changes: some.map(({ change }) => change) };
  }

  private middle = ({ holds, fails }: { holds: number; fails: number }): number => (holds + fails) >> 1;
}

/** Who does what the queue wants: the git work and the proofs. */
export interface MergeWorker<Tip> {
  /** Merges over `change.base`; what cannot be merged is resolved by somebody, or told as a conflict. */
  merge(onto: Tip, change: Change): Promise<{ readonly tip: Tip } | { readonly conflict: readonly string[] }>;
  /** Whether the tree at `tip` is well. Throwing ends the queue; what was merged stays where it is. */
  prove(tip: Tip, changes: readonly Change[]): Promise<boolean>;
}

/** Works a queue off. */
export async function mergeInTurn<Tip>(
  queue: MergeQueue<Tip>,
  worker: MergeWorker<Tip>,
): Promise<QueueOutcome<Tip>> {
  for (;;) {
    const action = queue.next();
    if (action.do === 'done') return queue.outcome();
    if (action.do === 'merge') queue.tellMerged(await worker.merge(action.onto, action.change));
    else queue.tellProven(await worker.prove(action.tip, action.changes));
  }
}
