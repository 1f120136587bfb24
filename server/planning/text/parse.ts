import { looksLikeEntry, parseFrontmatter } from './frontmatter';
import { type Block, type Line, type Role, compound, lineBlock, splitLines } from './nodes';
import { parseTable } from './tables';
import { tagParts } from './tags';

/** Longer files and lines are kept as they are but not looked into: nobody plans in them, and time stays bounded. */
export const limits = { fileLength: 8_000_000, lineLength: 65_536 } as const;

/**
 * The blocks of a markdown file. Never throws; `serialise` of the result is `text`. What fits no rule
 * is a block `notUnderstood` with a reason.
 */
export function parseMarkdown(text: string): Block[] {
  if (text.length > limits.fileLength) return [opaque(text, 'the file is too long to be read')];
  const blocks: Block[] = [];
  const bom = text.startsWith('\ufeff') ? 1 : 0;
  if (bom === 1) {
    blocks.push({
      kind: 'bom',
      line: 1,
      start: 0,
      leaves: [{ role: 'bom', text: '\ufeff', start: 0 }],
      children: [],
    });
  }
  const lines = splitLines(text, bom);
  let index = 0;
  for (let stacked = 0; ; stacked++) {
    const frontmatter = parseFrontmatter(lines, index);
    if (!frontmatter) break;
    const reason = stacked === 1 ? 'a second frontmatter follows the first one' : frontmatter.block.reason;
    blocks.push(stacked === 0 || reason === undefined ? frontmatter.block : { ...frontmatter.block, reason });
    index = frontmatter.next;
    let after = index;
    while (lines[after]?.text.trim() === '') after += 1;
    if (!/^---\s*$/.test(lines[after]?.text.slice(0, 40) ?? '') || !looksLikeEntry(lines[after + 1]?.text))
      break;
    for (; index < after; index++)
      blocks.push(lineBlock('blank', lines[index]!, [['gap', lines[index]!.text]]));
  }
  new BodyReader(lines, index, blocks).readAll();
  return blocks;
}

/** A file that is not markdown: kept whole. */
export function parseData(text: string): Block[] {
  return text === ''
    ? []
    : [{ kind: 'data', line: 1, start: 0, leaves: [{ role: 'raw', text, start: 0 }], children: [] }];
}

function opaque(text: string, reason: string): Block {
  return {
    kind: 'notUnderstood',
    line: 1,
    start: 0,
    leaves: [{ role: 'raw', text, start: 0 }],
    children: [],
    reason,
  };
}

class BodyReader {
  /** A search for the end of a fence or comment that failed once is not repeated further down. */
  private readonly unclosedFences = new Map<string, number>();
  private commentsEnd = true;
  private inConflict = false;

  constructor(
    private readonly lines: readonly Line[],
    private index: number,
    private readonly blocks: Block[],
  ) {}

  readAll(): void {
    while (this.index < this.lines.length) this.readBlock(this.lines[this.index]!);
  }

  private readBlock(line: Line): void {
    const text = line.text;
    const indent = text.length - text.trimStart().length;
    if (indent === text.length) return this.add(lineBlock('blank', line, [['gap', text]]));
    const odd = this.oddity(text);
    if (odd !== undefined) return this.add(lineBlock('notUnderstood', line, [['raw', text]], odd));
    const first = text[indent]!;
    if ((first === '`' || first === '~') && this.readFence(line, indent)) return;
    if (first === '<') {
      if (text.startsWith('<!--', indent) && this.readComment(line, indent)) return;
      if (/^<\/?(?:details|summary)\b/i.test(text.slice(indent, indent + 12)))
        return this.add(detailsBlock(line));
    }
    const tags = tagParts(text);
    if (tags) return this.add(lineBlock('tag', line, tags));
    if (text.includes('|')) {
      const table = parseTable(this.lines, this.index);
      if (table) {
        this.blocks.push(table.block);
        this.index = table.next;
        return;
      }
    }
    this.add(simpleBlock(line));
    this.readOpenedComment(text);
  }

  private add(block: Block): void {
    this.blocks.push(block);
    this.index += 1;
  }

  /** Why a line cannot be planning text, if it cannot. */
  private oddity(text: string): string | undefined {
    if (text.length > limits.lineLength) return 'the line is too long to be read';
    if (/^(?:<{7}|>{7}|\|{7})(?: |$)/.test(text) || (this.inConflict && /^={7}$/.test(text))) {
      this.inConflict = !text.startsWith('>');
      return 'a merge conflict was left here';
    }
    // eslint-disable-next-line no-control-regex -- these characters are what tells binary data from text
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? 'the line holds binary data' : undefined;
  }

  private readFence(line: Line, indent: number): boolean {
    const open = /^(`{3,}|~{3,})(.*)$/s.exec(line.text.slice(indent));
    if (!open || (open[1]!.startsWith('`') && open[2]!.includes('`'))) return false;
    const marker = open[1]!;
    const kind = marker[0]!;
    if (marker.length >= (this.unclosedFences.get(kind) ?? Infinity)) {
      this.add(lineBlock('notUnderstood', line, [['raw', line.text]], 'the code fence is never closed'));
      return true;
    }
    for (let end = this.index + 1; end < this.lines.length; end++) {
      const trimmed = this.lines[end]!.text.trim();
      if (trimmed.length >= marker.length && trimmed.startsWith(marker) && isAll(trimmed, kind)) {
        this.blocks.push(compound('fence', this.lines.slice(this.index, end + 1).map(fenceLine)));
        this.index = end + 1;
        return true;
      }
    }
    this.unclosedFences.set(kind, marker.length);
    this.add(lineBlock('notUnderstood', line, [['raw', line.text]], 'the code fence is never closed'));
    return true;
  }

  private readComment(line: Line, indent: number): boolean {
    const closeAt = line.text.indexOf('-->', indent + 4);
    if (closeAt >= 0) {
      if (line.text.slice(closeAt + 3).trim() !== '') return false;
      this.blocks.push(compound('comment', [commentLine(line)]));
      this.index += 1;
      return true;
    }
    const end = this.commentEnd(this.index + 1);
    if (end < 0) {
      this.add(lineBlock('notUnderstood', line, [['raw', line.text]], 'the comment is never closed'));
      return true;
    }
    this.blocks.push(compound('comment', this.lines.slice(this.index, end + 1).map(commentLine)));
    this.index = end + 1;
    return true;
  }

  /** A comment that opens in the middle of a line hides the lines up to its end. */
  private readOpenedComment(text: string): void {
    const open = text.lastIndexOf('<!--');
    if (open < 0 || text.includes('-->', open) || text.slice(0, open).split('`').length % 2 === 0) return;
    const end = this.commentEnd(this.index);
    if (end < this.index) return;
    this.blocks.push(compound('comment', this.lines.slice(this.index, end + 1).map(commentLine)));
    this.index = end + 1;
  }

  private commentEnd(from: number): number {
    if (!this.commentsEnd) return -1;
    for (let end = from; end < this.lines.length; end++)
      if (this.lines[end]!.text.includes('-->')) return end;
    this.commentsEnd = false;
    return -1;
  }
}

const fenceLine = (line: Line): Block => lineBlock('fenceLine', line, [['raw', line.text]]);
const commentLine = (line: Line): Block => {
  const close = line.text.indexOf('-->');
  const end = close < 0 ? line.text.length : close + 3;
  return lineBlock('comment', line, [
    ['comment', line.text.slice(0, end)],
    ['text', line.text.slice(end)],
  ]);
};

function detailsBlock(line: Line): Block {
  const parts: [Role, string][] = [];
  let at = 0;
  for (const match of line.text.matchAll(/<\/?(?:details|summary)(?:\s[^<>]{0,200})?>/gi)) {
    parts.push(['text', line.text.slice(at, match.index)], ['tag', match[0]]);
    at = match.index + match[0].length;
  }
  parts.push(['text', line.text.slice(at)]);
  return lineBlock('details', line, parts);
}

const headingPattern = /^( {0,3})(#{1,6})([ \t]+|(?=Phase\b)|$)(.*)$/s;
const rulePattern = /^[ \t]*(?:-[ \t]*){3,200}$|^[ \t]*(?:\*[ \t]*){3,200}$|^[ \t]*(?:_[ \t]*){3,200}$/;
const bulletPattern = /^([ \t]*)([-*+•]|\d{1,9}[.)])([ \t]+|$)(?:(\[)([^\]])(\])([ \t]+|$))?(.*)$/su;

/** A line that stands for itself: heading, rule, bullet, quote, field or prose. */
function simpleBlock(line: Line): Block {
  const text = line.text;
  const heading = headingPattern.exec(text);
  if (heading) {
    return lineBlock('heading', line, [
      ['indent', heading[1]],
      ['marker', heading[2]],
      ['gap', heading[3]],
      ['text', heading[4]],
    ]);
  }
  if (text.length < 200 && rulePattern.test(text)) return lineBlock('rule', line, [['marker', text]]);
  const bullet = bulletPattern.exec(text);
  if (bullet) {
    return lineBlock('bullet', line, [
      ['indent', bullet[1]],
      ['marker', bullet[2]],
      ['gap', bullet[3]],
      ['boxOpen', bullet[4]],
      ['mark', bullet[5]],
      ['boxClose', bullet[6]],
      ['gap', bullet[7]],
      ...(fieldParts(bullet[8]!) ?? [['text', bullet[8]!] as const]),
    ]);
  }
  const indent = text.length - text.trimStart().length;
  const lead = ['indent', text.slice(0, indent)] as const;
  const rest = text.slice(indent);
  if (rest.startsWith('>')) {
    const gap = rest.length - rest.slice(1).trimStart().length - 1;
    const inner = rest.slice(1 + gap);
    return lineBlock('quote', line, [
      lead,
      ['marker', '>'],
      ['gap', rest.slice(1, 1 + gap)],
      ...(fieldParts(inner) ?? [['text', inner] as const]),
    ]);
  }
  const field = fieldParts(rest);
  return field
    ? lineBlock('field', line, [lead, ...field])
    : lineBlock('paragraph', line, [lead, ['text', rest]]);
}

const colonInside = /^(\*\*)([^*:\n]{1,80})(:)(\*\*)([ \t]*)(.*)$/s;
const colonOutside = /^(\*\*)([^*\n]{1,120})(\*\*)([ \t]*\([^()\n]{0,80}\))?([ \t]?:)([ \t]*)(.*)$/s;
const bare = /^([\p{L}][\p{L}\p{N} _/()&-]{0,48})(:)([ \t]+|$)(.*)$/su;

/** `**F:** v`, `**F**: v` (also with an aside in parentheses) and `F: v`. */
function fieldParts(text: string): (readonly [Role, string | undefined])[] | undefined {
  if (text.startsWith('**')) {
    const inside = colonInside.exec(text);
    if (inside) {
      return [
        ['strong', inside[1]],
        ['name', inside[2]],
        ['colon', inside[3]],
        ['strong', inside[4]],
        ['gap', inside[5]],
        ['value', inside[6]],
      ];
    }
    const outside = colonOutside.exec(text);
    if (!outside) return undefined;
    return [
      ['strong', outside[1]],
      ['name', outside[2]],
      ['strong', outside[3]],
      ['aside', outside[4]],
      ['colon', outside[5]],
      ['gap', outside[6]],
      ['value', outside[7]],
    ];
  }
  if (!text.slice(0, 60).includes(':')) return undefined;
  const plain = bare.exec(text);
  if (!plain) return undefined;
  return [
    ['name', plain[1]],
    ['colon', plain[2]],
    ['gap', plain[3]],
    ['value', plain[4]],
  ];
}

function isAll(text: string, char: string): boolean {
  for (const one of text) if (one !== char) return false;
  return true;
}
