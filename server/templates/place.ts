import type { PathStep, Placeholder } from '../../schemas/template';
import type { Json } from '../base';
import { evaluateExpression } from '../melody';

/** Names that mean something to objects themselves; no way goes through them. */
const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

type Branch = Record<string, unknown> | unknown[];

/**
 * Puts `value` at the end of a way into `document`, which is changed. Every step but the last must lead to an
 * object or list that is there. Gives the step that leads nowhere, or undefined when the value is in its place.
 */
export function putAt(document: Branch, path: readonly PathStep[], value: Json): PathStep | undefined {
  let at: Branch = document;
  for (const step of path.slice(0, -1)) {
    const key = keyOf(at, step);
    const next: unknown = key === undefined || !Object.hasOwn(at, key) ? undefined : at[key as never];
    if (typeof next !== 'object' || next === null) return step;
    at = next as Branch;
  }
  const last = path.at(-1)!;
  const key = keyOf(at, last);
  if (key === undefined) return last;
  at[key as never] = value as never;
  return undefined;
}

/** The key or index a step means here; undefined where it means none. */
function keyOf(at: Branch, step: PathStep): string | number | undefined {
  if (typeof step === 'string') return Array.isArray(at) || forbidden.has(step) ? undefined : step;
  if (!Array.isArray(at)) return undefined;
  // A list is not made longer: what stands behind its end is a mistake.
  if (typeof step === 'number') return step < at.length ? step : undefined;
  const [field, wanted] = 'id' in step ? (['id', step.id] as const) : (['name', step.name] as const);
  const index = at.findIndex((item) => (item as Record<string, unknown> | null)?.[field] === wanted);
  return index === -1 ? undefined : index;
}

/** A step as people read it. */
export const stepText = (step: PathStep): string =>
  typeof step === 'object' ? ('id' in step ? `id ${step.id}` : `name ${step.name}`) : String(step);

/** What becomes of a value on its way into the Melody. Throws the problems of expressions. */
export function transformed(how: Placeholder['transform'], value: Json): Json {
  if (how === undefined) return value;
  const list = (): readonly Json[] => {
    if (Array.isArray(value)) return value as readonly Json[];
    throw new Error(`${how.op} needs a list`);
  };
  switch (how.op) {
    case 'value':
      return evaluateExpression(how.of, 'item', { item: value });
    case 'map':
      return list().map((item) => evaluateExpression(how.each, 'item', { item }));
    case 'filter':
      return list().filter((item) => evaluateExpression(how.keep, 'keep', { item }) === true);
    case 'reduce':
      return list().reduce(
        (total: Json, item) => evaluateExpression(how.next, 'reduce', { total, item }),
        how.initial as Json,
      );
    case 'flatten':
      return list().flatMap((item) => (Array.isArray(item) ? (item as readonly Json[]) : [item]));
    case 'pick': {
      let at: Json | undefined = value;
      for (const step of how.path)
        at =
          typeof at === 'object' && at !== null && Object.hasOwn(at, step)
            ? (at as Readonly<Record<string | number, Json>>)[step]
            : undefined;
      if (at === undefined) throw new Error(`there is no ${how.path.join('.')} in it`);
      return at;
    }
  }
}

/** A deep copy of a value of JSON. */
export const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
