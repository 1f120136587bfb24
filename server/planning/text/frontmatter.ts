import { type Block, type Line, compound, lineBlock } from './nodes';

/**
 * Reads frontmatter at `from`, line by line as GSD does and not as YAML, so that no value is refused
 * or changed. Returns the block and the index of the line after it, or undefined when there is none.
 * Frontmatter without a closing line ends where its lines stop looking like keys and items.
 */
export function parseFrontmatter(
  lines: readonly Line[],
  from: number,
): { readonly block: Block; readonly next: number } | undefined {
  const first = lines[from];
  if (!first || !isDelimiter(first.text)) return undefined;
  let close = -1;
  for (let index = from + 1; index < lines.length && index - from < mostLines; index++) {
    if (isDelimiter(lines[index]!.text)) {
      close = index;
      break;
    }
  }
  if (close < 0) return unterminated(lines, from);
  const children = [delimiter(first)];
  const reader = new EntryReader();
  for (let index = from + 1; index < close; index++) children.push(reader.read(lines[index]!));
  children.push(delimiter(lines[close]!));
  return { block: compound('frontmatter', children), next: close + 1 };
}

/** Whether a line could be frontmatter's first key, which tells stacked frontmatter from a rule. */
export function looksLikeEntry(text: string | undefined): boolean {
  return text !== undefined && entryPattern.test(text);
}

const mostLines = 20_000;
const entryPattern = /^([ \t]*)([A-Za-z0-9_-]+)([ \t]*:)(?=$|[ \t])([ \t]*)(.*)$/s;
const itemPattern = /^([ \t]*)(-)(?=$|[ \t])([ \t]*)(.*)$/s;
const itemEntryPattern = /^([A-Za-z0-9_-]+)([ \t]*:)(?=$|[ \t])([ \t]*)(.*)$/s;

function isDelimiter(text: string): boolean {
  return text.startsWith('---') && text.slice(3).trim() === '';
}

function delimiter(line: Line): Block {
  return lineBlock('delimiter', line, [['marker', line.text]]);
}

function unterminated(lines: readonly Line[], from: number): { block: Block; next: number } | undefined {
  if (!looksLikeEntry(lines[from + 1]?.text)) return undefined;
  const children = [delimiter(lines[from]!)];
  const reader = new EntryReader();
  let next = from + 1;
  for (; next < lines.length && next - from < mostLines; next++) {
    const line = lines[next]!;
    if (line.text.trim() === '' || line.text.startsWith('#')) break;
    const block = reader.read(line);
    if (block.kind === 'notUnderstood') break;
    children.push(block);
  }
  return { block: compound('frontmatter', children, 'the frontmatter has no closing line “---”'), next };
}

/** Classifies lines one after the other; what a line means depends on the value still open above it. */
class EntryReader {
  private openUntil: string | undefined;
  private blockScalarIndent = -1;
  private continuable = false;
  private lastIndent = 0;

  read(line: Line): Block {
    const text = line.text;
    const indent = text.length - text.trimStart().length;
    if (this.openUntil !== undefined) {
      if (closes(text, this.openUntil)) this.openUntil = undefined;
      return this.rest(line, indent);
    }
    if (text.trim() === '') return lineBlock('blank', line, [['gap', text]]);
    if (this.blockScalarIndent >= 0) {
      if (indent > this.blockScalarIndent) return this.rest(line, indent);
      this.blockScalarIndent = -1;
    }
    if (text.charCodeAt(indent) === 35) {
      return lineBlock('remark', line, [
        ['indent', text.slice(0, indent)],
        ['comment', text.slice(indent)],
      ]);
    }
    const entry = entryPattern.exec(text);
    if (entry) {
      return lineBlock('entry', line, [
        ['indent', entry[1]],
        ['key', entry[2]],
        ['colon', entry[3]],
        ['gap', entry[4]],
        ...this.valueParts(entry[5]!, indent),
      ]);
    }
    const item = itemPattern.exec(text);
    if (item) {
      const nested = itemEntryPattern.exec(item[4]!);
      const parts = nested
        ? ([
            ['key', nested[1]],
            ['colon', nested[2]],
            ['gap', nested[3]],
            ...this.valueParts(nested[4]!, indent),
          ] as const)
        : this.valueParts(item[4]!, indent);
      return lineBlock('item', line, [['indent', item[1]], ['marker', item[2]], ['gap', item[3]], ...parts]);
    }
    if (this.continuable && indent > this.lastIndent) return this.rest(line, indent);
    return lineBlock(
      'notUnderstood',
      line,
      [['raw', text]],
      'this line of the frontmatter is neither a key with a value nor a list item',
    );
  }

  private rest(line: Line, indent: number): Block {
    return lineBlock('continuation', line, [
      ['indent', line.text.slice(0, indent)],
      ['value', line.text.slice(indent)],
    ]);
  }

  /** Splits a value from a trailing `# comment` and notes whether it goes on below. */
  private valueParts(text: string, indent: number): (readonly ['value' | 'gap' | 'comment', string])[] {
    this.lastIndent = indent;
    if (/^[|>][+-]?\d?\s*(#.*)?$/.test(text)) {
      this.blockScalarIndent = indent;
      return [['value', text]];
    }
    const commentAt = commentStart(text);
    const value = text.slice(0, commentAt).trimEnd();
    this.openUntil = value.startsWith('[') && !closes(value, ']') ? ']' : undefined;
    this.continuable = value !== '' && this.openUntil === undefined;
    return [
      ['value', value],
      ['gap', text.slice(value.length, commentAt)],
      ['comment', text.slice(commentAt)],
    ];
  }
}

/** Where ` # comment` begins outside quotes, else the length of the text. */
function commentStart(text: string): number {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if ((char === '"' || char === "'") && (at === 0 || /[[\s,{]/.test(text[at - 1]!))) quote = char;
    else if (char === '#' && at > 0 && /\s/.test(text[at - 1]!)) return at;
  }
  return text.length;
}

function closes(text: string, bracket: string): boolean {
  return text.slice(0, commentStart(text)).trimEnd().endsWith(bracket);
}
