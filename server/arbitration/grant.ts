import { familyOf, resourceOf, type Granted, type Resource, type State } from './state';
import type { Request } from './types';

/** How much the newest time counts in the average of how long a resource is held. */
const newest = 0.2;
const mostFamilies = 200;

/** Counts what came back of a rate, and begins a new window of a budget. */
export function refill(state: State, resource: Resource, at: number): void {
  const { rule } = resource;
  if (rule?.kind === 'budget') {
    const window = windowOf(rule.windowMs, at);
    if (resource.countedAt === window) return;
    resource.countedAt = window;
    resource.used = 0;
  } else if (rule?.kind === 'rate') {
    if (resource.countedAt === at) return;
    const passed = resource.countedAt < 0 ? rule.windowMs : at - resource.countedAt;
    resource.left = Math.min(rule.most, resource.left + (passed * rule.most) / rule.windowMs);
    resource.countedAt = at;
  } else return;
  state.touched.resources.add(resource.key);
}

export const windowOf = (windowMs: number, at: number): number => Math.floor(at / windowMs);

/** Uses up what a granted request takes of budgets and rates. */
export function take(state: State, request: Request, at: number): void {
  for (const want of request.wants) {
    if (want.kind !== 'budget' && want.kind !== 'rate') continue;
    const resource = resourceOf(state, want);
    refill(state, resource, at);
    if (want.kind === 'budget') resource.used += want.amount;
    else resource.left -= want.amount;
    state.touched.resources.add(resource.key);
  }
}

/** Learns from how long it was held, and puts right what was really spent in this window. */
export function endGrant(
  state: State,
  { request, since }: Granted,
  spent: Readonly<Record<string, number>>,
  at: number,
): void {
  for (const want of request.wants) {
    const heldMs = at - since;
    const family = familyOf(want);
    const before = state.heldMs.get(family);
    if (before !== undefined || state.heldMs.size < mostFamilies) {
      state.heldMs.set(family, before === undefined ? heldMs : before * (1 - newest) + heldMs * newest);
      state.touched.families.add(family);
    }
    if (want.kind !== 'budget' || !Object.hasOwn(spent, want.name)) continue;
    const resource = resourceOf(state, want);
    if (resource.rule?.kind !== 'budget') continue;
    refill(state, resource, at);
    const reserved = windowOf(resource.rule.windowMs, since) === resource.countedAt ? want.amount : 0;
    resource.used = Math.max(0, resource.used + spent[want.name]! - reserved);
    state.touched.resources.add(resource.key);
  }
}
