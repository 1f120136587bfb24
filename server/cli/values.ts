import { fillText, type ClientRequests, type ParamsOf } from '../../schemas';
import { UsageError } from './settings';
import { texts } from './texts';

/** A value as the wire takes it. */
export type Value = ParamsOf<ClientRequests['runInput']>['value'];

/** JSON as typed in a terminal; throws `UsageError`. */
export function jsonOf(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new UsageError(fillText(texts.badJson, { value: text.slice(0, 200) }));
  }
}

/** Types whose values are written as they are: `7` is a text there. */
const plain: ReadonlySet<unknown> = new Set(['text', 'file', 'path', 'model', 'enum', 'expression']);

/** JSON where it is JSON, else the text itself: `7` is a number and `seven` a text, unless `type` asks for text. */
export function valueOf(text: string, type?: unknown): Value {
  if (plain.has(type)) return text;
  try {
    return JSON.parse(text) as Value;
  } catch {
    return text;
  }
}

/** `name=value` pairs; `typeOf` tells what a name asks for. Throws `UsageError`; the last of a name counts. */
export function valuesOf(
  pairs: readonly string[],
  typeOf: (name: string) => string | undefined,
): Record<string, Value> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const cut = pair.indexOf('=');
      const name = pair.slice(0, Math.max(0, cut));
      // No input can have the name that the wire drops; dropped, it would not be missed.
      if (name === '' || name === '__proto__') throw new UsageError(fillText(texts.badPair, { value: pair }));
      return [name, valueOf(pair.slice(cut + 1), typeOf(name))];
    }),
  );
}
