import type { Json } from '../base';
import { baseTypes, deepestList, flowRules, type BaseType } from '../../schemas/melody/portTypes';

/** A type of a port, understood. */
export interface PortType {
  readonly base: BaseType;
  /** The word of an artifact. */
  readonly word?: string;
  /** What a list holds. */
  readonly inner?: PortType;
  /** As it is written. */
  readonly text: string;
}

const understood = new Map<string, PortType | undefined>();
const simple = new Set<string>(baseTypes.filter((base) => base !== 'list'));

/** Understands the name of a type; undefined where it is none. */
export function parsePortType(text: string): PortType | undefined {
  if (understood.has(text)) return understood.get(text);
  const type = parse(text);
  // Names come from files: what is kept of them stays bounded.
  if (understood.size < 10_000) understood.set(text, type);
  return type;
}

function parse(text: string): PortType | undefined {
  let lists = 0;
  let core = text;
  while (core.startsWith('list<') && core.endsWith('>') && lists <= deepestList) {
    core = core.slice(5, -1);
    lists++;
  }
  if (lists > deepestList) return undefined;
  const word = /^artifact<([a-z][a-z0-9-]*)>$/.exec(core)?.[1];
  let type: PortType | undefined =
    word !== undefined
      ? { base: 'artifact', word, text: core }
      : simple.has(core)
        ? { base: core as BaseType, text: core }
        : undefined;
  for (; type !== undefined && lists > 0; lists--) type = listOf(type);
  return type;
}

export const anyType: PortType = { base: 'any', text: 'any' };
export const textType: PortType = { base: 'text', text: 'text' };
export const listOf = (inner: PortType): PortType => ({ base: 'list', inner, text: `list<${inner.text}>` });

const rules = new Map<BaseType, Map<BaseType, (typeof flowRules)[number]['when']>>(
  baseTypes.map((base) => [
    base,
    new Map(flowRules.filter(({ from }) => from === base).map(({ to, when }) => [to, when])),
  ]),
);

/** Whether values of `from` may flow into `to`: `yes`, `no`, or `runtime` when only the value can tell. */
export function fits(from: PortType, to: PortType): 'yes' | 'runtime' | 'no' {
  let [source, target] = [from, to];
  for (;;) {
    const when = rules.get(source.base)!.get(target.base);
    if (when === undefined) return 'no';
    if (when === 'always') return 'yes';
    if (when === 'runtime') return 'runtime';
    if (source.base === 'artifact') {
      if (target.word === undefined || source.word === target.word) return 'yes';
      return source.word === undefined ? 'runtime' : 'no';
    }
    source = source.inner!;
    // A list that becomes JSON asks the same of each of its items.
    if (target.base === 'list') target = target.inner!;
  }
}

/** Whether a value written into a file can stand at a port of this type. */
export function valueFits(value: Json, type: PortType): boolean {
  switch (type.base) {
    case 'any':
    case 'json':
      return true;
    case 'text':
    case 'file':
    case 'artifact':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value) && value.every((item: Json) => valueFits(item, type.inner!));
  }
}

/** What a value is, in the words of types. */
export function kindOfValue(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
