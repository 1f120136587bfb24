import { getLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { readSource } from '../../melody';
import { configGroups, configKeys, openKeys, type ConfigValue } from './configKeys';
import { foundAt, type Found } from './findings/found';
import type { Source } from './source';

/** A longer file is no configuration. */
const longest = 1_000_000;

/** Broken syntax, keys GSD does not know and values they cannot have. */
export function configFindings(source: Source): Found[] {
  const { text } = source;
  if (text.length > longest || text.trim() === '') return [];
  if (isTooDeep(source.text)) {
    const args = { detail: 'its brackets lie too deep in each other', line: 1 };
    return [foundAt(source, { start: 0, end: 1 }, 'planning.configSyntax', args)];
  }
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors);
  const found: Found[] = errors.slice(0, 10).map(({ error, offset, length }) => {
    const detail = printParseErrorCode(error)
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase();
    const args = { detail, line: lineOf(source, offset) };
    return foundAt(source, { start: offset, end: offset + length }, 'planning.configSyntax', args);
  });
  if (tree?.type === 'object') visit(tree, '', source, found);
  return found;
}

function visit(object: Node, prefix: string, source: Source, found: Found[]): void {
  for (const property of object.children ?? []) {
    const [name, value] = property.children ?? [];
    if (!name || typeof name.value !== 'string') continue;
    const key = prefix + name.value;
    if (openKeys.has(key)) continue;
    const args = { key, line: lineOf(source, name.offset) };
    const wanted = configKeys.get(key);
    if (wanted === undefined && !(prefix === '' && configGroups.has(key))) {
      found.push(foundAt(source, spanOf(name), 'planning.configKey', args));
      continue;
    }
    if (!value) continue;
    if (value.type === 'object' && prefix === '' && configGroups.has(key))
      visit(value, `${key}.`, source, found);
    else if (wanted !== undefined && !allows(wanted, value)) {
      const known = typeof wanted === 'string' ? `a ${wanted}` : wanted.join(', ');
      const shown = source.text.slice(value.offset, value.offset + Math.min(value.length, 60));
      found.push(foundAt(source, spanOf(value), 'planning.configValue', { ...args, value: shown, known }));
    }
  }
}

function allows(wanted: ConfigValue, { type, value }: Node): boolean {
  if (wanted === 'any' || type === 'null') return true;
  if (wanted === 'text') return type === 'string';
  if (typeof wanted === 'string') return type === wanted;
  return type === 'string' && wanted.includes(String(value).toLowerCase());
}

/** What can be written at a place of the configuration: keys of the object around, or values of the key. */
export function configChoices(
  text: string,
  offset: number,
): { readonly isKey: boolean; readonly words: readonly string[] } {
  if (text.length > longest || isTooDeep(text)) return { isKey: false, words: [] };
  const { path, isAtPropertyKey } = getLocation(text, offset);
  if (isAtPropertyKey) {
    const prefix = path.length > 1 ? `${path.slice(0, -1).join('.')}.` : '';
    const below = [...configKeys.keys(), ...configGroups].filter((key) => key.startsWith(prefix));
    const words = below.map((key) => key.slice(prefix.length)).filter((key) => !key.includes('.'));
    return { isKey: true, words: [...new Set(words)] };
  }
  const wanted = configKeys.get(path.join('.'));
  const words =
    wanted === 'boolean' ? ['true', 'false'] : Array.isArray(wanted) ? wanted.map((word) => `"${word}"`) : [];
  return { isKey: false, words };
}

/** The parser goes down by calling itself; what it cannot bear is not given to it. */
const isTooDeep = (text: string): boolean => {
  const read = readSource(text, '');
  return !read.ok && read.findings.some(({ problem }) => problem.code === 'melody.tooDeep');
};

const spanOf = ({ offset, length }: Node) => ({ start: offset, end: offset + length });
const lineOf = ({ doc }: Source, offset: number): number => doc.positionAt(offset).line + 1;
