import { foldAll, type NodeFold, type RunFold } from '../../server/engine';
import { stableStringify, type Json } from '../../server/base';
import type { Life } from './life';
import type { World } from './world';

/** The engine's live state of each run must be what a fold of the journal gives. */
export function compareStates(world: World, life: Life): void {
  const { engine, journal } = life;
  if (!engine || !journal || life.appending > 0 || !life.isAlive() || world.hasFaultyDisk) return;
  for (const run of journal.runs()) {
    const live = engine.state(run);
    if (!live) continue;
    const [shown, folded] = [textOf(live), textOf(foldAll(journal.read(run))!)];
    if (shown !== folded)
      world.model.fail('live state differs from the fold', `${run}: ${difference(shown, folded)}`);
  }
}

function textOf({ nodes, ...run }: RunFold): string {
  const { seq, state, generation, problem, endedAt, outputs, questions, decisions, spent } = run;
  const plain = { seq, state, generation, problem, endedAt, outputs, questions, decisions, spent };
  return stableStringify(plainOf({ ...plain, nodes: [...nodes.values()].map(factsOf) }));
}

const factsOf = ({ id, state, attempt, startedAt, endedAt, ...rest }: NodeFold) => {
  const { output, problem, skipped, steps, params, spent } = rest;
  return { id, state, attempt, startedAt, endedAt, output, problem, skipped, steps, params, spent };
};

/** A value with its maps and sets as lists. */
function plainOf(value: unknown): Json {
  if (value instanceof Map) return [...value].map((entry) => plainOf(entry));
  if (value instanceof Set) return [...value].map((entry) => plainOf(entry));
  if (Array.isArray(value)) return value.map((entry) => plainOf(entry));
  if (typeof value !== 'object' || value === null) return (value ?? null) as Json;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainOf(inner)]));
}

function difference(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return `live “…${one.slice(Math.max(0, at - 60), at + 40)}”, folded “…${other.slice(Math.max(0, at - 60), at + 40)}”`;
}
