import { fillText, type Problem } from '../../../../schemas';
import {
  countsOf,
  entryOf,
  frontmatterEntries,
  leaf,
  listOf,
  normalPlanId,
  proved,
  scalarOf,
  serialise,
  setFrontmatter,
  tickOf,
  type Block,
} from '../../../planning';
import { lspTexts } from '../../texts';
import type { Source } from '../source';
import type { ProjectView } from '../view';
import type { Fix, Found } from './found';

/** What the planning room found, put at the exact place it speaks of. */
export function placedProblems(view: ProjectView, problems: readonly Problem[]): Found[] {
  return problems.flatMap((problem) => {
    const { file, line } = problem.args;
    if (typeof file !== 'string') return withoutFile(view, problem);
    const source = view.sources.get(file);
    return source ? [placed(source, problem, typeof line === 'number' ? line : 1)] : [];
  });
}

function placed(source: Source, problem: Problem, line: number): Found {
  const whole = source.doc.lineSpan(line);
  const block = source.lines.find((one) => one.line === line);
  const at = (start: number, end: number, fixes: readonly Fix[] = []): Found => ({
    problem,
    source,
    start,
    end,
    fixes,
  });
  if (problem.code === 'planning.waveMismatch') {
    const wave = scalarOf(entryOf(frontmatterEntries(source.blocks), 'wave'));
    if (wave) return at(wave.start, wave.end, [waveFix(source, String(problem.args['computed']))]);
  }
  const { dependency } = problem.args;
  if (typeof dependency === 'string') {
    const value = listOf(entryOf(frontmatterEntries(source.blocks), 'depends_on')).find(
      (one) => one.line === line && one.text.startsWith(dependency),
    );
    if (value) return at(value.start, value.end);
  }
  if (problem.code === 'planning.discrepancy' && block) {
    const count = countOn(block);
    const right = /(\d+\/\d+)$/.exec(String(problem.args['found']))?.[1];
    if (count && right !== undefined)
      return at(count.start, count.end, [countFix(source, block, count, right)]);
    if (tickOf(block) === true) return at(whole.start, whole.end, [untick(source, block)]);
  }
  return at(whole.start, whole.end);
}

/** Findings about several plans stand at each one that has to do with them. */
function withoutFile(view: ProjectView, problem: Problem): Found[] {
  const { path, second } = problem.args;
  const [ids, key] =
    problem.code === 'planning.cycle' && typeof path === 'string'
      ? [[...new Set(path.split(' → '))], 'depends_on']
      : problem.code === 'planning.filesOverlap' && typeof second === 'string'
        ? [[second], 'files_modified']
        : [[], ''];
  return ids.flatMap((id) => {
    const file = view.plan(normalPlanId(id))?.plan.place.file;
    const source = file === undefined ? undefined : view.sources.get(file);
    if (!source) return [];
    const entry = entryOf(frontmatterEntries(source.blocks), key);
    const name = entry && leaf(entry.block, 'key');
    const span = name ? { start: name.start, end: name.start + name.text.length } : source.doc.lineSpan(1);
    return [{ problem, source, ...span, fixes: [] }];
  });
}

const waveFix = (source: Source, value: string): Fix => ({
  title: fillText(lspTexts.fixWave, { value }),
  edits: () => [
    { path: source.path, splices: setFrontmatter(source.blocks, { file: source.path, key: 'wave', value }) },
  ],
});

interface Count {
  readonly start: number;
  readonly end: number;
}

/** Where a line stores `2/3`: the value of its field, or the cell that begins with it. */
function countOn(block: Block): Count | undefined {
  for (const one of block.leaves) {
    if ((one.role !== 'value' && one.role !== 'cell') || !countsOf(one.text, block.line)) continue;
    const match = /\d+\s*\/\s*\d+/.exec(one.text)!;
    return { start: one.start + match.index, end: one.start + match.index + match[0].length };
  }
  return undefined;
}

const countFix = (source: Source, block: Block, count: Count, value: string): Fix => ({
  title: fillText(lspTexts.fixCount, { value }),
  edits: () => {
    const wanted = lineAfter(block, count, value);
    const holds = (edited: readonly Block[]) => serialise(edited).startsWith(wanted, block.start);
    const splices = proved(source.blocks, [{ ...count, text: value }], {
      file: source.path,
      what: value,
      holds,
    });
    return [{ path: source.path, splices }];
  },
});

/** Takes the tick out of the box of a line. */
export function untick(source: Source, block: Block, what = lineName(block)): Fix {
  return {
    title: fillText(lspTexts.fixUntick, { what }),
    edits: () => {
      const mark = leaf(block, 'mark')!;
      const span = { start: mark.start, end: mark.start + mark.text.length };
      const holds = (edited: readonly Block[]) =>
        serialise(edited).startsWith(lineAfter(block, span, ' '), block.start);
      const splices = proved(source.blocks, [{ ...span, text: ' ' }], { file: source.path, what, holds });
      return [{ path: source.path, splices }];
    },
  };
}

function lineAfter(block: Block, { start, end }: Count, text: string): string {
  const line = serialise([block]);
  return line.slice(0, start - block.start) + text + line.slice(end - block.start);
}

/** The beginning of what a line says, for a title. */
const lineName = (block: Block): string =>
  serialise([block])
    .replace(/^[\s*+-]*\[.\]\s*/, '')
    .replace(/[*`_~]/g, '')
    .split(/[:—–]| - /)[0]!
    .trim()
    .slice(0, 40);
