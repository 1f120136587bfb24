import { overuse } from './rank';
import type { State } from './state';

/** How evenly requesters were served. */
export interface Fairness {
  /** 0: all had the same by their shares; near 1: one had everything. */
  readonly gini: number;
  readonly meanWaitMs: number;
  readonly longestWaitMs: number;
  readonly requesters: readonly {
    readonly name: string;
    readonly granted: number;
    readonly denied: number;
    readonly used: number;
    /** What its next request is moved by, −1 (sooner) to 1 (later); see `Policy.fairMs`. */
    readonly correction: number;
  }[];
}

export function fairnessOf(state: State, at: number): Fairness {
  const all = [...state.requesters.values()];
  const granted = all.reduce((sum, one) => sum + one.granted, 0);
  const waited = all.reduce((sum, one) => sum + one.waitedMs, 0);
  let longest = all.reduce((most, one) => Math.max(most, one.longestMs), 0);
  for (const one of state.waiting.values()) longest = Math.max(longest, at - one.since);
  return {
    gini: giniOf(all.map(({ used }) => used)),
    meanWaitMs: granted === 0 ? 0 : waited / granted,
    longestWaitMs: longest,
    requesters: all.map((one) => {
      const { name, used } = one;
      return { name, granted: one.granted, denied: one.denied, used, correction: overuse(state, one, at) };
    }),
  };
}

/** The Gini coefficient of what each has: half the mean difference between two, by the mean. */
export function giniOf(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  if (sum === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const weighted = sorted.reduce((total, value, index) => total + value * (index + 1), 0);
  return (2 * weighted) / (sorted.length * sum) - (sorted.length + 1) / sorted.length;
}
