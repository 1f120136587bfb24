import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere } from '../../base/node';
import { isGitName } from './paths';

export interface Entry {
  /** Below the start of the walk, with forward slashes. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
}

/**
 * Walks a folder in name order, folders before what they hold, honouring `.gitignore` files roughly as git
 * does. Links are named and never followed; `.git` is passed over. Stops after `limit` entries.
 */
export async function* walk(
  root: string,
  options: { readonly depth: number; readonly limit: number; readonly signal: AbortSignal },
): AsyncGenerator<Entry> {
  let count = 0;
  async function* folder(below: string, depth: number, inherited: readonly Rule[]): AsyncGenerator<Entry> {
    const here = path.join(root, below);
    const text = (await readIfThere(path.join(here, '.gitignore')).catch(() => undefined))?.toString('utf8');
    const rules = text === undefined ? inherited : [...inherited, ...parseIgnore(text, below)];
    const items = await readdir(here, { withFileTypes: true }).catch(() => []);
    items.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const item of items) {
      options.signal.throwIfAborted();
      if (isGitName(item.name)) continue;
      const relative = below === '' ? item.name : `${below}/${item.name}`;
      const isFolder = item.isDirectory();
      if (ignored(rules, relative, isFolder)) continue;
      if (!isFolder && !item.isFile() && !item.isSymbolicLink()) continue;
      if (++count > options.limit) return;
      yield { path: relative, kind: isFolder ? 'folder' : item.isFile() ? 'file' : 'link' };
      if (isFolder && depth > 1) yield* folder(relative, depth - 1, rules);
      if (count > options.limit) return;
    }
  }
  yield* folder('', options.depth, []);
}

/** The bytes of a plain file of at most `limit` bytes; undefined for anything else. */
export async function readPlain(file: string, limit: number): Promise<Buffer | undefined> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(file, flags).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    return stats.isFile() && stats.size <= limit ? await handle.readFile() : undefined;
  } finally {
    await handle.close();
  }
}

interface Rule {
  readonly pattern: RegExp;
  readonly negated: boolean;
  readonly foldersOnly: boolean;
}

/** The rules of one `.gitignore` that lies in the folder `below`. */
export function parseIgnore(text: string, below: string): Rule[] {
  return text
    .split(/\r?\n/)
    .slice(0, 2000)
    .flatMap((raw): Rule[] => {
      const line = raw.replace(/(?<!\\) +$/, '');
      if (line === '' || line.startsWith('#')) return [];
      const negated = line.startsWith('!');
      let glob = line.slice(negated ? 1 : 0).replace(/^\\(?=[#!])/, '');
      const foldersOnly = glob.endsWith('/');
      glob = glob.replace(/\/+$/, '');
      const anchored = glob.includes('/');
      glob = glob.replace(/^\//, '');
      const whole = anchored ? glob : `**/${glob}`;
      const source = globSource(whole);
      if (glob === '' || source === undefined) return [];
      const prefix = below === '' ? '' : `${escapeRegex(below)}/`;
      return [{ pattern: new RegExp(`^${prefix}${source}$`), negated, foldersOnly }];
    });
}

/** Whether the last rule that matches says so. */
export function ignored(rules: readonly Rule[], file: string, isFolder: boolean): boolean {
  const rule = rules.findLast(({ pattern, foldersOnly }) => (isFolder || !foldersOnly) && pattern.test(file));
  return rule !== undefined && !rule.negated;
}

/** A glob as the source of a regular expression; undefined when it has too many stars to be matched safely. */
export function globSource(glob: string): string | undefined {
  if (glob.length > 500 || (glob.match(/\*+/g)?.length ?? 0) > 8) return undefined;
  let source = '';
  for (let i = 0; i < glob.length; i++) {
    const rest = glob.slice(i);
    if (rest.startsWith('**/')) {
      source += '(?:[^/]+/)*';
      i += 2;
    } else if (rest.startsWith('**')) {
      source += '.*';
      i += 1;
    } else if (glob[i] === '*') source += '[^/]*';
    else if (glob[i] === '?') source += '[^/]';
    else if (glob[i] === '\\' && i + 1 < glob.length) source += escapeRegex(glob[++i]!);
    else {
      const set = /^\[(!?)([^\][\\]+)\]/.exec(rest);
      if (set === null) source += escapeRegex(glob[i]!);
      else {
        source += `[${set[1] === '!' ? '^' : ''}${set[2]!.replace(/\^/g, '\\^')}]`;
        i += set[0].length - 1;
      }
    }
  }
  try {
    new RegExp(source);
    return source;
  } catch {
    return undefined;
  }
}

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
