import { aheadInTheWay, dependentsOf, isFree } from './blockers';
import { deadlockAround } from './deadlock';
import { endGrant, refill, take } from './grant';
import { bookGrant, rankOf } from './rank';
import {
  addGranted,
  addWaiting,
  holderOf,
  removeGranted,
  removeWaiting,
  requesterOf,
  resourceOf,
  type Resource,
  type State,
  type Waiting,
} from './state';
import {
  alwaysRefused,
  costExceeded,
  deadlockWhy,
  timedOut,
  whyWaiting,
  estimateOf,
  positionOf,
} from './why';
import type { Decision, Input, Request, Why } from './types';

/** More nested requests than so many are looked at again only when something they stand in line for changes. */
const mostNestedLooked = 64;

/**
 * Decides what follows from `input`: the request itself, and everybody whose turn comes by it. Changes `state` and
 * reads nothing else, no clock and no chance: the same inputs give the same decisions. A request is told first what
 * became of it (`granted`, `deferred` or `denied`); what was deferred is granted or denied by a later call.
 */
export function decide(state: State, input: Input): readonly Decision[] {
  const turn = new Turn(state, input.at);
  turn.take(input);
  turn.settle();
  return turn.decisions;
}

/** When the next thing happens by itself, in milliseconds since the epoch. */
export const wakeAt = (state: State): number | undefined => state.alarms.next;

class Turn {
  readonly decisions: Decision[] = [];
  /** Resources of which something came free, or whose line changed. */
  private readonly open = new Set<Resource>();

  constructor(
    private readonly state: State,
    private readonly at: number,
  ) {}

  take(input: Input): void {
    this.ring();
    const { state } = this;
    switch (input.do) {
      case 'request':
        return this.request(input.request);
      case 'release': {
        const found = state.granted.get(input.id);
        if (found !== undefined) this.end(input.id, 'released', input.spent);
        return;
      }
      case 'renew': {
        const found = state.granted.get(input.id);
        if (found === undefined || found.lapsesAt === null) return;
        // Its alarm rings at the old time and is set anew then.
        found.lapsesAt = this.at + found.request.leaseMs!;
        state.touched.requests.add(input.id);
        return;
      }
      case 'cancel':
        return this.leave(state.waiting.get(input.id));
      case 'letGo':
        for (const [id, { request }] of [...state.granted])
          if (isOf(request.holder, input.holder)) this.end(id, 'letGo');
        for (const one of [...state.waiting.values()])
          if (isOf(one.request.holder, input.holder)) this.leave(one);
        return;
      case 'tick':
        // What nothing else would look at again is looked at now.
        for (const resource of state.resources.values())
          if (resource.line.length > 0) this.open.add(resource);
        return;
    }
  }

  /** Grants until nobody can have more. */
  settle(): void {
    for (;;) {
      for (const resource of this.open) {
        this.open.delete(resource);
        this.serve(resource);
      }
      if (!this.serveNested()) return;
    }
  }

  private request(request: Request): void {
    const { state, at } = this;
    const refused = alwaysRefused(state, request) ?? costExceeded(state, request, at);
    if (refused !== undefined) return this.deny(request, refused);
    const one: Waiting = { request, since: at, seq: ++state.seq, ...rankOf(state, request, at) };
    addWaiting(state, one);
    if (this.canHave(one)) return this.grant(one);
    const why = whyWaiting(state, one, at);
    if (request.timeoutMs === 0) return this.giveUp(one, why);
    this.decisions.push({
      ...{ kind: 'deferred', request: request.id, at, why },
      position: positionOf(state, one),
      estimateMs: estimateOf(state, one),
    });
    this.breakDeadlocks(request.holder);
    if (state.waiting.size > state.policy.mostWaiting) this.dropLast();
  }

  /** The line is full: the one that ranks last goes. */
  private dropLast(): void {
    let last: Waiting | undefined;
    for (const one of this.state.waiting.values())
      if (last === undefined || one.rank > last.rank || (one.rank === last.rank && one.seq > last.seq))
        last = one;
    if (last === undefined) return;
    const problem = {
      code: 'arbitration.lineFull',
      args: { label: last.request.label, most: this.state.policy.mostWaiting },
    } as const;
    this.giveUp(last, { reason: 'LowerPriority', problem });
  }

  /** What fell due since the last input. */
  private ring(): void {
    const { state, at } = this;
    for (let alarm = state.alarms.due(at); alarm !== undefined; alarm = state.alarms.due(at)) {
      if (alarm.kind === 'rate') {
        const resource = state.resources.get(alarm.key);
        if (resource === undefined || resource.wakesAt === null || resource.wakesAt > at) continue;
        resource.wakesAt = null;
        state.touched.resources.add(resource.key);
        this.open.add(resource);
      } else if (alarm.kind === 'timeout') {
        const one = state.waiting.get(alarm.id);
        if (one !== undefined) this.giveUp(one, timedOut(one, at));
      } else {
        const granted = state.granted.get(alarm.id);
        if (granted === undefined || granted.lapsesAt === null) continue;
        if (granted.lapsesAt <= at) this.end(alarm.id, 'lapsed');
        else state.alarms.add(granted.lapsesAt, granted.seq, alarm);
      }
    }
  }

  /** Grants from the front of a line what can be had. */
  private serve(resource: Resource): void {
    refill(this.state, resource, this.at);
    for (let index = 0; ;) {
      const one = resource.line.at(index);
      if (one === undefined) return;
      const exceeded = costExceeded(this.state, one.request, this.at);
      if (exceeded !== undefined) this.giveUp(one, exceeded);
      else if (this.canHave(one)) this.grant(one);
      else if (this.isUsedUp(resource, one) || ++index > 64) return;
    }
  }

  /** Whether nobody behind `one` can have it: those whose holders have something are looked at by `serveNested`. */
  private isUsedUp(resource: Resource, one: Waiting): boolean {
    const want = one.request.wants.find(
      ({ kind, name }) => kind === resource.kind && name === resource.name,
    )!;
    return want.kind === 'lock' ? want.mode === 'exclusive' : !isFree(resource, want, one.request.holder);
  }

  /** Those that hold something while they wait: they may pass who waits for them. */
  private serveNested(): boolean {
    const { state } = this;
    if (state.nested.size === 0 || state.nested.size > mostNestedLooked) return this.open.size > 0;
    for (const one of state.nested) if (this.canHave(one)) this.grant(one);
    return this.open.size > 0;
  }

  private canHave(one: Waiting): boolean {
    const { state, at } = this;
    const { wants, holder } = one.request;
    let dependents: ReadonlySet<string> | undefined;
    const dependent = (): ReadonlySet<string> => (dependents ??= dependentsOf(state, holder));
    for (const want of wants) {
      const resource = resourceOf(state, want);
      refill(state, resource, at);
      if (!isFree(resource, want, holder)) return this.wakeForRate(resource, want);
    }
    return wants.every(
      (want) => aheadInTheWay(state, resourceOf(state, want), want, one, dependent) === undefined,
    );
  }

  /** Rates come back by themselves: whoever waits for one is looked at then. */
  private wakeForRate(resource: Resource, want: Request['wants'][number]): false {
    const { rule } = resource;
    if (want.kind === 'rate' && rule?.kind === 'rate') {
      const missing = want.amount - resource.left;
      const when = this.at + Math.max(1, Math.ceil((missing * rule.windowMs) / rule.most));
      if (resource.wakesAt === null || resource.wakesAt > when) {
        resource.wakesAt = when;
        this.state.touched.resources.add(resource.key);
        this.state.alarms.add(when, 0, { kind: 'rate', key: resource.key });
      }
    }
    return false;
  }

  private grant(one: Waiting): void {
    const { state, at } = this;
    const { request } = one;
    this.changed(request);
    removeWaiting(state, one);
    state.nested.delete(one);
    take(state, request, at);
    addGranted(state, {
      request,
      since: at,
      seq: ++state.seq,
      lapsesAt: request.leaseMs === null ? null : at + request.leaseMs,
    });
    const waitedMs = at - one.since;
    bookGrant(state, request, one.rank, waitedMs, at);
    this.decisions.push({
      ...{ kind: 'granted', request: request.id, at, waitedMs },
      ...{ strategy: state.policy.strategy, draw: one.draw },
    });
    // Whatever else its holder waits for is now waited for by one that has something.
    for (const other of holderOf(state, request.holder).waiting) state.nested.add(other);
    this.breakDeadlocks(request.holder);
  }

  private end(
    id: string,
    how: 'released' | 'lapsed' | 'letGo',
    spent?: Readonly<Record<string, number>>,
  ): void {
    const { state, at } = this;
    const granted = state.granted.get(id)!;
    removeGranted(state, granted);
    endGrant(state, granted, spent ?? {}, at);
    const left = state.holders.get(granted.request.holder);
    if (left !== undefined && left.granted.size === 0)
      for (const one of left.waiting) state.nested.delete(one);
    this.changed(granted.request);
    this.decisions.push({ kind: 'ended', request: id, at, how });
  }

  private leave(one: Waiting | undefined): void {
    if (one === undefined) return;
    this.takeOut(one);
    this.decisions.push({ kind: 'ended', request: one.request.id, at: this.at, how: 'cancelled' });
  }

  private giveUp(one: Waiting, why: Why): void {
    this.takeOut(one);
    this.deny(one.request, why);
  }

  private takeOut(one: Waiting): void {
    removeWaiting(this.state, one);
    this.state.nested.delete(one);
    this.changed(one.request);
  }

  private deny(request: Request, why: Why): void {
    requesterOf(this.state, request.requester).denied++;
    this.decisions.push({ kind: 'denied', request: request.id, at: this.at, why });
  }

  private changed(request: Request): void {
    for (const want of request.wants) {
      const resource = this.state.resources.get(`${want.kind}:${want.name}`);
      if (resource !== undefined && resource.line.length > 0) this.open.add(resource);
    }
  }

  private breakDeadlocks(holder: string): void {
    const { state } = this;
    if (holderOf(state, holder).granted.size > 0)
      for (const one of holderOf(state, holder).waiting) state.nested.add(one);
    for (
      let found = deadlockAround(state, holder);
      found !== undefined;
      found = deadlockAround(state, holder)
    )
      this.giveUp(found.victim, deadlockWhy(found));
  }
}

const isOf = (holder: string, name: string): boolean => holder === name || holder.startsWith(`${name}/`);
