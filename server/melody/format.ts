import { applyEdits, format } from 'jsonc-parser';
import type { Json } from '../base';
import type { Melody } from '../../schemas/melody';
import { parse } from 'jsonc-parser';
import { commentsOf } from './edit';

/** Objects and lists that fit into so many columns stand on one line. */
const width = 100;

/** In which order keys stand; those that are not named here follow in the order they have. */
const keyOrder: readonly string[] = [
  ...['$schema', 'version', 'id', 'kind', 'on', 'op', 'name', 'type', 'description', 'enabled', 'metadata'],
  ...['from', 'to', 'transform', 'priority', 'when', 'label'],
  ...[
    'model',
    'modelVersion',
    'operator',
    'melody',
    'take',
    'over',
    'wait',
    'prompt',
    'choices',
    'minutes',
    'until',
  ],
  ...['while', 'most', 'parallel', 'port', 'cases', 'otherwise', 'required', 'default', 'many'],
  ...['resource', 'position', 'config', 'settings', 'inputs', 'outputs', 'policy', 'triggers'],
  ...['body', 'nodes', 'edges'],
];
const rank = new Map(keyOrder.map((key, index) => [key, index]));
/** What lies below these is the user’s own; its keys stay as they are. */
const free: ReadonlySet<string> = new Set(['config', 'default', 'custom', 'value', 'initial', 'resources']);

/** The text of a Melody in its canonical layout, with a line break at its end. Equal Melodies of equal order give equal texts. */
export function formatMelody(melody: Melody): string {
  return `${layout(ordered(melody as unknown as Json), '').text}\n`;
}

/**
 * The canonical layout of a text that is JSON with comments. Where there are comments only white space changes, so that
 * each stays where its author put it; without them keys are ordered too.
 */
export function formatText(text: string): string {
  if (commentsOf(text).length === 0)
    return formatMelody(parse(text, [], { allowTrailingComma: true }) as Melody);
  const options = { insertSpaces: true, tabSize: 2, eol: '\n', keepLines: true, insertFinalNewline: true };
  return applyEdits(text, format(text, undefined, options));
}

/** Melodies are at most 200 deep, so that these may call themselves. */
function ordered(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(ordered);
  const entries = Object.entries(value as { readonly [key: string]: Json }).filter(
    ([, inner]) => inner !== undefined,
  );
  const last = keyOrder.length;
  // Sorting is stable: keys of one rank keep their order.
  entries.sort(([a], [b]) => (rank.get(a) ?? last) - (rank.get(b) ?? last));
  return Object.fromEntries(entries.map(([key, inner]) => [key, free.has(key) ? inner : ordered(inner)]));
}

interface Laid {
  readonly text: string;
  readonly oneLine: boolean;
}

function layout(value: Json, indent: string): Laid {
  if (value === null || typeof value !== 'object') return { text: JSON.stringify(value), oneLine: true };
  const inner = `${indent}  `;
  const list = Array.isArray(value);
  const parts = list
    ? value.map((item: Json) => layout(item, inner))
    : Object.entries(value as { readonly [key: string]: Json }).map(([key, item]) => {
        const { text, oneLine } = layout(item, inner);
        return { text: `${JSON.stringify(key)}: ${text}`, oneLine };
      });
  const [open, close] = list ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0) return { text: `${open}${close}`, oneLine: true };
  const length = parts.reduce((sum, { text }) => sum + text.length + 2, 2);
  // The document itself always stands on several lines.
  const fits = indent !== '' && indent.length + length <= width && parts.every(({ oneLine }) => oneLine);
  const texts = parts.map(({ text }) => text);
  if (fits) return { text: list ? `[${texts.join(', ')}]` : `{ ${texts.join(', ')} }`, oneLine: true };
  return { text: `${open}\n${inner}${texts.join(`,\n${inner}`)}\n${indent}${close}`, oneLine: false };
}
