import { normalPhaseId, normalPlanId, phaseIdPattern } from './ids';
import { type Block, headOf, leaf } from './text/nodes';

/** A line that names a plan: `- [x] 01-02-PLAN.md — text`. */
export interface PlanRow {
  /** Normal form. */
  readonly id: string;
  readonly text: string;
  /** Undefined where the bullet has no box. */
  readonly done: boolean | undefined;
  readonly line: number;
  /** The milestone it stands under, as far as the file says. */
  readonly milestone: string | undefined;
}

/** `2/3` as a roadmap stores it. */
export interface StoredCounts {
  readonly done: number;
  readonly total: number;
  readonly line: number;
}

/** How lines name phases and plans. The number is the first group, the rest of the line the next. */
export const shape = {
  heading: new RegExp(
    String.raw`^(?:\[[^\]]*\]\s*)?[^\p{L}\p{N}]*(?:\[[^\]]*\]\s*)?Phase\s+(${phaseIdPattern})(?![\p{L}\p{N}])\s*(?:\([^)]*\)\s*)?(?:[:—–-]\s*(.*)|([^\p{L}\p{N}]*))$`,
    'isu',
  ),
  bullet: new RegExp(
    String.raw`^[^\p{L}\p{N}]*Phase\s+(${phaseIdPattern})(?![\p{L}\p{N}])\s*(?:\([^)]*\)\s*)?(?:[:—–-]\s*(.*)|[\s*~_]*$|\*\*\s*(.*))$`,
    'isu',
  ),
  cell: new RegExp(
    String.raw`^[^\p{L}\p{N}]*(?:Phase\s+)?(${phaseIdPattern})(?![\p{L}\p{N}])\s*(?:[.:—–-]\s*(.*))?$`,
    'isu',
  ),
  planRow:
    /^[*`[~]*((?:[A-Z][A-Z0-9_]*-(?=\d))?\d+[A-Za-z]?(?:\.\d+)*-(?:PLAN-)?\d+[a-z]?(?:-FIX\d*)*)(?:(?:-[a-z][\w-]*)?-PLAN)?(?:\.md)?(?![\w-])[*`\]~]*(?:\([^)]*\))?\s*(?:[:—–-]+\s*)?[*`]*(.*)$/is,
};

/** What a line says, with links as their texts. */
export function saidBy(block: Block): string {
  const text = headOf(block);
  return text.includes('](') ? text.replace(/\[([^[\]]*)\]\([^()]*\)/g, '$1') : text;
}

/** Whether the box of a bullet is ticked; undefined where it has none. */
export function tickOf(block: Block): boolean | undefined {
  const mark = leaf(block, 'mark')?.text;
  return mark === undefined ? undefined : mark.toLowerCase() === 'x' || mark === '✓';
}

/** The plan a bullet names, or undefined. */
export function planRowOf(block: Block, milestone?: string): PlanRow | undefined {
  const text = saidBy(block);
  const row = shape.planRow.exec(text);
  const done = tickOf(block);
  if (!row || (done === undefined && !/plan/i.test(text.slice(0, 60)) && !/^\S+\s*[:—–-]/.test(text)))
    return undefined;
  const id = normalPlanId(row[1]!.replace(/-PLAN-/i, '-'));
  return { id, text: cleanText(row[2]!), done, line: block.line, milestone };
}

/** The phase a bullet names, in normal form, or undefined. */
export function phaseOfBullet(block: Block): string | undefined {
  const phase = shape.bullet.exec(saidBy(block));
  return phase ? normalPhaseId(phase[1]!) : undefined;
}

/** The phase the first cell of a progress row names, in normal form, or undefined. */
export function phaseOfCell(cell: string): string | undefined {
  const plain = cell.replace(/[*`~]/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  const phase = shape.cell.exec(plain);
  return phase && !/^\d+\s*[-–—]\s*\d+\s*$/.test(plain) ? normalPhaseId(phase[1]!) : undefined;
}

/** Statuses in the wild: `Complete`, `✅ Complete`, `Complete (04-02)`, `✓ Done`, `Shipped`, `Satisfied`. */
export function isCompleteStatus(text: string): boolean {
  const plain = text.replace(/[^\p{L}\s]/gu, ' ').trim();
  if (/\b(?:not|in|partial|partially|gaps?)\b/iu.test(plain)) return false;
  return (
    /^(?:complete|completed|done|shipped|satisfied|verified|validated)\b/iu.test(plain) ||
    /^[✅✓✔]/u.test(text)
  );
}

/** Whether a heading or bullet without a box is marked as done. */
export function completeMark(text: string): boolean {
  return /[✅✓✔]/u.test(text) || /\((?:completed?|shipped|done)\b/iu.test(text);
}

/** `Name** - one line (completed DATE)` as name and line. */
export function splitName(text: string): [string, string] {
  const bold = text.indexOf('**');
  if (bold >= 0) return [text.slice(0, bold), text.slice(bold + 2).replace(/^\s*[:—–-]\s*/, '')];
  const dash = /\s[—–-]\s/.exec(text);
  return dash ? [text.slice(0, dash.index), text.slice(dash.index + 3)] : [text, ''];
}

/** A name without marks, remarks in parentheses and punctuation around it. */
export function cleanName(text: string): string {
  return cleanText(text)
    .replace(/\s*\((?:completed?|shipped|done|inserted|backlog|\d+\/\d+ plans?)[^)]*\)\s*/giu, ' ')
    .replace(/^[^\p{L}\p{N}"'(<$]+|[^\p{L}\p{N}"')>!?%+#]+$/gu, '')
    .slice(0, 300);
}

/** A text without links, bold and strike-through. */
export function cleanText(text: string): string {
  return text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*|~~/g, '')
    .trim()
    .slice(0, 2000);
}

/** `2/3` or `2/3 plans complete` as its numbers. */
export function countsOf(text: string, line: number): StoredCounts | undefined {
  const match = /^\W*(\d{1,4})\s*\/\s*(\d{1,4})(?!\d)/.exec(text);
  return match ? { done: Number(match[1]), total: Number(match[2]), line } : undefined;
}
