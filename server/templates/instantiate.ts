import type { Melody } from '../../schemas/melody';
import type { Problem } from '../../schemas/codes';
import type { Template } from '../../schemas/template';
import { problemOf, type Json } from '../base';
import { validateValue, type Finding } from '../melody';
import { copied, putAt, stepText, transformed } from './place';
import { checkValue } from './values';

export type Values = Readonly<Record<string, Json>>;

/** What became of a template with values. */
export interface Instance {
  /** The Melody with every place filled and without errors; undefined when there are problems or errors. */
  readonly melody: Melody | undefined;
  /** Defaults that were taken because no value was given, by parameter. */
  readonly defaults: Values;
  /** At most one for each parameter, in the order of the template, then one for each name that is none. */
  readonly problems: readonly { readonly parameter: string; readonly problem: Problem }[];
  /** What checking the Melody found. */
  readonly findings: readonly Finding[];
}

/**
 * Makes a Melody of a template. Values that are not given take their defaults; a parameter with neither leaves
 * what the Melody says. Never throws on values or templates; equal input gives equal Melodies.
 */
export function instantiate(template: Template, values: Values): Instance {
  const problems: { parameter: string; problem: Problem }[] = [];
  const defaults: Record<string, Json> = {};
  const chosen = new Map<string, Json>();
  for (const parameter of template.parameters) {
    const { name } = parameter;
    const given = Object.hasOwn(values, name) ? values[name] : undefined;
    const value = given ?? (parameter.default as Json | undefined);
    if (value === undefined || value === null) {
      if (parameter.required === true)
        problems.push({
          parameter: name,
          problem: { code: 'template.valueMissing', args: { parameter: name } },
        });
      continue;
    }
    const problem = checkValue(parameter, value);
    if (problem !== undefined) problems.push({ parameter: name, problem });
    else chosen.set(name, value);
    if (given === undefined || given === null) defaults[name] = value;
  }
  const known = template.parameters.map(({ name }) => name);
  for (const name of Object.keys(values))
    if (!known.includes(name)) {
      const args = { parameter: name, known: known.join(', ') || '–' };
      problems.push({ parameter: name, problem: { code: 'template.valueUnknown', args } });
    }
  if (problems.length > 0) return { melody: undefined, defaults, problems, findings: [] };

  const document = copied(template.melody);
  for (const { parameter, path, transform } of template.placeholders) {
    const value = chosen.get(parameter);
    if (value === undefined) continue;
    const detail = put(document, path, () => transformed(transform, value));
    if (detail === undefined) continue;
    const args = { parameter, detail };
    problems.push({ parameter, problem: { code: 'template.valueTransform', args } });
  }
  if (problems.length > 0)
    return { melody: undefined, defaults, problems: onePerParameter(problems), findings: [] };
  const { melody, findings } = validateValue(document, `${template.id}.melody.json`);
  return { melody, defaults, problems, findings };
}

/** Why a value did not get to its place; undefined when it did. */
function put(
  document: Record<string, unknown>,
  path: Template['placeholders'][number]['path'],
  make: () => Json,
): string | undefined {
  try {
    // Two places never share one list: what is done to the one must not be done to the other.
    const nowhere = putAt(document, path, copied(make()));
    return nowhere === undefined ? undefined : `the way leads nowhere at ${stepText(nowhere)}`;
  } catch (thrown) {
    const { code, args } = problemOf(thrown);
    return code === 'internal.unexpected' || args['detail'] !== undefined ? String(args['detail']) : code;
  }
}

function onePerParameter(problems: Instance['problems']): Instance['problems'] {
  const seen = new Set<string>();
  return problems.filter(({ parameter }) => !seen.has(parameter) && seen.add(parameter));
}
