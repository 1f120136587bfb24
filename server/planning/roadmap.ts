import { normalPhaseId } from './ids';
import { type MilestoneFact, milestoneKeyOf, readMilestone } from './milestones';
import {
  type PlanRow,
  type StoredCounts,
  cleanName,
  cleanText,
  completeMark,
  countsOf,
  isCompleteStatus,
  planRowOf,
  saidBy,
  shape,
  splitName,
  tickOf,
} from './roadmapLines';
import { type Block, leaf } from './text/nodes';
import { cellsOf } from './text/tables';

/** One place in a roadmap that names a phase. */
export interface PhaseFact {
  readonly id: string;
  readonly name: string;
  readonly source: 'heading' | 'bullet' | 'table';
  /** The milestone the place stands under, if any. */
  readonly milestone: string | undefined;
  readonly goal: string;
  /** Whether a box is ticked or a cell says complete; undefined where the place does not say. */
  readonly complete: boolean | undefined;
  /** Stored counts, `2/3`: finished plans and all plans, and where they stand. */
  readonly counts: StoredCounts | undefined;
  readonly file: string;
  readonly line: number;
}

export interface Roadmap {
  readonly file: string;
  readonly title: string;
  readonly phases: readonly PhaseFact[];
  readonly milestones: readonly MilestoneFact[];
  readonly planRows: readonly PlanRow[];
}

/** Reads every place of a roadmap that names a milestone, a phase or a plan, in whatever notation. */
export function readRoadmap(blocks: readonly Block[], file: string): Roadmap {
  return new RoadmapReader(file).read(blocks);
}

/** More of them in one file than this are no roadmap; the first ones are kept. */
const most = { phases: 10_000, milestones: 2_000, planRows: 50_000 } as const;

class RoadmapReader {
  private title = '';
  private readonly phases: PhaseFact[] = [];
  private readonly milestones: MilestoneFact[] = [];
  private readonly planRows: PlanRow[] = [];
  /** Milestones of the headings around, outermost first, with their levels. */
  private around: { level: number; key: string }[] = [];
  /** One entry per open `<details>`. */
  private readonly details: (string | undefined)[] = [];
  private current: { index: number; level: number } | undefined;

  constructor(private readonly file: string) {}

  read(blocks: readonly Block[]): Roadmap {
    for (const block of blocks) {
      if (this.phases.length >= most.phases || this.planRows.length >= most.planRows) break;
      if (block.kind === 'heading') this.readHeading(block);
      else if (block.kind === 'details') this.readDetails(block);
      else if (block.kind === 'bullet') this.readBullet(block);
      else if (block.kind === 'table') this.readTable(block);
      else if (block.kind === 'field') this.readField(block);
      else if (block.kind === 'paragraph') this.readParagraph(block);
    }
    const { title, phases, planRows, file } = this;
    return { file, title, phases, milestones: this.milestones.slice(0, most.milestones), planRows };
  }

  private get milestone(): string | undefined {
    return this.details.findLast((key) => key !== undefined) ?? this.around.at(-1)?.key;
  }

  private readHeading(block: Block): void {
    const level = leaf(block, 'marker')!.text.length;
    const text = saidBy(block).trim();
    const phase = shape.heading.exec(text);
    if (phase) {
      this.addPhase(phase[1]!, phase[2] ?? '', 'heading', completeMark(text), block.line);
      this.current = { index: this.phases.length - 1, level };
      return;
    }
    if (this.current && level <= this.current.level) this.current = undefined;
    while (this.around.length > 0 && this.around.at(-1)!.level >= level) this.around.pop();
    if (level === 1 && this.title === '') this.title = text.replace(/^roadmap\s*[:—–-]\s*/i, '');
    const milestone = level <= 4 ? readMilestone(text, this.file, block.line) : undefined;
    if (!milestone) return;
    this.around.push({ level, key: milestone.key });
    this.milestones.push(milestone);
  }

  private readDetails(block: Block): void {
    let inSummary = false;
    for (const one of block.leaves) {
      const tag = one.role === 'tag' ? one.text.toLowerCase() : '';
      if (tag.startsWith('<details')) this.details.push(undefined);
      else if (tag.startsWith('</details')) {
        this.details.pop();
        this.current = undefined;
      } else if (tag.startsWith('<summary')) inSummary = true;
      else if (tag.startsWith('</summary')) inSummary = false;
      else if (inSummary && one.role === 'text') {
        const text = one.text.slice(0, 2000).replace(/<[^>]{0,40}>/g, '');
        const milestone = readMilestone(text, this.file, block.line);
        if (milestone) {
          this.milestones.push(milestone);
          if (this.details.length > 0) this.details[this.details.length - 1] = milestone.key;
        }
      }
    }
  }

  private readBullet(block: Block): void {
    const text = saidBy(block);
    const ticked = tickOf(block);
    const phase = shape.bullet.exec(text);
    if (phase) {
      const [name, rest] = splitName(phase[2] ?? phase[3] ?? '');
      const complete = ticked ?? (completeMark(text) || undefined);
      this.addPhase(phase[1]!, name, 'bullet', complete, block.line, rest);
      return;
    }
    const row = planRowOf(block, this.milestone);
    if (row) {
      this.planRows.push(row);
      return;
    }
    if (/^[^\p{L}\p{N}]*(?:v\d|milestone\s|M\d)/iu.test(text)) {
      const milestone = readMilestone(text, this.file, block.line);
      if (milestone) this.milestones.push(milestone);
    } else this.readField(block);
  }

  private readTable(table: Block): void {
    const rows = table.children
      .filter((row) => row.kind === 'row')
      .map((row) => ({ row, cells: cellsOf(row) }));
    const header = rows[0]?.cells.map((cell) => cell.text.replace(/[*`]/g, '').trim().toLowerCase());
    if (!header || !/^(?:#|no\.?|phase\b.*|phases?)$/.test(header[0] ?? '')) return;
    // A numbered list of tasks inside a phase is no list of phases.
    if (/^(?:#|no)/.test(header[0]!) && (this.current || header.some((name) => /^tasks?\b/.test(name))))
      return;
    const milestoneAt = header.findIndex((name) => name.startsWith('milestone'));
    const plansAt = header.findIndex((name) => name.startsWith('plans'));
    const statusAt = header.findIndex((name) => name.startsWith('status'));
    const nameAt = header.findIndex(
      (name, index) => index > 0 && /^(?:name|title|phase|goal|description)/.test(name),
    );
    for (const { row, cells } of rows.slice(1)) {
      const cell =
        cells[0]?.text
          .slice(0, 500)
          .replace(/[*`~]/g, '')
          .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1') ?? '';
      const phase = shape.cell.exec(cell);
      if (!phase || /^\d+\s*[-–—]\s*\d+\s*$/.test(cell)) continue;
      const status = statusAt < 0 ? '' : (cells[statusAt]?.text ?? '');
      const name = (phase[2] ?? (nameAt < 0 ? '' : (cells[nameAt]?.text ?? ''))).replaceAll('\\|', '|');
      const milestone = milestoneAt < 0 ? undefined : milestoneKeyOf(cells[milestoneAt]?.text ?? '');
      const complete = status === '' ? undefined : isCompleteStatus(status);
      const counts = countsOf(cells[plansAt]?.text ?? '', row.line);
      this.addPhase(phase[1]!, name, 'table', complete, row.line, '', milestone, counts);
    }
  }

  private readField(block: Block): void {
    const name = leaf(block, 'name')?.text.trim().toLowerCase();
    const index = this.current?.index;
    if (name === undefined || index === undefined) return;
    const fact = this.phases[index]!;
    const value = leaf(block, 'value')?.text.slice(0, 2000).trim() ?? '';
    if (name === 'goal' && fact.goal === '') this.phases[index] = { ...fact, goal: cleanText(value) };
    // The list of plans begins with the same word and no count.
    else if (name === 'plans')
      this.phases[index] = { ...fact, counts: countsOf(value, block.line) ?? fact.counts };
    else if (name === 'status' && fact.complete !== true) {
      this.phases[index] = { ...fact, complete: isCompleteStatus(value) };
    }
  }

  /** `Phase 3: Name` as a line of its own, set in bold, as older roadmaps have it. */
  private readParagraph(block: Block): void {
    const text = saidBy(block);
    if (!text.startsWith('**Phase')) return;
    const phase = shape.bullet.exec(text);
    if (!phase) return;
    const [name, rest] = splitName(phase[2] ?? phase[3] ?? '');
    this.addPhase(phase[1]!, name, 'bullet', completeMark(text) || undefined, block.line, rest);
  }

  private addPhase(
    id: string,
    name: string,
    source: PhaseFact['source'],
    complete: boolean | undefined,
    line: number,
    goal = '',
    milestone = this.milestone,
    counts: PhaseFact['counts'] = undefined,
  ): void {
    this.phases.push({
      id: normalPhaseId(id),
      name: cleanName(name),
      source,
      milestone,
      goal: cleanText(goal),
      complete: complete === false && source === 'heading' ? undefined : complete,
      counts,
      file: this.file,
      line,
    });
  }
}
