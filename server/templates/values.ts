import { RE2JS } from 're2js';
import type { Problem } from '../../schemas/codes';
import type { Code } from '../../schemas/codes';
import { modelId, relativePath } from '../../schemas/wire/common';
import type { Constraints, Parameter } from '../../schemas/template';
import type { Json } from '../base';
import { checkExpression } from '../melody';

/** Longer values are cut in messages. */
const shown = 80;

/**
 * What is wrong with a value of a parameter: its type first, then its constraints, in the order of the
 * schema; undefined when nothing is. One problem at most, the one to correct first.
 */
export function checkValue(parameter: Parameter, value: Json): Problem | undefined {
  const tell = (code: Code, args: Problem['args'] = {}): Problem => ({
    code,
    args: { parameter: parameter.name, ...args },
  });
  const expected = misfit(parameter, value);
  if (expected !== undefined) return tell('template.valueType', { expected, actual: kindOf(value) });
  if (parameter.type === 'expression') {
    // Which names an expression may speak of depends on where it goes; a loop's is the widest scope.
    const faults = (['loop', 'edge', 'item'] as const).map((scope) =>
      checkExpression(value as string, scope),
    );
    if (!faults.includes(undefined)) return tell('template.valueExpression', { detail: faults[0]!.detail });
  }
  const { constraints = {} } = parameter;
  return (
    ofChoice(constraints, value, tell) ??
    ofSize(constraints, value, tell) ??
    ofPattern(constraints, value, tell)
  );
}

/** Why a pattern cannot be used; undefined when it can. */
export function patternFault(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

type Tell = (code: Code, args?: Problem['args']) => Problem;

/** What the value should have been, or undefined where it is of the parameter's type. */
function misfit(parameter: Parameter, value: Json): string | undefined {
  const say = (fits: boolean, expected: string) => (fits ? undefined : expected);
  switch (parameter.type) {
    case 'text':
    case 'expression':
      return say(typeof value === 'string', 'a text');
    case 'integer':
      return say(Number.isSafeInteger(value), 'a whole number');
    case 'number':
      return say(typeof value === 'number' && Number.isFinite(value), 'a number');
    case 'boolean':
      return say(typeof value === 'boolean', 'true or false');
    case 'enum':
      return say(value !== null && typeof value !== 'object', 'one of its choices');
    case 'object':
      return say(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object');
    case 'model':
      return say(value === 'default' || modelId.safeParse(value).success, 'a model as provider/name');
    case 'path':
      return say(relativePath.safeParse(value).success, 'a path below the workspace folder');
    case 'list': {
      if (!Array.isArray(value)) return 'a list';
      const item: Parameter = {
        name: parameter.name,
        label: parameter.label,
        type: parameter.items ?? 'text',
      };
      const wrong = value.map((one: Json) => misfit(item, one)).find((one) => one !== undefined);
      return wrong === undefined ? undefined : `a list of which each is ${wrong}`;
    }
  }
}

function ofChoice({ oneOf }: Constraints, value: Json, tell: Tell): Problem | undefined {
  if (oneOf === undefined) return undefined;
  const known = oneOf.map((one) => JSON.stringify(one));
  const chosen = Array.isArray(value) ? (value as readonly Json[]) : [value];
  const stranger = chosen.find((one) => !known.includes(JSON.stringify(one)));
  if (stranger === undefined) return undefined;
  return tell('template.valueOneOf', { found: brief(stranger), known: known.join(', ') });
}

function ofSize(limits: Constraints, value: Json, tell: Tell): Problem | undefined {
  const outside = (
    found: number,
    least: number | undefined,
    most: number | undefined,
    low: Code,
    high: Code,
  ) =>
    least !== undefined && found < least
      ? tell(low, { found, least })
      : most !== undefined && found > most
        ? tell(high, { found, most })
        : undefined;
  if (typeof value === 'number')
    return outside(value, limits.min, limits.max, 'template.valueSmall', 'template.valueGreat');
  if (typeof value === 'string')
    return outside(
      value.length,
      limits.minLength,
      limits.maxLength,
      'template.valueShort',
      'template.valueLong',
    );
  if (Array.isArray(value))
    return outside(value.length, limits.minItems, limits.maxItems, 'template.valueFew', 'template.valueMany');
  return undefined;
}

/** Patterns come from files of others: RE2 takes time in proportion to the text, whatever the pattern. */
function ofPattern({ pattern }: Constraints, value: Json, tell: Tell): Problem | undefined {
  if (pattern === undefined) return undefined;
  const texts = (Array.isArray(value) ? (value as readonly Json[]) : [value]).filter(
    (one) => typeof one === 'string',
  );
  const compiled = RE2JS.compile(pattern);
  const stranger = texts.find((text) => !compiled.matches(text));
  return stranger === undefined
    ? undefined
    : tell('template.valuePattern', { found: brief(stranger), pattern });
}

function kindOf(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `“${brief(value)}”` : String(value);
}

function brief(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > shown ? `${text.slice(0, shown - 1)}…` : text;
}
