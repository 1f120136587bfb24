import { problem } from '../../base';
import { normalPhaseId, normalPlanId } from '../ids';
import { isCompleteStatus, phaseOfBullet, phaseOfCell, planRowOf, tickOf } from '../roadmapLines';
import { type Block, contentOf, endOf, leaf } from '../text/nodes';
import type { Splice } from '../text/splice';
import { cellsOf } from '../text/tables';
import { type Standing, walk } from '../text/walk';
import { bodyRows, cellText, columnOf, plain, setCell } from './cells';
import { proved } from './prove';

/** Ticks or unticks the roadmap's row of a plan; a row without a box gets one. */
export function tickPlan(
  blocks: readonly Block[],
  { file, plan, done }: { readonly file: string; readonly plan: string; readonly done: boolean },
): readonly Splice[] {
  const id = normalPlanId(plan);
  const matches = (block: Block): boolean => block.kind === 'bullet' && planRowOf(block)?.id === id;
  const row = onlyOne(
    [...walk(blocks)].filter(({ block }) => matches(block)),
    file,
    plan,
  );
  const splices = tick(row, done);
  const holds = (edited: readonly Block[]): boolean =>
    edited.some((block) => block.line === row.line && matches(block) && tickOf(block) === done);
  return splices.length === 0 ? [] : proved(blocks, splices, { file, what: plan, holds });
}

/**
 * Marks a requirement done or open: its box, and the status of its row under a Traceability heading, in
 * the words other rows use. At least one of both must be there.
 */
export function markRequirement(
  blocks: readonly Block[],
  { file, id, done }: { readonly file: string; readonly id: string; readonly done: boolean },
): readonly Splice[] {
  const bullets = [...walk(blocks)].filter(
    ({ block }) =>
      block.kind === 'bullet' && tickOf(block) !== undefined && requirementOf(block) === id.toUpperCase(),
  );
  const rows = traceabilityRows(blocks).filter((row) => row.id === id.toUpperCase());
  const splices: Splice[] = [];
  if (bullets.length > 0) splices.push(...tick(onlyOne(bullets, file, id), done));
  if (rows.length > 1)
    throw ambiguous(
      file,
      id,
      rows.map((row) => row.row.line),
    );
  const row = rows[0];
  if (row && isCompleteStatus(row.status) !== done) {
    const splice = setCell(row.table, row.row, row.statusAt, statusWord(row.table, row.statusAt, done));
    if (splice) splices.push(splice);
  }
  if (bullets.length === 0 && !row) throw problem('planning.entryUnknown', { file, what: id });
  const holds = (edited: readonly Block[]): boolean => {
    const states = requirementStates(edited).get(id.toUpperCase());
    return (states?.ticked ?? done) === done && (states?.complete ?? done) === done;
  };
  return splices.length === 0 ? [] : proved(blocks, splices, { file, what: id, holds });
}

/** What a file of requirements says about each id, upper-case: its box and its traceability row. */
export function requirementStates(
  blocks: readonly Block[],
): Map<string, { ticked?: boolean; complete?: boolean; line: number }> {
  const states = new Map<string, { ticked?: boolean; complete?: boolean; line: number }>();
  for (const block of blocks) {
    const id = block.kind === 'bullet' ? requirementOf(block) : undefined;
    if (id === undefined || states.has(id)) continue;
    const ticked = tickOf(block);
    states.set(id, { line: block.line, ...(ticked === undefined ? {} : { ticked }) });
  }
  for (const { id, status, row } of traceabilityRows(blocks)) {
    const known = states.get(id) ?? { line: row.line };
    states.set(id, { ...known, complete: isCompleteStatus(status) });
  }
  return states;
}

/**
 * Marks a phase complete: ticks its bullet and ends it with `(completed DATE)`, and fills the cells of
 * its progress row that stand under `Plans…`, `Status` and `Completed`, wherever those columns are.
 */
export function completePhase(
  blocks: readonly Block[],
  set: { readonly file: string; readonly phase: string; readonly date: string; readonly plans: string },
): readonly Splice[] {
  const id = normalPhaseId(set.phase);
  const all = [...walk(blocks)];
  const bullets = all.filter(
    ({ block }) => block.kind === 'bullet' && tickOf(block) !== undefined && phaseOfBullet(block) === id,
  );
  const splices: Splice[] = [];
  if (bullets.length > 0) {
    const bullet = onlyOne(bullets, set.file, `Phase ${id}`);
    splices.push(...tick(bullet, true), ...completedOn(bullet, set.date));
  }
  for (const { block } of all) {
    if (block.kind !== 'table' || columnOf(block, /^(?:#|no\.?|phases?\b.*)$/i) !== 0) continue;
    for (const row of bodyRows(block)) {
      if (phaseOfCell(cellsOf(row)[0]?.text ?? '') === id) splices.push(...progressCells(block, row, set));
    }
  }
  if (splices.length === 0 && bullets.length === 0) {
    throw problem('planning.entryUnknown', { file: set.file, what: `Phase ${set.phase}` });
  }
  const holds = (edited: readonly Block[]): boolean =>
    bullets.length === 0 ||
    edited.some((block) => block.kind === 'bullet' && phaseOfBullet(block) === id && tickOf(block) === true);
  return splices.length === 0 ? [] : proved(blocks, splices, { file: set.file, what: `Phase ${id}`, holds });
}

/** Rows under a heading that speaks of traceability, with their id, upper-case, and status. */
function traceabilityRows(blocks: readonly Block[]): TraceabilityRow[] {
  const found: TraceabilityRow[] = [];
  for (const { block, headings } of walk(blocks)) {
    if (block.kind !== 'table' || !headings.some((heading) => /traceability/i.test(heading))) continue;
    const idAt = columnOf(block, /^(?:id|req(?:uirement)?(?:[ -]?ids?)?s?)$/i);
    const statusAt = columnOf(block, /^(?:status|outcome|state)$/i);
    if (idAt < 0 || statusAt < 0) continue;
    for (const row of bodyRows(block)) {
      const cells = cellsOf(row);
      const id = plain(cells[idAt]?.text ?? '').toUpperCase();
      if (id !== '') found.push({ table: block, row, id, statusAt, status: cellText(cells[statusAt]) });
    }
  }
  return found;
}

interface TraceabilityRow {
  readonly table: Block;
  readonly row: Block;
  readonly id: string;
  readonly statusAt: number;
  readonly status: string;
}

/** The id of a requirement bullet, upper-case: bold, struck or bare, before a colon or a space. */
function requirementOf(block: Block): string | undefined {
  return /^[*~`\s[]*([A-Z][A-Z0-9]*-[A-Za-z0-9_-]+)(?![A-Za-z0-9_-])/
    .exec(contentOf(block))?.[1]
    ?.toUpperCase();
}

function tick(block: Block, done: boolean): Splice[] {
  const mark = leaf(block, 'mark');
  if (mark)
    return tickOf(block) === done
      ? []
      : [{ start: mark.start, end: mark.start + mark.text.length, text: done ? 'x' : ' ' }];
  if (!done) return [];
  const gap = block.leaves.find((one) => one.role === 'gap') ?? leaf(block, 'marker')!;
  const at = gap.start + gap.text.length;
  return [{ start: at, end: at, text: gap.role === 'gap' ? '[x] ' : ' [x] ' }];
}

/** `(completed DATE)` at the end of a bullet, or its date where it is there already. */
function completedOn(block: Block, date: string): Splice[] {
  const text = contentOf(block);
  const eol = leaf(block, 'eol');
  const end = eol?.start ?? endOf(block);
  const start = end - text.length;
  const there = /\(completed(?: on)?\s+([^)]*)\)/i.exec(text);
  if (there) {
    const at = start + there.index + there[0].lastIndexOf(there[1]!);
    return there[1] === date ? [] : [{ start: at, end: at + there[1]!.length, text: date }];
  }
  const at = start + text.trimEnd().length;
  return [{ start: at, end: at, text: ` (completed ${date})` }];
}

function progressCells(table: Block, row: Block, set: { date: string; plans: string }): Splice[] {
  const cells = cellsOf(row);
  const statusAt = columnOf(table, /^status$/i);
  const wanted: (readonly [number, string])[] = [
    [columnOf(table, /^plans\b/i), set.plans],
    [columnOf(table, /^(?:completed|date|completed on)$/i), set.date],
  ];
  if (statusAt >= 0 && !isCompleteStatus(cellText(cells[statusAt]))) {
    wanted.push([statusAt, statusWord(table, statusAt, true)]);
  }
  return wanted.flatMap(([index, value]) => {
    if (index < 1 || cellText(cells[index]) === value) return [];
    const splice = setCell(table, row, index, value);
    return splice ? [splice] : [];
  });
}

/** The word other rows of the column use for a state, without what they add in parentheses. */
function statusWord(table: Block, statusAt: number, done: boolean): string {
  const counts = new Map<string, number>();
  for (const row of bodyRows(table)) {
    const word = cellText(cellsOf(row)[statusAt])
      .replace(/\s*\(.*$/s, '')
      .trim();
    const fits = done ? isCompleteStatus(word) : /^\W*(?:pending|not started|open|todo)$/iu.test(word);
    if (fits && word.length <= 24) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const common = [...counts].sort((a, b) => b[1] - a[1])[0];
  return common?.[0] ?? (done ? 'Complete' : 'Pending');
}

/** The one line that is meant: of several those outside `<details>` count; more than one is not guessed at. */
function onlyOne(found: readonly Standing[], file: string, what: string): Block {
  const open = found.filter((standing) => standing.details === 0);
  const candidates = open.length > 0 ? open : found;
  if (candidates.length === 0) throw problem('planning.entryUnknown', { file, what });
  if (candidates.length > 1)
    throw ambiguous(
      file,
      what,
      candidates.map(({ block }) => block.line),
    );
  return candidates[0]!.block;
}

function ambiguous(file: string, what: string, lines: readonly number[]): Error {
  return problem('planning.ambiguous', { file, what, lines: lines.join(', ') });
}
