import {
  addGranted,
  addWaiting,
  emptyState,
  resourceOf,
  type Granted,
  type Requester,
  type State,
  type Waiting,
} from './state';
import type { Policy, Want } from './types';

/** A state as plain values, so that it can be kept and compared. Lines and books follow from it. */
export interface Snapshot {
  readonly totals: Pick<State, 'seq' | 'turn' | 'recent' | 'recentAt' | 'seed'>;
  readonly waiting: readonly Waiting[];
  readonly granted: readonly Granted[];
  readonly requesters: readonly Requester[];
  readonly resources: readonly Kept[];
  readonly heldMs: readonly (readonly [string, number])[];
}

/** What is known of a resource beyond who has it and who waits for it. */
export interface Kept {
  readonly kind: Want['kind'];
  readonly name: string;
  readonly used: number;
  readonly countedAt: number;
  readonly left: number;
  readonly wakesAt: number | null;
}

export function snapshotOf(state: State): Snapshot {
  return {
    totals: totalsOf(state),
    waiting: [...state.waiting.values()].sort((a, b) => a.seq - b.seq),
    granted: [...state.granted.values()].sort((a, b) => a.seq - b.seq).map((one) => ({ ...one })),
    requesters: [...state.requesters.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((one) => ({ ...one })),
    resources: [...state.resources.values()]
      .map(({ key }) => keptOf(state, key))
      .filter((kept) => kept !== undefined)
      .sort((a, b) => (a.kind + a.name < b.kind + b.name ? -1 : 1)),
    heldMs: [...state.heldMs].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

export const totalsOf = ({ seq, turn, recent, recentAt, seed }: State): Snapshot['totals'] => ({
  ...{ seq, turn, recent, recentAt, seed },
});

/** Undefined for what need not be kept: who has locks and room follows from the grants. */
export function keptOf(state: State, key: string): Kept | undefined {
  const found = state.resources.get(key);
  if (found === undefined || found.kind === 'lock' || found.kind === 'room') return undefined;
  const { kind, name, used, countedAt, left, wakesAt } = found;
  return { kind, name, used, countedAt, left, wakesAt };
}

export function restoreState(policy: Policy, { totals, ...kept }: Snapshot): State {
  const state = emptyState(policy, totals.seed);
  Object.assign(state, totals);
  for (const one of kept.requesters) state.requesters.set(one.name, { ...one });
  for (const { kind, name, ...values } of kept.resources)
    Object.assign(resourceOf(state, { kind, name }), values);
  for (const [family, value] of kept.heldMs) state.heldMs.set(family, value);
  for (const one of kept.granted) addGranted(state, { ...one });
  for (const one of kept.waiting) addWaiting(state, one);
  for (const one of state.waiting.values())
    if ((state.holders.get(one.request.holder)?.granted.size ?? 0) > 0) state.nested.add(one);
  for (const { wakesAt, key } of state.resources.values())
    if (wakesAt !== null) state.alarms.add(wakesAt, 0, { kind: 'rate', key });
  return state;
}
