import type { Expressions } from '../../server/engine';

/** A tiny language of conditions for simulated workflows: `flag`, `not flag`, and `iteration < 2`. */
export function holds(text: string, values: Readonly<Record<string, unknown>>): boolean {
  const limit = /^iteration < (\d+)$/.exec(text);
  if (limit) return Number(values['iteration']) < Number(limit[1]);
  const flag = (values['outputs'] as { readonly flag?: unknown } | undefined)?.flag === true;
  return text === 'flag' ? flag : !flag;
}

export const simulatedExpressions: Expressions = {
  condition: (_scope, text, values) => holds(text, values),
  misfit: () => undefined,
  transform: (_how, value) => value,
};
