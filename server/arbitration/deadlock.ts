import { holdersInTheWay, roomLeft } from './blockers';
import { resourceOf, type State, type Waiting } from './state';
import { priorityPoints } from './types';

export interface Deadlock {
  /** Holders, each waiting for the next, the first one again at the end. */
  readonly cycle: readonly string[];
  /** Whose request is denied: the least urgent one, of these the one that came last. */
  readonly victim: Waiting;
}

/**
 * The deadlock `holder` is part of, if it is in one: a circle of holders, each waiting for what the next one has, that
 * nobody outside can open by giving something back.
 */
export function deadlockAround(state: State, holder: string): Deadlock | undefined {
  const own = state.holders.get(holder);
  if (own === undefined || own.granted.size === 0 || own.waiting.size === 0) return undefined;
  if (circle(state, holder, () => true) === undefined) return undefined;
  const stuck = stuckAround(state, holder);
  if (!stuck.has(holder)) return undefined;
  const cycle = circle(state, holder, (other) => stuck.has(other));
  if (cycle === undefined) return undefined;
  let victim: Waiting | undefined;
  for (const name of new Set(cycle))
    for (const one of state.holders.get(name)?.waiting ?? [])
      if (isBlocked(state, one) && (victim === undefined || isBetterVictim(one, victim))) victim = one;
  return victim && { cycle, victim };
}

function isBetterVictim(one: Waiting, other: Waiting): boolean {
  const points = priorityPoints[one.request.priority] - priorityPoints[other.request.priority];
  return points === 0 ? one.seq > other.seq : points < 0;
}

const isBlocked = (state: State, one: Waiting): boolean => waitsFor(state, one).length > 0;

/** The holders that have what it wants. */
export function waitsFor(state: State, { request }: Waiting): string[] {
  const found = new Set<string>();
  for (const want of request.wants)
    for (const other of holdersInTheWay(resourceOf(state, want), want, request.holder)) found.add(other);
  return [...found];
}

function nextOf(state: State, holder: string): string[] {
  const found = new Set<string>();
  for (const one of state.holders.get(holder)?.waiting ?? [])
    for (const other of waitsFor(state, one)) found.add(other);
  // In an order that does not depend on who came first, because a restart forgets that.
  return [...found].sort();
}

/** A way from `start` back to it, over holders that are `allowed`. */
function circle(state: State, start: string, allowed: (holder: string) => boolean): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let index = 0; index < queue.length; index++) {
    const here = queue[index]!;
    for (const next of nextOf(state, here)) {
      if (next === start) {
        const way = [start];
        for (let back = here; back !== start; back = cameFrom.get(back)!) way.unshift(back);
        return [start, ...way];
      }
      if (cameFrom.has(next) || !allowed(next)) continue;
      cameFrom.set(next, here);
      queue.push(next);
    }
  }
  return undefined;
}

/**
 * Those around `start` that can never go on, however much everybody else gives back: what can end is ended in thought,
 * one after the other, and what is left is stuck. Needed because room may come back from any of its holders.
 */
function stuckAround(state: State, start: string): Set<string> {
  const left = new Set([start]);
  for (const holder of left) for (const next of nextOf(state, holder)) left.add(next);
  for (let changed = true; changed;) {
    changed = false;
    for (const holder of left) {
      const waiting = [...(state.holders.get(holder)?.waiting ?? [])];
      if (!waiting.every((one) => couldHave(state, one, left))) continue;
      left.delete(holder);
      changed = true;
    }
  }
  return left;
}

/** Whether it could have what it wants if everybody but those in `left` gave back what they have. */
function couldHave(state: State, { request }: Waiting, left: ReadonlySet<string>): boolean {
  return request.wants.every((want) => {
    const resource = resourceOf(state, want);
    if (want.kind === 'lock')
      return holdersInTheWay(resource, want, request.holder).every((other) => !left.has(other));
    if (want.kind !== 'room') return true;
    let room = roomLeft(resource);
    for (const [other, held] of resource.holders) if (!left.has(other)) room += held.amount;
    return room >= want.amount;
  });
}
