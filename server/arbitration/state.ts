import { Alarms, Line } from './sorted';
import type { Draw, Policy, Request, Rule, Want } from './types';

/** A request that waits. */
export interface Waiting {
  readonly request: Request;
  readonly since: number;
  readonly seq: number;
  /** Settled when it came; see rank.ts. */
  readonly rank: number;
  readonly draw: Draw | null;
}

export interface Granted {
  readonly request: Request;
  /** Its place among all grants. */
  readonly seq: number;
  readonly since: number;
  /** When it lapses unless it is renewed. */
  lapsesAt: number | null;
}

/** How much of one resource a holder has. */
export interface Held {
  shared: number;
  exclusive: number;
  amount: number;
}

/** One resource: who has it, who waits for it, and how much of it there is. */
export interface Resource {
  readonly key: string;
  readonly name: string;
  readonly kind: Want['kind'];
  readonly rule: Rule | undefined;
  readonly holders: Map<string, Held>;
  readonly line: Line<Waiting>;
  /** Of room: how much is given away. Of budgets: what was used in the window. */
  used: number;
  /** Of budgets: the number of the window. Of rates: when `left` was counted last. */
  countedAt: number;
  /** Of rates: what may still be taken. */
  left: number;
  /** Of rates: when it is looked at again by itself. */
  wakesAt: number | null;
}

/** What a requester got. */
export interface Requester {
  readonly name: string;
  granted: number;
  denied: number;
  /** What it got, by cost. */
  used: number;
  /** The same, halved by every hour that went by since `recentAt`. */
  recent: number;
  recentAt: number;
  waitedMs: number;
  longestMs: number;
  /** Where its next turn begins, in turns. */
  turn: number;
}

interface OfHolder {
  readonly waiting: Set<Waiting>;
  readonly granted: Set<Granted>;
}

export type Alarm =
  | { readonly kind: 'timeout' | 'lease'; readonly id: string }
  | { readonly kind: 'rate'; readonly key: string };

/** Everything the decider knows. `decide` changes it in place; nothing else does. */
export interface State {
  readonly policy: Policy;
  seq: number;
  /** The turn that was granted last. */
  turn: number;
  /** What all requesters together got of late, as of `recentAt`. */
  recent: number;
  recentAt: number;
  /** Of the next draw. */
  seed: number;
  readonly waiting: Map<string, Waiting>;
  readonly granted: Map<string, Granted>;
  readonly resources: Map<string, Resource>;
  readonly requesters: Map<string, Requester>;
  readonly holders: Map<string, OfHolder>;
  /** Those that wait while their holder has something. */
  readonly nested: Set<Waiting>;
  readonly alarms: Alarms<Alarm>;
  /** How long things are held, on the average of the latest, by family. */
  readonly heldMs: Map<string, number>;
  /** What changed since it was last recorded. */
  readonly touched: {
    readonly requests: Set<string>;
    readonly requesters: Set<string>;
    readonly resources: Set<string>;
    readonly families: Set<string>;
  };
}

/** A state in which nobody has or wants anything. `seed` is any whole number of 32 bits. */
export function emptyState(policy: Policy, seed: number): State {
  return {
    policy,
    seq: 0,
    turn: 0,
    recent: 0,
    recentAt: 0,
    seed: seed >>> 0,
    waiting: new Map(),
    granted: new Map(),
    resources: new Map(),
    requesters: new Map(),
    holders: new Map(),
    nested: new Set(),
    alarms: new Alarms(),
    heldMs: new Map(),
    touched: { requests: new Set(), requesters: new Set(), resources: new Set(), families: new Set() },
  };
}

/** What is held for about as long: locks have endless names, and the first part of them says what they are about. */
export const familyOf = ({ kind, name }: Pick<Want, 'kind' | 'name'>): string =>
  `${kind}:${name.split('/', 1)[0]}`;

export const keyOf = (want: Pick<Want, 'kind' | 'name'>): string => `${want.kind}:${want.name}`;

export function resourceOf(state: State, want: Pick<Want, 'kind' | 'name'>): Resource {
  const key = keyOf(want);
  let found = state.resources.get(key);
  if (found === undefined) {
    const rule = state.policy.rules.find((one) => one.kind === want.kind && one.name === want.name);
    found = {
      ...{ key, name: want.name, kind: want.kind, rule },
      holders: new Map(),
      line: new Line(),
      ...{ used: 0, countedAt: -1, left: rule?.most ?? 0, wakesAt: null },
    };
    state.resources.set(key, found);
    state.touched.resources.add(key);
  }
  return found;
}

export function holderOf(state: State, name: string): OfHolder {
  let found = state.holders.get(name);
  if (found === undefined) state.holders.set(name, (found = { waiting: new Set(), granted: new Set() }));
  return found;
}

/** Requesters remembered at most; the one not heard of for the longest is forgotten first. */
const mostRequesters = 1000;

export function requesterOf(state: State, name: string): Requester {
  let found = state.requesters.get(name);
  if (found === undefined) {
    found = {
      name,
      granted: 0,
      denied: 0,
      used: 0,
      recent: 0,
      recentAt: 0,
      waitedMs: 0,
      longestMs: 0,
      turn: 0,
    };
    if (state.requesters.size >= mostRequesters) forgetOne(state);
  } else state.requesters.delete(name);
  // Put last: the map is in the order of who was heard of last.
  state.requesters.set(name, found);
  state.touched.requesters.add(name);
  return found;
}

/** What it got of late stays in the sum, where it is halved away. */
function forgetOne(state: State): void {
  const [oldest] = state.requesters.keys();
  state.requesters.delete(oldest!);
  state.touched.requesters.add(oldest!);
}

/** Puts a waiting request into every line it stands in. */
export function addWaiting(state: State, one: Waiting): void {
  const { request } = one;
  state.waiting.set(request.id, one);
  holderOf(state, request.holder).waiting.add(one);
  for (const want of request.wants) if (want.kind !== 'budget') resourceOf(state, want).line.add(one);
  if (request.timeoutMs !== null)
    state.alarms.add(one.since + request.timeoutMs, one.seq, { kind: 'timeout', id: request.id });
}

export function removeWaiting(state: State, one: Waiting): void {
  const { request } = one;
  state.waiting.delete(request.id);
  holderOf(state, request.holder).waiting.delete(one);
  for (const want of request.wants) {
    const resource = resourceOf(state, want);
    resource.line.remove(one);
    forgetIdle(state, resource);
  }
  forgetHolder(state, request.holder);
}

/** Books what a granted request has. Budgets and rates are used up by `take` in grant.ts, once. */
export function addGranted(state: State, one: Granted): void {
  const { request } = one;
  state.granted.set(request.id, one);
  holderOf(state, request.holder).granted.add(one);
  for (const want of request.wants) {
    if (want.kind !== 'lock' && want.kind !== 'room') continue;
    const resource = resourceOf(state, want);
    const held = resource.holders.get(request.holder) ?? { shared: 0, exclusive: 0, amount: 0 };
    resource.holders.set(request.holder, held);
    if (want.kind === 'lock') held[want.mode]++;
    else {
      held.amount += want.amount;
      resource.used += want.amount;
    }
  }
  if (one.lapsesAt !== null) state.alarms.add(one.lapsesAt, one.seq, { kind: 'lease', id: request.id });
}

export function removeGranted(state: State, one: Granted): void {
  const { request } = one;
  state.granted.delete(request.id);
  holderOf(state, request.holder).granted.delete(one);
  for (const want of request.wants) {
    if (want.kind !== 'lock' && want.kind !== 'room') continue;
    const resource = resourceOf(state, want);
    const held = resource.holders.get(request.holder)!;
    if (want.kind === 'lock') held[want.mode]--;
    else {
      held.amount -= want.amount;
      resource.used -= want.amount;
    }
    if (held.shared === 0 && held.exclusive === 0 && held.amount <= 0)
      resource.holders.delete(request.holder);
    forgetIdle(state, resource);
  }
  forgetHolder(state, request.holder);
}

/** Locks have endless names: one that nobody has or wants is not kept. */
function forgetIdle(state: State, resource: Resource): void {
  if (resource.kind === 'lock' && resource.holders.size === 0 && resource.line.length === 0)
    state.resources.delete(resource.key);
}

function forgetHolder(state: State, name: string): void {
  const found = state.holders.get(name);
  if (found !== undefined && found.waiting.size === 0 && found.granted.size === 0) state.holders.delete(name);
}
