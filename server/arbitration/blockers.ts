import { isBefore } from './sorted';
import { resourceOf, type Resource, type State, type Waiting } from './state';
import type { Request, Want } from './types';

/** So far ahead in a line is looked for a way past those that wait for something else; beyond, one waits one's turn. */
const lookAhead = 64;

/** The others that have what this holder wants, in a way that keeps it from having it too. */
export function holdersInTheWay(resource: Resource, want: Want, holder: string): string[] {
  const others = [...resource.holders.keys()].filter((other) => other !== holder);
  switch (want.kind) {
    case 'lock': {
      const own = resource.holders.get(holder);
      if (own !== undefined && (want.mode === 'shared' || own.exclusive > 0)) return [];
      return want.mode === 'exclusive'
        ? others
        : others.filter((other) => resource.holders.get(other)!.exclusive > 0);
    }
    case 'room': {
      if (roomLeft(resource) >= want.amount) return [];
      // What is in its own way it will never get: it waits for itself.
      const own = resource.holders.get(holder)?.amount ?? 0;
      return resource.rule !== undefined && 'most' in resource.rule && own + want.amount > resource.rule.most
        ? [...others, holder]
        : others;
    }
    default:
      return [];
  }
}

/** Whether no holder is in the way; the same as `holdersInTheWay` being empty, without a list. */
export function isFree(resource: Resource, want: Want, holder: string): boolean {
  switch (want.kind) {
    case 'lock': {
      const own = resource.holders.get(holder);
      if (own !== undefined && (want.mode === 'shared' || own.exclusive > 0)) return true;
      if (want.mode === 'exclusive') return resource.holders.size === (own === undefined ? 0 : 1);
      // Whoever has it exclusively has it alone, but for itself.
      for (const held of resource.holders.values()) if (held.exclusive > 0) return false;
      return true;
    }
    case 'room':
      return roomLeft(resource) >= want.amount;
    case 'rate':
      return resource.left >= want.amount;
    case 'budget':
      return true;
  }
}

export const roomLeft = (resource: Resource): number =>
  resource.rule === undefined ? 0 : resource.rule.most - resource.used;

/**
 * Those before it in the line that are to have the resource first. What its holder has already counts as its turn;
 * and it passes whoever cannot go on before its holder does (`dependents`).
 */
export function aheadInTheWay(
  state: State,
  resource: Resource,
  want: Want,
  one: Waiting,
  dependents: () => ReadonlySet<string>,
): Waiting | undefined {
  if (want.kind === 'lock' && resource.holders.has(one.request.holder)) return undefined;
  const before = resource.line.placeOf(one);
  if (before === 0) return undefined;
  const nested = isNested(state, one.request);
  if (!nested && before > lookAhead) return resource.line.at(before - 1);
  let asked = 0;
  for (let index = 0; index < before; index++) {
    const other = resource.line.at(index)!;
    const theirs = wantOf(other.request, resource);
    if (nested && other.request.holder !== one.request.holder && dependents().has(other.request.holder))
      continue;
    if (want.kind === 'lock') {
      if (want.mode === 'exclusive' || (theirs.kind === 'lock' && theirs.mode === 'exclusive')) return other;
    } else if (want.kind !== 'budget') {
      asked += theirs.kind === 'lock' ? 0 : theirs.amount;
      const left = want.kind === 'room' ? roomLeft(resource) : resource.left;
      if (left - asked < want.amount) return other;
    }
  }
  return undefined;
}

/** Whether its holder has something already, so that others may wait for it while it waits. */
export const isNested = (state: State, request: Request): boolean =>
  (state.holders.get(request.holder)?.granted.size ?? 0) > 0;

export const wantOf = (request: Request, resource: Resource): Want =>
  request.wants.find((want) => want.kind === resource.kind && want.name === resource.name)!;

/** Every holder that cannot go on before `holder` does: it waits for what it has, or behind one that does. */
export function dependentsOf(state: State, holder: string): ReadonlySet<string> {
  const found = new Set<string>();
  const looked = new Map<Resource, number>();
  const queue = [holder];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const add = (other: Waiting): void => {
      const { holder: waits } = other.request;
      if (waits === holder || found.has(waits)) return;
      found.add(waits);
      queue.push(waits);
    };
    const of = state.holders.get(name);
    for (const { request } of of?.granted ?? [])
      for (const want of request.wants) {
        if (want.kind !== 'lock' && want.kind !== 'room') continue;
        const resource = resourceOf(state, want);
        for (const other of resource.line) {
          const theirs = wantOf(other.request, resource);
          if (holdersInTheWay(resource, theirs, other.request.holder).includes(name)) add(other);
        }
      }
    if (name === holder) continue;
    for (const one of of?.waiting ?? [])
      for (const want of one.request.wants) {
        if (want.kind === 'budget') continue;
        const resource = resourceOf(state, want);
        // What stands behind the first that is looked at stands behind the others too.
        const first = resource.line.placeOf(one) + 1;
        const end = looked.get(resource) ?? resource.line.length;
        for (let index = first; index < end; index++) {
          const other = resource.line.at(index)!;
          if (!isBefore(other, one)) add(other);
        }
        looked.set(resource, Math.min(first, end));
      }
  }
  return found;
}
