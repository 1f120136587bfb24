import type { PitRow } from '../../schemas/wire/pit';
import type { ServiceReport } from '../base';
import { fairnessOf } from './fairness';
import type { Resource, State } from './state';
import { positionOf, whyWaiting } from './why';

/** Rows of a report at most. */
const mostRows = 100;

/** What others have to show beside locks: merges and forecasts, by the holder they end with. */
export class Shown {
  private readonly rows = new Map<string, { readonly holder: string; readonly row: PitRow }>();

  constructor(private readonly changed: () => void) {}

  /** Shows or replaces a row; of too many the oldest goes. */
  put(holder: string, row: PitRow): void {
    this.rows.delete(row.id);
    this.rows.set(row.id, { holder, row });
    if (this.rows.size > mostRows) for (const id of this.rows.keys()) return void this.rows.delete(id);
    this.changed();
  }

  remove(id: string): void {
    if (this.rows.delete(id)) this.changed();
  }

  forget(holder: string): void {
    for (const [id, { holder: of }] of this.rows)
      if (of === holder || of.startsWith(`${holder}/`)) this.rows.delete(id);
    this.changed();
  }

  /** The newest first. */
  list(): PitRow[] {
    return [...this.rows.values()].map(({ row }) => row).reverse();
  }
}

/** What arbitration shows of itself. */
export function reportOf(state: State, at: number, shown: Shown, deadlocks: number): ServiceReport {
  const { gini, meanWaitMs, longestWaitMs } = fairnessOf(state, at);
  let granted = 0;
  let denied = 0;
  for (const one of state.requesters.values()) {
    granted += one.granted;
    denied += one.denied;
  }
  const others = shown.list();
  const count = (name: string): number => others.filter(({ state: of }) => of === name).length;
  return {
    totals: {
      waiting: state.waiting.size,
      held: state.granted.size,
      granted,
      denied,
      deadlocks,
      gini: Math.round(gini * 1000) / 1000,
      meanWaitMs: Math.round(meanWaitMs),
      longestWaitMs,
      collisions: count('collision'),
      merges: count('merging'),
    },
    rows: [...waitingRows(state, at), ...resourceRows(state), ...others].slice(0, mostRows),
  };
}

function waitingRows(state: State, at: number): PitRow[] {
  const rows: PitRow[] = [];
  for (const one of state.waiting.values()) {
    if (rows.length >= mostRows / 2) break;
    const { request, since } = one;
    const { reason, problem } = whyWaiting(state, one, at);
    const { holders, ahead } = problem.args;
    rows.push({
      id: request.id,
      label: request.label,
      state: 'waiting',
      facts: {
        reason,
        ...{ resource: problem.args['resource'] ?? null, holders: holders ?? ahead ?? null },
        ...{ position: positionOf(state, one), waitedMs: at - since, requester: request.requester },
      },
    });
  }
  return rows;
}

function resourceRows(state: State): PitRow[] {
  const rows: PitRow[] = [];
  for (const resource of state.resources.values()) {
    if (rows.length >= mostRows) break;
    const { key, name, kind, holders, line, rule } = resource;
    if (kind === 'lock' && holders.size === 0) continue;
    rows.push({
      id: key,
      label: name,
      state: line.length > 0 ? 'wanted' : holders.size > 0 ? 'held' : 'free',
      facts: {
        ...{ kind, mode: kind === 'lock' ? modeOf(resource) : null },
        ...{ holders: [...holders.keys()].slice(0, 3).join(', '), waiting: line.length },
        ...(kind === 'lock'
          ? {}
          : {
              used: kind === 'rate' ? (rule?.most ?? 0) - resource.left : resource.used,
              most: rule?.most ?? 0,
            }),
      },
    });
  }
  return rows;
}

const modeOf = ({ holders }: Resource): string =>
  [...holders.values()].some(({ exclusive }) => exclusive > 0) ? 'exclusive' : 'shared';
