import { fenced } from '../../agents';
import type { Json } from '../../base';

/** More of one value is not put into an instruction; a model would lose the rest of it. */
const mostCharacters = 60_000;

const place = /\{\{\s*([A-Za-z_]\w*)((?:\.\w+)*)\s*\}\}/g;

/**
 * Fills the places of an instruction: `{{input}}` or `{{input.part.0}}`. A value that has a line to itself and is
 * of several lines or no text stands in a fenced block; what is missing is `–`.
 */
export function render(text: string, inputs: Readonly<Record<string, Json>>): string {
  return text.replace(place, (found: string, name: string, way: string, at: number) => {
    const value = partOf(Object.hasOwn(inputs, name) ? inputs[name] : undefined, way.split('.').slice(1));
    const alone = isEnd(text[at - 1]) && isEnd(text[at + found.length]);
    return textOf(value, alone);
  });
}

const isEnd = (sign: string | undefined): boolean => sign === undefined || sign === '\n';

/** The inputs an instruction speaks of. */
export const namesIn = (text: string): string[] => [...text.matchAll(place)].map(([, name]) => name!);

function partOf(value: Json | undefined, way: readonly string[]): Json | undefined {
  let at = value;
  for (const step of way)
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, step)
        ? (at as Readonly<Record<string, Json>>)[step]
        : undefined;
  return at;
}

function textOf(value: Json | undefined, alone: boolean): string {
  if (value === undefined || value === null || value === '') return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, alone ? 2 : undefined);
  const cut =
    text.length > mostCharacters
      ? `${text.slice(0, mostCharacters)}\n… (${text.length - mostCharacters} more characters)`
      : text;
  return alone && (typeof value !== 'string' || cut.includes('\n')) ? fenced(cut) : cut;
}
