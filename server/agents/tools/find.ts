import path from 'node:path';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import type { Context } from '../../base';
import type { Tool } from '../types';
import { defineTool, done, refused } from './define';
import { resolveInside } from './paths';
import { decode } from './text';
import { globSource, readPlain, walk } from './walk';

const maxMatches = 200;
const maxListed = 1000;
const maxSearched = 20_000;
/** Larger files are passed over; they are rarely source. */
const maxSearchedBytes = 1024 * 1024;
const searchMs = 10_000;

const searchInput = z.strictObject({
  pattern: z.string().min(1).max(1000).describe('JavaScript regular expression, matched line by line'),
  literal: z.boolean().optional().describe('Take the pattern as plain text'),
  ignoreCase: z.boolean().optional(),
  path: z.string().optional().describe('Folder or file to search; the whole worktree when absent'),
  glob: z.string().optional().describe('Only files whose path matches, for example **/*.ts'),
});

/** search: a regular expression over the files git would show, matched in a worker that can be stopped. */
export function searchTool(worktree: string, timeoutMs = searchMs): Tool {
  return defineTool({
    name: 'search',
    description:
      'Searches the lines of files for a regular expression; ignored and binary files are passed over. Gives path:line: text.',
    input: searchInput,
    changesFiles: false,
    async run(ctx, { pattern, literal, ignoreCase, path: start = '', glob }) {
      const regex = compile(literal ? escape(pattern) : pattern, ignoreCase ?? false);
      if (typeof regex === 'string') return refused(`The pattern is not valid: ${regex}`);
      const source = glob === undefined ? undefined : globSource(glob.includes('/') ? glob : `**/${glob}`);
      if (glob !== undefined && source === undefined) return refused(`The glob ${glob} is not supported.`);
      const accept = source === undefined ? undefined : new RegExp(`^${source}$`);
      const found = await resolveInside(worktree, start);
      if (found.stats === undefined) return refused(`There is no ${start}.`);
      const matches = await searchFiles(ctx, found, accept, regex, timeoutMs);
      if (matches === 'timeout')
        return refused(`The search took longer than ${timeoutMs / 1000} seconds; use a simpler pattern.`);
      if (matches.length === 0) return done('No match.');
      const more =
        matches.length > maxMatches ? `\n… (more than ${maxMatches} matches; narrow the search)` : '';
      return done(matches.slice(0, maxMatches).join('\n') + more);
    },
  });
}

const listInput = z.strictObject({
  path: z.string().optional().describe('Folder; the worktree itself when absent'),
  depth: z.int().min(1).max(20).optional().describe('Levels of folders; 2 when absent'),
});

/** list: names of files and folders that git would show. */
export function listTool(worktree: string): Tool {
  return defineTool({
    name: 'list',
    description: 'Lists files and folders (folders end with /), without ignored ones.',
    input: listInput,
    changesFiles: false,
    async run(ctx, { path: start = '', depth = 2 }) {
      const found = await resolveInside(worktree, start);
      if (found.stats === undefined) return refused(`There is no ${start}.`);
      if (!found.stats.isDirectory()) return refused(`${start} is not a folder.`);
      const names: string[] = [];
      for await (const entry of walk(found.absolute, { depth, limit: maxListed + 1, signal: ctx.signal })) {
        const mark = { file: '', folder: '/', link: ' (link)' }[entry.kind];
        names.push((found.relative === '' ? '' : `${found.relative}/`) + entry.path + mark);
      }
      if (names.length === 0) return done('The folder is empty.');
      const more =
        names.length > maxListed ? `\n… (more than ${maxListed} entries; list a folder below)` : '';
      return done(names.slice(0, maxListed).join('\n') + more);
    },
  });
}

interface Start {
  readonly relative: string;
  readonly absolute: string;
  readonly stats: { isDirectory(): boolean } | undefined;
}

/** Matching lines as `path:line: text`, at most one more than `maxMatches`. */
async function searchFiles(
  ctx: Context,
  start: Start,
  accept: RegExp | undefined,
  regex: RegExp,
  timeoutMs: number,
): Promise<string[] | 'timeout'> {
  const matcher = new Matcher(regex, timeoutMs);
  try {
    const matches: string[] = [];
    const ask = async (shown: string, file: string): Promise<boolean> => {
      const bytes = await readPlain(file, maxSearchedBytes);
      const text = bytes === undefined ? undefined : decode(bytes)?.text;
      if (text === undefined) return true;
      const lines = await matcher.match(text);
      if (lines === 'timeout') return false;
      for (const [line, row] of lines) matches.push(`${shown}:${line}: ${row}`);
      return matches.length <= maxMatches;
    };
    if (!start.stats?.isDirectory()) await ask(start.relative, start.absolute);
    else
      for await (const entry of walk(start.absolute, { depth: 50, limit: maxSearched, signal: ctx.signal })) {
        const shown = start.relative === '' ? entry.path : `${start.relative}/${entry.path}`;
        if (entry.kind !== 'file' || accept?.test(shown) === false) continue;
        if (!(await ask(shown, path.join(start.absolute, entry.path)))) break;
      }
    return matcher.timedOut ? 'timeout' : matches;
  } finally {
    await matcher.close();
  }
}

/**
 * Matches texts in a worker: a pattern that backtracks for ever blocks the worker, which is then ended,
 * and never the sidecar's loop.
 */
class Matcher {
  timedOut = false;
  private readonly worker: Worker;
  private readonly timer: NodeJS.Timeout;
  private waiting: ((lines: [number, string][] | 'timeout') => void) | undefined;

  constructor(regex: RegExp, timeoutMs: number) {
    this.worker = new Worker(workerCode, {
      eval: true,
      env: {},
      execArgv: [],
      workerData: { source: regex.source, flags: regex.flags, limit: maxMatches + 1 },
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    });
    const settle = (lines: [number, string][] | 'timeout') => {
      this.waiting?.(lines);
      this.waiting = undefined;
    };
    this.worker.on('message', settle);
    const fail = () => {
      this.timedOut = true;
      settle('timeout');
    };
    this.worker.on('error', fail);
    this.timer = setTimeout(fail, timeoutMs);
  }

  match(text: string): Promise<[number, string][] | 'timeout'> {
    if (this.timedOut) return Promise.resolve('timeout');
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.worker.postMessage(text);
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.worker.terminate();
  }
}

/** Runs in the worker: lines of a text that match, each cut to what can be shown. */
const workerCode = `
const { parentPort, workerData } = require('node:worker_threads');
const regex = new RegExp(workerData.source, workerData.flags);
parentPort.on('message', (text) => {
  const found = [];
  const lines = text.split(/\\r\\n|\\n|\\r/);
  for (let i = 0; i < lines.length && found.length < workerData.limit; i++)
    if (regex.test(lines[i].slice(0, 4000))) found.push([i + 1, lines[i].slice(0, 300)]);
  parentPort.postMessage(found);
});
`;

/** The pattern with Unicode rules, without them where only that is valid, or what is wrong with it. */
function compile(pattern: string, ignoreCase: boolean): RegExp | string {
  const flags = ignoreCase ? 'i' : '';
  try {
    return new RegExp(pattern, `${flags}u`);
  } catch {
    try {
      return new RegExp(pattern, flags);
    } catch (thrown) {
      return (thrown as Error).message;
    }
  }
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
