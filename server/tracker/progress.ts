import type { DetailState, NodeDetail, RunProgressView } from '../../schemas/wire/execution';
import { outlookOf, type NodeFold, type NodeOutlook, type RunFold } from '../engine';
import type { Durations } from './durations';
import { timeLeft, type Ahead } from './eta';

/** A node as views show it. */
interface Looked {
  readonly node: NodeFold;
  readonly outlook: NodeOutlook;
  readonly state: DetailState;
}

/** Where a run stands at `now` (milliseconds since the epoch): every node of it that is part of its way. */
export function nodesOf(run: RunFold, now: number): NodeDetail[] {
  return look(run, now).map(({ node, outlook, state }) => ({
    id: node.id,
    kind: node.definition.kind,
    title: node.definition.title,
    state,
    skipped: node.skipped,
    attempts: node.attempt,
    startedAt: node.startedAt,
    endedAt: node.endedAt,
    waitedMs: outlook.waitedMs,
    spent: node.spent,
    group: outlook.group,
    round: outlook.round,
    problem: node.problem,
  }));
}

/**
 * How far a run is. Counts are over all nodes there are, those of rounds once their round began; standbys that
 * nothing called are no part of it. The percentage is that of the nodes of the top level that ended well, where a
 * group counts by its share: 3 of 10 nodes are 30.
 */
export function progressOf(run: RunFold, durations: Durations, now: number): RunProgressView {
  const looked = look(run, now);
  const counts = {
    completed: 0,
    failed: 0,
    running: 0,
    waiting: 0,
    pending: 0,
    queued: 0,
    skipped: 0,
    cancelled: 0,
  };
  for (const { state } of looked) counts[state]++;
  const rounds = roundsOf(looked);
  const top = looked.filter(({ outlook }) => outlook.group === null);
  const share = top.reduce((sum, one) => sum + shareOf(one, rounds), 0);
  const eta = etaOf(run, top, rounds, durations, now);
  return {
    total: looked.length,
    ...counts,
    // What is left over by adding up thirds must not hide a percent.
    percentage: run.state === 'completed' ? 100 : Math.floor((share / Math.max(1, top.length)) * 100 + 1e-9),
    etaMs: eta && Math.round(eta.half),
    etaMostMs: eta && Math.round(eta.most),
  };
}

function look(run: RunFold, now: number): Looked[] {
  const looked: Looked[] = [];
  for (const node of run.nodes.values()) {
    const outlook = outlookOf(run, node.id, now)!;
    if (outlook.isIdleStandby) continue;
    looked.push({ node, outlook, state: outlook.isQueued ? 'queued' : node.state });
  }
  return looked;
}

/** The nodes inside each group by its rounds. */
type Rounds = ReadonlyMap<string, readonly (readonly Looked[])[]>;

function roundsOf(looked: readonly Looked[]): Rounds {
  const rounds = new Map<string, Looked[][]>();
  for (const one of looked) {
    const { group, round } = one.outlook;
    if (group === null) continue;
    const ofGroup = rounds.get(group) ?? [];
    rounds.set(group, ofGroup);
    (ofGroup[round - 1] ??= []).push(one);
  }
  return rounds;
}

/** How much of a node is done, 0–1. Of a list its items, of a loop the rounds it may have. */
function shareOf({ node, outlook }: Looked, rounds: Rounds): number {
  if (node.state === 'completed' || node.state === 'skipped') return 1;
  const begun = rounds.get(node.id)?.slice(outlook.firstRound - 1);
  const { body } = node.definition;
  if (!begun || !body || node.state === 'pending') return 0;
  const expected = outlook.items ?? (body.mode === 'loop' ? (body.most ?? 1) : 1);
  const done = begun.reduce(
    (sum, round) => sum + round.reduce((part, one) => part + shareOf(one, rounds), 0) / round.length,
    0,
  );
  return Math.min(1, done / Math.max(1, expected));
}

function etaOf(run: RunFold, top: readonly Looked[], rounds: Rounds, durations: Durations, now: number) {
  if (run.state === 'completed') return { half: 0, most: 0 };
  if (run.endedAt !== null) return null;
  const level = top.map((one) => aheadOf(one, rounds, now));
  return timeLeft(level, run.workflow.limits, durations) ?? null;
}

/** The nodes of the top level, and what is ahead of each. */
export function topLevel(run: RunFold, now: number): readonly (Looked & { readonly ahead: Ahead })[] {
  const looked = look(run, now);
  const rounds = roundsOf(looked);
  return looked
    .filter(({ outlook }) => outlook.group === null)
    .map((one) => ({ ...one, ahead: aheadOf(one, rounds, now) }));
}

function aheadOf({ node, outlook, state: own }: Looked, rounds: Rounds, now: number): Ahead {
  const isOver = (state: DetailState) =>
    state === 'completed' || state === 'skipped' || state === 'cancelled' || state === 'failed';
  const begun = rounds.get(node.id)?.slice(outlook.firstRound - 1) ?? [];
  const done = begun.filter((round) => round.every((one) => isOver(one.state)));
  return {
    definition: node.definition,
    isDone: isOver(own),
    workedMs:
      node.startedAt !== null && node.endedAt === null
        ? Math.max(0, now - node.startedAt - outlook.waitedMs)
        : undefined,
    itemsLeft: outlook.items === undefined ? undefined : Math.max(0, outlook.items - done.length),
  };
}
