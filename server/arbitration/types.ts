import type { Problem } from '../../schemas/codes';

/** How urgent a request is. Points decide who goes first; waiting makes up for them (`Policy.ageMs`). */
export const priorityPoints = { critical: 1000, high: 100, normal: 0, low: -100, background: -1000 } as const;
export type Priority = keyof typeof priorityPoints;

/**
 * Who of those that wait goes first. `priority`: the most urgent, requesters that had little a bit sooner;
 * `queue`: who came first; `roundRobin`: requesters in turn; `collaborative`: who had the least of its share;
 * `weightedRandom`: by seeded draws, the urgent with better chances.
 */
export type Strategy = 'priority' | 'roundRobin' | 'collaborative' | 'queue' | 'weightedRandom';

export type Mode = 'shared' | 'exclusive';

/** One thing a request is about. A lock needs no rule; of the others a rule says how much there is. */
export type Want =
  | { readonly kind: 'lock'; readonly name: string; readonly mode: Mode }
  /** Room that is given back: models at once, bytes of memory. */
  | { readonly kind: 'room'; readonly name: string; readonly amount: number }
  /** What is used up and comes back with the next window: money, tokens. */
  | { readonly kind: 'budget'; readonly name: string; readonly amount: number }
  /** How often something may happen. */
  | { readonly kind: 'rate'; readonly name: string; readonly amount: number };

export type Rule =
  | { readonly kind: 'room'; readonly name: string; readonly most: number }
  /** Windows begin at whole multiples of `windowMs` since the epoch: a day of 86,400,000 ms begins at midnight UTC. */
  | { readonly kind: 'budget'; readonly name: string; readonly most: number; readonly windowMs: number }
  | { readonly kind: 'rate'; readonly name: string; readonly most: number; readonly windowMs: number };

/** What a requester may not have; names that end in `*` stand for all that begin so. */
export interface Forbidden {
  readonly requester: string;
  readonly resource: string;
  /** Said to the requester, as a sentence. */
  readonly why: string;
}

export interface Policy {
  readonly strategy: Strategy;
  readonly rules: readonly Rule[];
  readonly forbidden: readonly Forbidden[];
  /** Milliseconds of waiting that make up for one point of priority; 600 lets background pass fresh critical after 20 minutes. */
  readonly ageMs: number;
  /** In turns and shares: milliseconds of waiting that make up for one turn. */
  readonly turnMs: number;
  /** How far a requester's past moves it, at most, among equally urgent ones; milliseconds of waiting. */
  readonly fairMs: number;
  /** Shares of requesters that differ from 1. */
  readonly weights: Readonly<Record<string, number>>;
  /** More than so many never wait; the one that ranks last is denied. */
  readonly mostWaiting: number;
}

/** Something wanted, all of it or nothing. */
export interface Request {
  /** Unique for ever. */
  readonly id: string;
  /** Who would have it: one line of work that waits for one thing after the other. Locks are re-entrant by holder. */
  readonly holder: string;
  /** Names the request among those of its holder, the same after a restart. */
  readonly key: string;
  /** For whom: fair shares are shares of requesters. */
  readonly requester: string;
  /** What people call it. */
  readonly label: string;
  readonly wants: readonly Want[];
  readonly priority: Priority;
  /** What it counts for in shares; 1 by default. */
  readonly cost: number;
  /** Waits at most so long; 0 never waits, null for ever. */
  readonly timeoutMs: number | null;
  /** What was granted is let go when it was not renewed for so long; null keeps it until it is released. */
  readonly leaseMs: number | null;
}

export const reasons = [
  'LowerPriority',
  'ResourceUnavailable',
  'CostExceeded',
  'RateLimited',
  'PolicyViolation',
  'Deadlock',
  'Timeout',
] as const;
export type Reason = (typeof reasons)[number];

/** Why somebody has to wait or gets nothing; `problem` says it to a person. */
export interface Why {
  readonly reason: Reason;
  readonly problem: Problem;
  /** Of a deadlock: the holders that wait for each other, the first one again at the end. */
  readonly cycle?: readonly string[];
}

/** A draw of the strategy `weightedRandom`, so that it can be made again. */
export interface Draw {
  readonly seed: number;
  readonly value: number;
}

export type Decision = { readonly request: string; readonly at: number } & (
  | {
      readonly kind: 'granted';
      readonly waitedMs: number;
      readonly strategy: Strategy;
      readonly draw: Draw | null;
    }
  | {
      readonly kind: 'deferred';
      readonly why: Why;
      /** 1 is next. */
      readonly position: number;
      /** How long it may take, from how long things were held before; null where nothing is known. */
      readonly estimateMs: number | null;
    }
  | { readonly kind: 'denied'; readonly why: Why }
  | { readonly kind: 'ended'; readonly how: 'released' | 'lapsed' | 'letGo' | 'cancelled' }
);

/** What is asked of the decider. `at` is the time, in milliseconds since the epoch; it never goes back. */
export type Input = { readonly at: number } & (
  | { readonly do: 'request'; readonly request: Request }
  /** `spent` says what was really used of a budget, by its name. */
  | { readonly do: 'release'; readonly id: string; readonly spent?: Readonly<Record<string, number>> }
  | { readonly do: 'renew'; readonly id: string }
  /** Who waits does so no more. */
  | { readonly do: 'cancel'; readonly id: string }
  /** A holder has died, and every holder whose name goes on after a slash. */
  | { readonly do: 'letGo'; readonly holder: string }
  | { readonly do: 'tick' }
);

export const defaultPolicy: Policy = {
  strategy: 'priority',
  rules: [],
  forbidden: [],
  ageMs: 600,
  turnMs: 60_000,
  fairMs: 30_000,
  weights: {},
  mostWaiting: 10_000,
};
