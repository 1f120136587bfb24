import {
  type Block,
  cellsOf,
  endOf,
  entryOf,
  frontmatterEntries,
  leaf,
  listOf,
  normalPhaseId,
  normalPlanId,
  phaseReferences,
  plain,
  readDirectoryName,
  scalarOf,
} from '../../planning';
import type { Source } from './source';

/** A place in a file that names a requirement, a phase or a plan. Whether there is one is not known here. */
export interface Mention {
  readonly what: 'requirement' | 'phase' | 'plan';
  /** Normal form; requirements in capitals. */
  readonly id: string;
  readonly start: number;
  readonly end: number;
  /** The place has a meaning of its own, so that what it names must exist. */
  readonly must: boolean;
}

const requirementPattern = /(?<![\w-])[A-Z][A-Z0-9]*-[A-Za-z0-9_-]*[A-Za-z0-9](?![\w])/g;
const planPattern = /(?<![\p{L}\p{N}._-])\d+[A-Za-z]?(?:\.\d+)*-\d+[a-z]?(?![\p{L}\p{N}])(?!-\d)/gu;
const phaseList = /\d+[A-Za-z]?(?:\.\d+)*(?![\p{L}\p{N}-])/gu;
const backlog = 999;

/** Every mention of a file in order; fenced code names nothing. */
export function mentionsOf(source: Source): Mention[] {
  const found: Mention[] = [];
  const add = (what: Mention['what'], id: string, start: number, length: number, must = false): void => {
    found.push({ what, id, start, end: start + length, must });
  };
  let phaseColumn = -1;
  let last: Block | undefined;
  for (const block of source.lines) {
    if (block.kind === 'fenceLine' || block.kind === 'notUnderstood' || block.kind === 'data') continue;
    const text = source.text.slice(block.start, endOf(block));
    const field = leaf(block, 'name')?.text.trim().toLowerCase();
    const value = leaf(block, 'value');
    // Most lines name nothing: they are passed over before any pattern is tried.
    const hasDigit = /\d/.test(text);
    const hasDash = text.includes('-');
    for (const match of hasDash ? text.matchAll(requirementPattern) : [])
      add(
        'requirement',
        match[0].toUpperCase(),
        block.start + match.index,
        match[0].length,
        field === 'requirements',
      );
    for (const match of hasDash && hasDigit ? text.matchAll(planPattern) : [])
      add('plan', normalPlanId(match[0]), block.start + match.index, match[0].length);
    for (const { start, written } of hasDigit ? phaseReferences(text, block.kind === 'row') : [])
      add('phase', normalPhaseId(written), block.start + start, written.length, field === 'depends on');
    if (field === 'depends on' && value) {
      for (const match of value.text
        .replace(/\([^)]*\)|[—–].*$/g, (gone) => ' '.repeat(gone.length))
        .matchAll(phaseList))
        add('phase', normalPhaseId(match[0]), value.start + match.index, match[0].length, true);
    }
    if (field === 'phase' && value) {
      const match = /^\d+[A-Za-z]?(?:\.\d+)*(?![\p{L}\p{N}-])/u.exec(value.text);
      if (match) add('phase', normalPhaseId(match[0]), value.start, match[0].length, source.kind === 'STATE');
    }
    if (block.kind === 'row') {
      if (last?.kind !== 'row' && last?.kind !== 'delimiterRow') phaseColumn = phaseColumnOf(block);
      else phaseCells(block, phaseColumn, add);
    }
    last = block;
  }
  if (source.kind === 'PLAN' || source.kind === 'SUMMARY') frontmatterMentions(source, add);
  return unique(found);
}

type Add = (what: Mention['what'], id: string, start: number, length: number, must?: boolean) => void;

/** The column in which another thing than a phase names its phase. */
function phaseColumnOf(header: Block): number {
  return cellsOf(header).findIndex(({ text }, index) => index > 0 && /^phases?$/i.test(plain(text)));
}

function phaseCells(row: Block, column: number, add: Add): void {
  const cell = column < 0 ? undefined : cellsOf(row)[column];
  if (!cell || /\d\s*[-–—]\s*\d/.test(cell.text)) return;
  for (const match of cell.text.matchAll(phaseList))
    add('phase', normalPhaseId(match[0]), cell.start + match.index, match[0].length, true);
}

/** What the keys of a plan name: its phase, itself, the plans before it and its requirements. */
function frontmatterMentions(source: Source, add: Add): void {
  const entries = frontmatterEntries(source.blocks);
  if (!entries) return;
  const phase = scalarOf(entryOf(entries, 'phase'));
  const number =
    phase &&
    /^["']?(\d+[A-Za-z]?(?:\.\d+)*)(?![\p{L}\p{N}])/u.exec(source.text.slice(phase.start, phase.end));
  if (phase && number)
    add('phase', normalPhaseId(number[1]!), phase.start + number[0].indexOf(number[1]!), number[1]!.length);
  const written = readDirectoryName(source.path.split('/').at(-2) ?? '').written;
  const own = scalarOf(entryOf(entries, 'plan'));
  const ownNumber = own && /^["']?(\d+[a-z]?)["']?$/.exec(source.text.slice(own.start, own.end));
  const siblings = listOf(entryOf(entries, 'depends_on')).flatMap((value) => {
    const short = /^["']?(\d+[a-z]?)["']?$/.exec(source.text.slice(value.start, value.end));
    return short ? [{ text: short[1]!, start: value.start + short[0].indexOf(short[1]!) }] : [];
  });
  if (own && ownNumber)
    siblings.push({ text: ownNumber[1]!, start: own.start + ownNumber[0].indexOf(ownNumber[1]!) });
  for (const { text, start } of siblings) add('plan', normalPlanId(`${written}-${text}`), start, text.length);
  for (const key of ['requirements', 'requirements-completed']) {
    for (const value of listOf(entryOf(entries, key))) {
      const written = source.text.slice(value.start, value.end);
      for (const match of written.matchAll(requirementPattern))
        add('requirement', match[0].toUpperCase(), value.start + match.index, match[0].length, true);
    }
  }
}

/** One mention for each place and kind; the one that must hold wins. */
function unique(found: readonly Mention[]): Mention[] {
  const kept = new Map<string, Mention>();
  for (const mention of found) {
    if (mention.what === 'phase' && parseFloat(mention.id) >= backlog && mention.must) continue;
    const key = `${mention.what} ${mention.start}`;
    const known = kept.get(key);
    if (!known || (mention.must && !known.must)) kept.set(key, mention);
  }
  return [...kept.values()].sort((a, b) => a.start - b.start || b.end - a.end);
}
