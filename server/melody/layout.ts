import type { Json } from '../base';

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

/** A value in the canonical layout, as it stands at a place whose line is indented by `indent`. */
export const laidOut = (value: Json, indent: string): string => new Layout().of(value, indent, false);

/** Lays values out in one pass. Melodies are at most 200 deep, so that it may call itself. */
class Layout {
  /** Whether the value laid out last stands on one line. */
  #oneLine = true;
  /** Orders of keys that were seen; nodes of one kind mostly have the same keys. */
  readonly #orders = new Map<string, readonly string[]>();
  readonly #labels = new Map<string, string>();

  of(value: Json, indent: string, isFree: boolean): string {
    if (value === null || typeof value !== 'object') {
      this.#oneLine = true;
      return typeof value === 'string' ? quoted(value) : String(value);
    }
    const inner = `${indent}  `;
    const list = Array.isArray(value);
    const items = list ? (value as readonly Json[]) : this.#keysOf(value, isFree);
    let [oneLine, spread, packed] = [true, '', ''];
    for (const item of items) {
      let text: string;
      if (list) text = this.of(item, inner, isFree);
      else {
        const key = item as string;
        const held = (value as { readonly [key: string]: Json })[key];
        if (held === undefined) continue;
        text = this.#label(key) + this.of(held, inner, isFree || free.has(key));
      }
      oneLine &&= this.#oneLine;
      // What is too long for one line already need not be packed any further.
      if (oneLine && packed.length <= width) packed += packed === '' ? text : `, ${text}`;
      spread += spread === '' ? text : `,\n${inner}${text}`;
    }
    this.#oneLine = true;
    if (spread === '') return list ? '[]' : '{}';
    // The document itself always stands on several lines.
    if (oneLine && indent !== '' && indent.length + packed.length + 4 <= width)
      return list ? `[${packed}]` : `{ ${packed} }`;
    this.#oneLine = false;
    return list ? `[\n${inner}${spread}\n${indent}]` : `{\n${inner}${spread}\n${indent}}`;
  }

  /** A key as it is written; the same few come again and again. */
  #label(key: string): string {
    let label = this.#labels.get(key);
    if (label === undefined) this.#labels.set(key, (label = `${JSON.stringify(key)}: `));
    return label;
  }

  #keysOf(object: object, isFree: boolean): readonly string[] {
    const keys = Object.keys(object);
    if (isFree || keys.length < 2) return keys;
    const signature = keys.join('\n');
    let order = this.#orders.get(signature);
    if (order === undefined) {
      const last = keyOrder.length;
      // Sorting is stable: keys without a rank keep their order.
      order = keys.sort((a, b) => (rank.get(a) ?? last) - (rank.get(b) ?? last));
      this.#orders.set(signature, order);
    }
    return order;
  }
}

const plain = /^[ !#-[\]-~]*$/;
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));
