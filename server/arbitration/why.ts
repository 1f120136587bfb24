import type { Code, CodeArgs } from '../../schemas/codes';
import { aheadInTheWay, dependentsOf, holdersInTheWay, isFree } from './blockers';
import type { Deadlock } from './deadlock';
import { refill } from './grant';
import { familyOf, resourceOf, type State, type Waiting } from './state';
import type { Reason, Request, Why } from './types';

/** So many names are told; the others are counted. */
const mostNamed = 3;

const why = (reason: Reason, code: Code, args: CodeArgs): Why => ({ reason, problem: { code, args } });

/** What nobody could ever be granted, or this requester must not have. */
export function alwaysRefused({ policy }: State, request: Request): Why | undefined {
  const refused = (resource: string, detail: string): Why =>
    why('PolicyViolation', 'arbitration.policy', { label: request.label, resource, detail });
  const seen = new Set<string>();
  for (const want of request.wants) {
    const key = `${want.kind}:${want.name}`;
    if (seen.has(key)) return refused(want.name, 'it is asked for twice in one request');
    seen.add(key);
    const rule = policy.forbidden.find(
      (one) => matches(one.requester, request.requester) && matches(one.resource, want.name),
    );
    if (rule !== undefined) return refused(want.name, rule.why);
    if (want.kind === 'lock') continue;
    if (!Number.isFinite(want.amount) || want.amount < 0)
      return refused(want.name, `${want.amount} is no amount`);
    const found = policy.rules.find(({ kind, name }) => kind === want.kind && name === want.name);
    if (found === undefined) return refused(want.name, 'there is no rule that says how much of it there is');
    if (want.kind !== 'budget' && want.amount > found.most)
      return refused(want.name, `${want.amount} is more than there is at all (${found.most})`);
  }
  return undefined;
}

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** The budget a request would overdraw as things stand. */
export function costExceeded(state: State, request: Request, at: number): Why | undefined {
  for (const want of request.wants) {
    if (want.kind !== 'budget') continue;
    const resource = resourceOf(state, want);
    refill(state, resource, at);
    const most = resource.rule?.most ?? 0;
    if (resource.used + want.amount <= most) continue;
    const args = {
      label: request.label,
      resource: want.name,
      amount: want.amount,
      used: round(resource.used),
      most,
    };
    return why('CostExceeded', 'arbitration.costExceeded', args);
  }
  return undefined;
}

/** What a waiting request waits for, the hardest first: holders, then time, then those before it. */
export function whyWaiting(state: State, one: Waiting, at: number): Why {
  const { request } = one;
  const { label, holder } = request;
  for (const want of request.wants) {
    const holders = holdersInTheWay(resourceOf(state, want), want, holder);
    if (holders.length > 0)
      return why('ResourceUnavailable', 'arbitration.unavailable', {
        ...{ label, resource: want.name },
        holders: named(holders),
      });
  }
  for (const want of request.wants) {
    const resource = resourceOf(state, want);
    if (want.kind === 'rate' && resource.rule?.kind === 'rate' && !isFree(resource, want, holder)) {
      const seconds = Math.ceil(
        ((want.amount - resource.left) * resource.rule.windowMs) / resource.rule.most / 1000,
      );
      return why('RateLimited', 'arbitration.rateLimited', {
        label,
        resource: want.name,
        most: resource.rule.most,
        seconds,
      });
    }
  }
  const dependents = (): ReadonlySet<string> => dependentsOf(state, holder);
  for (const want of request.wants) {
    const ahead = aheadInTheWay(state, resourceOf(state, want), want, one, dependents);
    if (ahead !== undefined)
      return why('LowerPriority', 'arbitration.lowerPriority', {
        ...{ label, resource: want.name },
        ...{ ahead: ahead.request.label, waitedSeconds: Math.round((at - one.since) / 1000) },
      });
  }
  const names = request.wants.map(({ name }) => name).join(', ');
  return why('ResourceUnavailable', 'arbitration.unavailable', { label, resource: names, holders: '—' });
}

export function timedOut({ request, since }: Waiting, at: number): Why {
  const resource = request.wants.map(({ name }) => name).join(', ');
  return why('Timeout', 'arbitration.timeout', {
    ...{ label: request.label, resource },
    seconds: Math.round((at - since) / 1000),
  });
}

export function deadlockWhy({ cycle, victim }: Deadlock): Why {
  const { request } = victim;
  const resource = request.wants.map(({ name }) => name).join(', ');
  return {
    ...why('Deadlock', 'arbitration.deadlock', { label: request.label, resource, cycle: cycle.join(' → ') }),
    cycle,
  };
}

/** Its place in the longest line it stands in; 1 is next. */
export function positionOf(state: State, one: Waiting): number {
  let place = 0;
  for (const want of one.request.wants)
    if (want.kind !== 'budget') place = Math.max(place, resourceOf(state, want).line.placeOf(one));
  return place + 1;
}

/** How long it may take: the turns before it by how long one takes on the average. Null where nothing is known. */
export function estimateOf(state: State, one: Waiting): number | null {
  let most: number | null = null;
  for (const want of one.request.wants) {
    const { line, holders, rule } = resourceOf(state, want);
    const heldMs = state.heldMs.get(familyOf(want));
    if (want.kind === 'budget' || want.kind === 'rate' || heldMs === undefined) continue;
    const beside = want.kind === 'room' ? Math.max(1, (rule?.most ?? 1) / Math.max(1, want.amount)) : 1;
    const turns = (line.placeOf(one) + Math.min(1, holders.size)) / beside;
    most = Math.max(most ?? 0, Math.round(turns * heldMs));
  }
  return most;
}

function named(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return [...names].sort().slice(0, mostNamed).join(', ') + (more > 0 ? `, +${more}` : '');
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;
