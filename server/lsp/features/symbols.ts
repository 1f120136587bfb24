import type { DocumentSymbol, FoldingRange, SymbolInformation, SymbolKind } from 'vscode-languageserver';
import { contentOf, elementsNamed, elementsOf, endOf, leaf, type Block, type Element } from '../../planning';
import { property, type MelodyItem, type MelodySource } from '../melody/source';
import type { Source } from '../planning/source';
import type { ProjectView } from '../planning/view';

/** Numbers of the protocol. */
const kinds = {
  module: 2,
  method: 6,
  field: 8,
  string: 15,
  key: 20,
  event: 24,
  struct: 23,
} as const satisfies Record<string, SymbolKind>;
const most = { symbols: 5000, found: 500, depth: 60 } as const;

interface Draft {
  readonly symbol: DocumentSymbol & { children: DocumentSymbol[] };
  readonly level: number;
}

/** Headings inside each other; tasks of a plan stand under the heading or tag around them. */
export function planningSymbols(source: Source): DocumentSymbol[] {
  const { doc } = source;
  const roots: DocumentSymbol[] = [];
  const open: Draft[] = [];
  const tops = source.blocks.filter((block) => block.kind === 'heading').slice(0, most.symbols);
  tops.forEach((block, index) => {
    const level = leaf(block, 'marker')!.text.length;
    const next = tops.slice(index + 1).find((other) => leaf(other, 'marker')!.text.length <= level);
    const end = next ? next.start : source.text.length;
    const name = readableName(contentOf(block)) || '#';
    const symbol = {
      name,
      kind: kinds.string,
      range: doc.range(block.start, end),
      selectionRange: lineRange(source, block),
      children: [],
    };
    while (open.length > 0 && open.at(-1)!.level >= level) open.pop();
    (open.at(-1)?.symbol.children ?? roots).push(symbol);
    open.push({ symbol, level });
  });
  if (source.kind === 'PLAN') roots.push(...taskSymbols(source));
  return roots;
}

function taskSymbols(source: Source): DocumentSymbol[] {
  return elementsNamed(elementsOf(source.blocks), 'task')
    .slice(0, most.symbols)
    .map((task) => {
      const named = task.children.find(({ name }) => name === 'name')?.content ?? task.attributes['name'];
      const first = source.doc.lineSpan(task.line);
      const end = Math.max(first.end, task.start + task.content.length);
      return {
        name: readableName(named ?? 'task') || 'task',
        detail: task.attributes['type'] ?? '',
        kind: kinds.event,
        range: source.doc.range(first.start, end),
        selectionRange: source.doc.range(first.start, first.end),
      };
    });
}

/** Sections, frontmatter, fences, comments, tables and elements. */
export function planningFolds(source: Source): FoldingRange[] {
  const { doc } = source;
  const folds: FoldingRange[] = [];
  const add = (start: number, end: number, kind?: string): void => {
    const startLine = doc.positionAt(start).line;
    let endLine = doc.positionAt(end).line;
    if (endLine > startLine && source.text.slice(0, end).endsWith('\n')) endLine--;
    if (endLine > startLine && folds.length < most.symbols)
      folds.push({ startLine, endLine, ...(kind === undefined ? {} : { kind }) });
  };
  const headings = source.blocks.filter((block) => block.kind === 'heading').slice(0, most.symbols);
  headings.forEach((block, index) => {
    const level = leaf(block, 'marker')!.text.length;
    const next = headings.slice(index + 1).find((other) => leaf(other, 'marker')!.text.length <= level);
    add(block.start, next ? next.start : source.text.length, 'region');
  });
  for (const block of source.blocks)
    if (['frontmatter', 'fence', 'comment', 'table'].includes(block.kind))
      add(block.start, endOf(block), block.kind === 'comment' ? 'comment' : undefined);
  const visit = (element: Element): void => {
    add(element.start, element.start + element.content.length);
    element.children.forEach(visit);
  };
  if (source.kind !== 'data') elementsOf(source.blocks).slice(0, most.symbols).forEach(visit);
  return folds;
}

/** Nodes, those of a body under the node that has it. */
export function melodySymbols(source: MelodySource): DocumentSymbol[] {
  const byLevel = new Map<string, MelodyItem[]>();
  for (const item of source.items.slice(0, most.symbols))
    byLevel.set(item.level, [...(byLevel.get(item.level) ?? []), item]);
  const symbolsOf = (level: string, depth: number): DocumentSymbol[] =>
    (byLevel.get(level) ?? []).map((item) => {
      const { doc } = source;
      const { tree, name } = item;
      return {
        name: readableName(item.id) || '""',
        detail: item.kind,
        kind: kinds.method,
        range: doc.range(tree.offset, tree.offset + tree.length),
        selectionRange: doc.range(name.offset, name.offset + name.length),
        children: depth > most.depth ? [] : symbolsOf([...item.path, 'body'].join('/'), depth + 1),
      };
    });
  return symbolsOf('', 0);
}

/** Objects and lists of several lines, nodes and edges among them. */
export function melodyFolds(source: MelodySource): FoldingRange[] {
  const folds: FoldingRange[] = [];
  const add = (offset: number, length: number): void => {
    const startLine = source.doc.positionAt(offset).line;
    const endLine = source.doc.positionAt(offset + length).line - 1;
    if (endLine > startLine) folds.push({ startLine, endLine });
  };
  for (const key of ['nodes', 'edges', 'triggers']) {
    const list = property(source.tree, key);
    if (!list) continue;
    add(list.offset, list.length);
    for (const one of list.children?.slice(0, most.symbols) ?? []) add(one.offset, one.length);
  }
  return folds;
}

/** Phases, plans and requirements of a project by words of their id or name. */
export function projectSymbols(view: ProjectView, query: string): SymbolInformation[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found: SymbolInformation[] = [];
  const add = (name: string, kind: SymbolKind, file: string, line: number, containerName: string): void => {
    const source = view.sources.get(file);
    if (!source || found.length >= most.found) return;
    const low = name.toLowerCase();
    if (!words.every((word) => low.includes(word))) return;
    const { start, end } = source.doc.lineSpan(line);
    found.push({
      name,
      kind,
      location: { uri: source.doc.uri, range: source.doc.range(start, end) },
      containerName,
    });
  };
  for (const milestone of view.planning.view.milestones)
    for (const phase of milestone.phases) {
      const name = `Phase ${phase.id}: ${phase.name}`;
      add(name, kinds.module, phase.place.file, phase.place.line, milestone.name);
      for (const plan of phase.plans)
        add(`${plan.id}: ${plan.title}`, kinds.struct, plan.place.file, plan.place.line, name);
    }
  for (const { id, text, source, line } of view.requirements.values())
    add(readableName(`${id}: ${text}`), kinds.key, source.path, line, source.path);
  return found;
}

const readableName = (text: string): string =>
  text
    .replace(/[\ud800-\udfff]/gu, '\ufffd')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200);

function lineRange({ doc }: Source, block: Block) {
  const { start, end } = doc.lineSpan(block.line);
  return doc.range(start, end);
}
