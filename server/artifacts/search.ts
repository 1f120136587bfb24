import { problem } from '../base';
import type { Database, Statement, Value } from '../storage';
import type { Contents } from './contents';
import type { Register } from './register';
import { textOf } from './texts';
import type { Totals } from './totals';
import type { Artifact, Highlight, SearchQuery, SearchResult } from './types';

/** Matches that are ranked and counted: the newest ones. More would take longer than anybody looks. */
const mostCounted = 1000;
const mostLimit = 100;
const mostWords = 20;

/** How much of a text is shown around what was found, in characters. */
const around = 60;
const mostHighlights = 3;

/** Finds artifacts by words, tags, type, run and time. */
export class Search {
  /** By their SQL; there are as many as ways to filter. */
  private readonly statements = new Map<string, Statement>();

  constructor(
    private readonly database: Database,
    private readonly register: Register,
    private readonly contents: Contents,
    private readonly totals: Totals,
  ) {}

  /** Throws `artifact.query`. */
  async find(query: SearchQuery): Promise<SearchResult> {
    const { limit = 20, offset = 0 } = query;
    if (!Number.isInteger(limit) || limit < 0 || limit > mostLimit)
      throw problem('artifact.query', {
        detail: `limit is ${limit}; it is a whole number from 0 to ${mostLimit}`,
      });
    if (!Number.isInteger(offset) || offset < 0)
      throw problem('artifact.query', { detail: `offset is ${offset}; it is a whole number from 0` });
    const words = wordsOf(query.text ?? '');
    // There are words, and none of them is one that could be found.
    if ((query.text ?? '').trim() !== '' && words.length === 0) return this.nothing();
    const matches = this.matches(words, query);
    const shown = matches.slice(offset, offset + limit);
    const artifacts = this.register.byRows(shown.map(({ row }) => row));
    const scores = shown.map(({ rank }) => Math.max(0, -rank));
    const hits = await Promise.all(
      artifacts.map(async (artifact, at) => ({
        artifact,
        score: scores[at] ?? 0,
        highlights: await this.highlights(artifact, words),
      })),
    );
    return {
      hits,
      total: matches.length,
      isTotalExact: matches.length < mostCounted,
      facets: {
        types: mostFrequent(counted(matches, 'type')),
        tags: mostFrequent(split(counted(matches, 'tags'))),
        runs: mostFrequent(counted(matches, 'run')),
      },
      indexLag: this.totals.now.indexLag,
    };
  }

  private nothing(): SearchResult {
    const facets = { types: {}, tags: {}, runs: {} };
    return { hits: [], total: 0, isTotalExact: true, facets, indexLag: this.totals.now.indexLag };
  }

  /** What matches, best first; without words the newest first. */
  private matches(words: readonly Word[], query: SearchQuery): readonly Match[] {
    const { sql, values } = filters(query);
    const table = words.length > 0 ? 'texts JOIN artifacts AS a ON a.id = texts.rowid' : 'artifacts AS a';
    const rank = words.length > 0 ? 'texts.rank' : '0';
    const order = words.length > 0 ? 'texts.rowid' : 'a.id';
    const match = words.length > 0 ? ['texts MATCH ?'] : ['a.indexed = 1'];
    const where = [...match, ...sql].join(' AND ');
    const sqlText = `SELECT a.id AS row, ${rank} AS rank, a.type, a.run, a.tags FROM ${table}
      WHERE ${where} ORDER BY ${order} DESC LIMIT ${mostCounted}`;
    const statement = this.statements.get(sqlText) ?? this.database.prepare(sqlText);
    this.statements.set(sqlText, statement);
    const found = statement.all(
      ...(words.length > 0 ? [matchOf(words)] : []),
      ...values,
    ) as unknown as Match[];
    // Equal ones stay in their order, the newest first.
    return [...found].sort((one, other) => one.rank - other.rank);
  }

  private async highlights(artifact: Artifact, words: readonly Word[]): Promise<readonly Highlight[]> {
    if (words.length === 0) return [];
    const bytes = await this.contents.peek(artifact.hash).catch(() => undefined);
    const text = bytes && textOf(bytes);
    return text === undefined ? [] : highlightsIn(text, words);
  }
}

interface Match {
  readonly row: number;
  readonly rank: number;
  readonly type: string;
  readonly run: string;
  readonly tags: string;
}

/** One word, or several in a row that were in quotes. The last word may be the beginning of one. */
interface Word {
  readonly text: string;
  readonly isBeginning: boolean;
}

function wordsOf(text: string): readonly Word[] {
  if (text.length > 1000)
    throw problem('artifact.query', { detail: 'its text is longer than 1000 characters' });
  const found: Word[] = [];
  for (const [, quoted, single] of text.matchAll(/"([^"]*)"|([^\s"]+)/g)) {
    const words = (quoted ?? single ?? '').match(/[\p{L}\p{N}]+/gu) ?? [];
    if (words.length > 0) found.push({ text: words.join(' '), isBeginning: quoted === undefined });
  }
  if (found.length > mostWords)
    throw problem('artifact.query', { detail: `it has more than ${mostWords} words` });
  const last = found.length - 1;
  return found.map((word, at) => (at === last ? word : { ...word, isBeginning: false }));
}

/** In the language of FTS5: every word in quotes, so that nothing in it means anything else. */
const matchOf = (words: readonly Word[]): string =>
  words.map(({ text, isBeginning }) => `"${text}"${isBeginning ? '*' : ''}`).join(' AND ');

function filters(query: SearchQuery): { readonly sql: readonly string[]; readonly values: readonly Value[] } {
  const sql: string[] = [];
  const values: Value[] = [];
  const add = (condition: string, value: Value | undefined) => {
    if (value === undefined) return;
    sql.push(condition);
    values.push(value);
  };
  for (const tag of query.tags ?? []) add('a.id IN (SELECT artifact FROM tagged WHERE tag = ?)', tag);
  add('a.type = ?', query.type);
  add('a.run = ?', query.run);
  add('a.at >= ?', query.createdAfter);
  add('a.at < ?', query.createdBefore);
  return { sql, values };
}

/** How often each value occurs; '' is none. */
function counted(matches: readonly Match[], what: 'type' | 'tags' | 'run'): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { [what]: value } of matches) if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** Counts of lists as counts of what is in them: equal lists, of which there are many, are read once. */
function split(lists: ReadonlyMap<string, number>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [list, count] of lists)
    for (const one of JSON.parse(list) as string[]) counts.set(one, (counts.get(one) ?? 0) + count);
  return counts;
}

/** The 50 most frequent ones. */
const mostFrequent = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].sort(([, one], [, other]) => other - one).slice(0, 50));

function highlightsIn(text: string, words: readonly Word[]): readonly Highlight[] {
  const patterns = words.map(
    ({ text: word, isBeginning }) =>
      `${word.split(' ').join('[^\\p{L}\\p{N}]+')}${isBeginning ? '[\\p{L}\\p{N}]*' : '(?![\\p{L}\\p{N}])'}`,
  );
  const found = text.matchAll(new RegExp(`(?<![\\p{L}\\p{N}])(?:${patterns.join('|')})`, 'giu'));
  const highlights: { text: string; marks: [number, number][]; begin: number; end: number }[] = [];
  for (const { 0: word, index } of found) {
    const last = highlights.at(-1);
    if (last !== undefined && index + word.length <= last.end) {
      last.marks.push([index - last.begin, index - last.begin + word.length]);
      continue;
    }
    if (highlights.length === mostHighlights) break;
    const begin = Math.max(0, index - around);
    const end = Math.min(text.length, index + word.length + around);
    const marks: [number, number][] = [[index - begin, index - begin + word.length]];
    highlights.push({ text: text.slice(begin, end), marks, begin, end });
  }
  return highlights.map(({ text: shown, marks }) => ({ text: shown, marks }));
}
