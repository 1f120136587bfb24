import type { Problem } from '../../schemas/codes';
import { readable } from './text/bytes';
import { decodeEntities, type Element, elementsNamed, elementsOf } from './text/elements';
import { type Block, headOf, leaf } from './text/nodes';
import { type Value, entryOf, frontmatterEntries, listOf, scalarOf } from './text/values';
import { verifyCommands } from './verify';

export interface PlanTask {
  readonly name: string;
  readonly type: string;
  readonly line: number;
}

/** What a plan file says, whatever its dialect. */
export interface PlanContent {
  readonly title: string;
  readonly objective: string;
  readonly text: string;
  /** As declared; undefined where it is missing or no number. */
  readonly wave: Value | undefined;
  readonly dependsOn: readonly Value[];
  readonly files: readonly string[];
  readonly verify: readonly string[];
  readonly tasks: readonly PlanTask[];
  readonly superseded: boolean;
  readonly problems: readonly Problem[];
}

/** A plan holds a handful of each; a file that claims more is cut off here. */
const most = { tasks: 1000, problems: 100, dependencies: 1000, files: 2000 } as const;

/** Reads a plan from its blocks; `text` is the decoded file. */
export function readPlan(blocks: readonly Block[], text: string, file: string): PlanContent {
  const entries = frontmatterEntries(blocks);
  const elements = elementsOf(blocks);
  const taskElements = elementsNamed(elements, 'task').slice(0, most.tasks);
  const objective = readable(elementsNamed(elements, 'objective')[0]?.content ?? '').trim();
  const wave = scalarOf(entryOf(entries, 'wave'));
  const problems: Problem[] = [];
  const malformed = (line: number, detail: string): void => {
    if (problems.length >= most.problems) return;
    problems.push({ code: 'planning.malformed', args: { file, line, detail } });
  };
  if (wave && !/^\d+$/.test(wave.text))
    malformed(wave.line, `wave “${wave.text.slice(0, 60)}” is not a number`);
  for (const task of taskElements) {
    if (!task.closed) malformed(task.line, 'this <task> is never closed');
  }
  const declared = listOf(entryOf(entries, 'files_modified')).map((value) => cleanPath(value.text));
  const tasks = taskElements.length > 0 ? taskElements.map(taskOf) : headingTasks(blocks);
  return {
    title: titleOf(blocks, objective, scalarOf(entryOf(entries, 'title'))?.text),
    objective,
    text: readable(text),
    wave: wave && /^\d+$/.test(wave.text) ? wave : undefined,
    dependsOn: listOf(entryOf(entries, 'depends_on')).slice(0, most.dependencies),
    files: [
      ...new Set((declared.length > 0 ? declared : taskFiles(taskElements)).filter((path) => path !== '')),
    ].slice(0, most.files),
    verify: verifyCommands(taskElements),
    tasks,
    superseded: scalarOf(entryOf(entries, 'status'))?.text.toLowerCase() === 'superseded',
    problems,
  };
}

function taskFiles(tasks: readonly Element[]): string[] {
  return tasks
    .flatMap((task) => elementsNamed(task.children, 'files'))
    .flatMap((files) => readable(files.content).split(/[,\n]/))
    .map(cleanPath);
}

/** A path without list marks, quotes and trailing remarks, with forward slashes. */
function cleanPath(text: string): string {
  const item = text
    .trim()
    .slice(0, 1000)
    .replace(/^[-*+]\s+/, '');
  const quoted = /^([`"'])(.*?)\1/.exec(item)?.[2];
  return (quoted ?? item.replace(/\s+[(—].*$/s, '')).replaceAll('\\', '/').replace(/^\.\//, '').trim();
}

function taskOf(task: Element): PlanTask {
  const name = task.children.find((child) => child.name === 'name' || child.name === 'n')?.content;
  const text = name ?? task.attributes['name'] ?? firstLine(task.children[0]?.content ?? task.content);
  return {
    name: decodeEntities(readable(text)).replace(/\s+/g, ' ').trim().slice(0, 300) || 'Task',
    type: task.attributes['type'] ?? 'auto',
    line: task.line,
  };
}

/** `### Task 2: Name`, for plans without tags. */
function headingTasks(blocks: readonly Block[]): PlanTask[] {
  return blocks
    .filter((block) => block.kind === 'heading' && /^\W*Task\s+\d/i.test(headOf(block)))
    .slice(0, most.tasks)
    .map((block) => ({
      name: readable(headOf(block)).trim().slice(0, 300),
      type: 'auto',
      line: block.line,
    }));
}

function titleOf(blocks: readonly Block[], objective: string, declared: string | undefined): string {
  if (declared !== undefined && declared !== '') return readable(declared).slice(0, 300);
  const heading = blocks.find((block) => block.kind === 'heading' && leaf(block, 'marker')!.text === '#');
  const fromHeading =
    heading &&
    readable(headOf(heading))
      .trim()
      .replace(/^(?:Phase\s+[\d.]+\s*,?\s*)?Plan\s+[\w.-]*\s*[:—–-]\s*/i, '');
  if (fromHeading) return fromHeading.slice(0, 300);
  const start = objective.slice(0, 2000);
  const sentence = /^.*?[.!?](?=\s|$)/s.exec(start)?.[0] ?? start;
  return sentence.replace(/\*\*/g, '').replace(/\s+/g, ' ').trim().slice(0, 120);
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
