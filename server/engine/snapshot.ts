import type { Json } from '../base';
import type { Flow } from './flow';
import { Scope, type NodeRecord } from './node';
import type { Variation } from './ports';

/** What of a node differs from one that was never touched. */
type NodeShot = readonly [index: number, facts: Readonly<Record<string, unknown>>];
interface ScopeShot {
  readonly left: number;
  readonly broken: string | null;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly nodes: readonly NodeShot[];
}

/** What the nodes of a run have come to, as JSON. */
export interface NodesShot {
  readonly generation: number;
  readonly top: ScopeShot;
  /** Rounds in an order in which each comes after the one it lies in. */
  readonly rounds: readonly (readonly [group: string, shot: ScopeShot])[];
  readonly ready: readonly string[];
  readonly occupied: readonly string[];
  readonly toSkip: readonly (readonly [string, 'closed' | 'disabled'])[];
  readonly dueGroups: readonly string[];
  readonly failures: readonly string[];
  readonly effects: readonly string[];
  readonly undoing: string | null;
  readonly purse: readonly [spentInAll: object, outstanding: object];
  readonly reuse: readonly (readonly [string, readonly object[]])[];
}

/** Names of the members that are plain values and may simply be copied, with the value of an untouched node. */
const plain = {
  state: 'pending',
  attempt: 0,
  startedAt: null,
  endedAt: null,
  output: undefined,
  problem: null,
  skipped: null,
  grant: undefined,
  grantLeft: undefined,
  inputHash: undefined,
  variation: 'same' satisfies Variation,
  edited: undefined,
  tries: 0,
  resumptions: 0,
  waited: 0,
  waitsSince: undefined,
  readyAt: 0,
  open: 0,
  settled: false,
  forgets: false,
} as const;
type Plain = keyof typeof plain;
const plainNames = Object.keys(plain) as Plain[];

const idsOf = (nodes: Iterable<NodeRecord>): string[] => Array.from(nodes, ({ id }) => id);

/** Takes down what the nodes have come to. */
export function shotOf(
  all: Flow & { readonly generation: number; readonly reuse: { all(): NodesShot['reuse'] } },
): NodesShot {
  const rounds: (readonly [string, ScopeShot])[] = [];
  const scopes = [all.top];
  for (const scope of scopes)
    for (const node of scope.records)
      for (const round of node.rounds) {
        scopes.push(round);
        rounds.push([node.id, scopeShot(round)]);
      }
  return {
    generation: all.generation,
    top: scopeShot(all.top),
    rounds,
    ready: idsOf(all.places.readyNodes()),
    occupied: idsOf(all.places.occupied),
    toSkip: Array.from(all.toSkip, ([{ id }, reason]) => [id, reason] as const),
    dueGroups: idsOf(all.dueGroups),
    failures: idsOf(all.failures),
    effects: idsOf(all.effects),
    undoing: all.undoing?.id ?? null,
    purse: all.purse.shot(),
    reuse: all.reuse.all(),
  };
}

function scopeShot({ left, broken, inputs, records }: Scope): ScopeShot {
  const nodes: NodeShot[] = [];
  for (const record of records) {
    const facts = factsOf(record);
    if (facts) nodes.push([record.index, facts]);
  }
  return { left, broken: broken?.id ?? null, inputs, nodes };
}

function factsOf(node: NodeRecord): Readonly<Record<string, unknown>> | undefined {
  const facts: Record<string, unknown> = {};
  for (const name of plainNames) if (node[name] !== plain[name]) facts[name] = node[name];
  if (node.unsettled !== node.scope.level.waysIn[node.index]) facts['unsettled'] = node.unsettled;
  if (node.steps.size > 0) facts['steps'] = [...node.steps];
  if (Object.keys(node.spent).length > 0) facts['spent'] = node.spent;
  if (node.shut) facts['shut'] = [...node.shut];
  if (node.group) {
    const { broken, items, ...rest } = node.group;
    facts['group'] = { ...rest, items: items ?? null, broken: broken?.id ?? null };
  }
  if (node.calledBy) facts['calledBy'] = [node.calledBy.node.id, node.calledBy.as];
  return Object.keys(facts).length > 0 ? facts : undefined;
}

/** Brings untouched nodes to what a shot of them says. */
export function bringTo(
  all: Flow & { generation: number; reuse: { load(known: NodesShot['reuse']): void } },
  shot: NodesShot,
): void {
  all.places.clear();
  all.toSkip.clear();
  all.dueGroups.clear();
  const shots: (readonly [Scope, ScopeShot])[] = [[all.top, shot.top]];
  for (const [id, inner] of shot.rounds) {
    const node = all.of(id);
    const scope = new Scope(
      node.scope.level.body(node.index),
      `${id}[${node.rounds.length + 1}]/`,
      node,
      node.rounds.length + 1,
      inner.inputs,
    );
    node.addRound(scope);
    for (const record of scope.records) all.records.set(record.id, record);
    shots.push([scope, inner]);
  }
  for (const [scope, { left, broken, nodes }] of shots) {
    scope.left = left;
    scope.broken = broken === null ? undefined : all.of(broken);
    for (const [index, facts] of nodes) bringNodeTo(all, scope.records[index]!, facts);
  }
  for (const id of shot.occupied) all.places.take(all.of(id));
  for (const id of shot.ready) all.places.ready(all.of(id), all.of(id).readyAt);
  for (const [id, reason] of shot.toSkip) all.toSkip.set(all.of(id), reason);
  for (const id of shot.dueGroups) all.dueGroups.add(all.of(id));
  for (const id of shot.failures) all.failures.add(all.of(id));
  for (const id of shot.effects) all.effects.push(all.of(id));
  all.undoing = shot.undoing === null ? undefined : all.of(shot.undoing);
  all.generation = shot.generation;
  all.purse.load(shot.purse);
  all.reuse.load(shot.reuse);
}

function bringNodeTo(all: Flow, node: NodeRecord, facts: NodeShot[1]): void {
  const { unsettled, steps, spent, shut, group, calledBy, ...rest } = facts;
  // JSON gives back what `factsOf` took down.
  Object.assign(node, rest);
  if (unsettled !== undefined) node.unsettled = unsettled as number;
  if (steps) node.steps = new Map(steps as [string, Json][]);
  if (spent) node.spent = spent;
  if (shut) node.shut = new Set(shut as number[]);
  if (group) {
    const { broken, items, ...counts } = group as {
      first: number;
      open: number;
      busy: number;
      items: number | null;
      broken: string | null;
    };
    node.group = {
      ...counts,
      items: items ?? undefined,
      broken: broken === null ? undefined : all.of(broken),
    };
  }
  if (calledBy) {
    const [id, as] = calledBy as [string, 'fallback' | 'compensation'];
    node.calledBy = { node: all.of(id), as };
  }
}

/** Everything the fold of a run's events has come to, as JSON; what its first event says is not said again. */
export interface RunShot {
  readonly version: 1;
  readonly run: Readonly<Record<string, unknown>>;
  readonly nodes: NodesShot;
}
