import type { SemanticTokens } from 'vscode-languageserver';
import { frontmatterEntries, leaf } from '../../planning';
import type { Source } from '../planning/source';
import type { ProjectView } from '../planning/view';

/** What each number of a token means; clients have colours for these names. */
export const tokenLegend = {
  tokenTypes: ['keyword', 'property', 'string', 'variable', 'namespace', 'function'],
  tokenModifiers: ['definition'],
} as const;

interface Token {
  readonly start: number;
  readonly end: number;
  readonly type: (typeof tokenLegend.tokenTypes)[number];
}

const typeOf = { requirement: 'variable', phase: 'namespace', plan: 'function' } as const;
const mostTokens = 20_000;

/** Tags with their attributes, keys of frontmatter, and ids of what exists. */
export function planningTokens(view: ProjectView, source: Source): SemanticTokens {
  const found: Token[] = [];
  for (const block of source.lines) {
    if (block.kind !== 'tag') continue;
    for (const one of block.leaves) {
      if (one.role !== 'tag') continue;
      const tag = /^<\/?([A-Za-z][\w-]*)/.exec(one.text);
      if (tag) found.push(span(one.start, tag[0].length - tag[1]!.length, tag[1]!.length, 'keyword'));
      for (const match of one.text.matchAll(/([A-Za-z_][\w-]*)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/g)) {
        found.push(span(one.start, match.index, match[1]!.length, 'property'));
        const at = match.index + match[1]!.length + match[2]!.length;
        found.push(span(one.start, at, match[3]!.length, 'string'));
      }
    }
  }
  for (const { block } of frontmatterEntries(source.blocks) ?? []) {
    const key = leaf(block, 'key');
    if (key) found.push(span(key.start, 0, key.text.length, 'property'));
  }
  for (const mention of source.mentions)
    if (view.exists(mention)) found.push({ ...mention, type: typeOf[mention.what] });
  return encoded(source, found);
}

const span = (base: number, at: number, length: number, type: Token['type']): Token => ({
  start: base + at,
  end: base + at + length,
  type,
});

/** Tokens in the order of the text, none over another, as differences to the one before. */
function encoded({ doc }: Source, tokens: readonly Token[]): SemanticTokens {
  const data: number[] = [];
  let [line, character, end] = [0, 0, 0];
  for (const token of tokens.toSorted((a, b) => a.start - b.start || b.end - a.end).slice(0, mostTokens)) {
    if (token.start < end) continue;
    const from = doc.positionAt(token.start);
    const to = doc.positionAt(token.end);
    if (from.line !== to.line) continue;
    data.push(
      from.line - line,
      from.line === line ? from.character - character : from.character,
      to.character - from.character,
      tokenLegend.tokenTypes.indexOf(token.type),
      0,
    );
    ({ line, character } = from);
    end = token.end;
  }
  return { data };
}
