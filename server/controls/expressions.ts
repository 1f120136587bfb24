import type { Transform } from '../../schemas/melody';
import { problem, type Json } from '../base';
import type { Expressions } from '../engine';
import {
  checkValue,
  kindOfValue,
  newPurse,
  prepareExpression,
  type PreparedExpression,
  type Scope,
} from '../melody';

/** Expressions kept understood; a workflow has seldom more that differ. */
const mostKept = 2000;

/**
 * The language of conditions and transforms for the engine. Each expression is understood once; each condition and
 * each transform as a whole has a budget of steps. Throws `melody.expressionFailed`, `melody.expressionBudget` and
 * `melody.transformFailed`.
 */
export function expressionsOf(): Expressions {
  const kept = new Map<string, PreparedExpression>();
  const prepared = (scope: Scope, text: string): PreparedExpression => {
    const key = `${scope} ${text}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = prepareExpression(text, scope);
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
    kept.set(key, made);
    return made;
  };
  return {
    condition: (scope, text, values) => yesOrNo(text, prepared(scope, text)(values, newPurse())),
    transform: (how, value) => transformed(how, value, prepared),
    misfit: checkValue,
  };
}

function yesOrNo(expression: string, result: Json): boolean {
  if (typeof result === 'boolean') return result;
  const detail = `it gives ${kindOfValue(result)}, but yes or no is asked`;
  throw problem('melody.expressionFailed', { expression, detail });
}

function transformed(
  how: Transform,
  value: Json,
  prepared: (scope: Scope, text: string) => PreparedExpression,
): Json {
  const purse = newPurse();
  switch (how.op) {
    case 'map': {
      const each = prepared('item', how.each);
      return listOf(how, value).map((item) => each({ item }, purse));
    }
    case 'filter': {
      const keep = prepared('keep', how.keep);
      return listOf(how, value).filter((item) => yesOrNo(how.keep, keep({ item }, purse)));
    }
    case 'reduce': {
      const next = prepared('reduce', how.next);
      return listOf(how, value).reduce((total, item) => next({ total, item }, purse), how.initial as Json);
    }
    case 'flatten':
      return listOf(how, value).flat();
    case 'pick':
      return how.path.reduce((part: Json, key) => partOf(part, key), value);
  }
}

function listOf({ op }: Transform, value: Json): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw problem('melody.transformFailed', { op, detail: `it needs a list, but got ${kindOfValue(value)}` });
}

/** What stands at a key or an index; what is inherited does not count. */
function partOf(value: Json, key: string | number): Json {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, key)) {
    const part = (value as Readonly<Record<string | number, Json>>)[key];
    if (part !== undefined && !(Array.isArray(value) && typeof key === 'string')) return part;
  }
  const detail = `${kindOfValue(value)} has no ${typeof key === 'number' ? `[${key}]` : `“${key}”`}`;
  throw problem('melody.transformFailed', { op: 'pick', detail });
}
