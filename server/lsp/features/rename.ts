import type { Range, TextEdit } from 'vscode-languageserver';
import { fillText } from '../../../schemas';
import { nodeIdPattern } from '../../../schemas/melody';
import { problem } from '../../base';
import {
  applySplices,
  normalPhaseId,
  normalPlanId,
  renumberPath,
  renumberReferences,
  type Splice,
} from '../../planning';
import type { MelodySource } from '../melody/source';
import type { Mention } from '../planning/mentions';
import type { Source } from '../planning/source';
import type { ProjectView } from '../planning/view';
import { lspTexts as texts } from '../texts';
import { melodyItemAt } from './navigate';

/** Edits by file and, where the client can do that, files and folders with another name. */
export interface Renaming {
  readonly edits: readonly { readonly source: Source; readonly edits: readonly TextEdit[] }[];
  readonly moves: readonly { readonly from: string; readonly to: string }[];
}

/** The id that would be renamed; throws `planning.renameRefused` where there is none. */
export function planningRenameRange(view: ProjectView, source: Source, offset: number) {
  const mention = view.mentionAt(source, offset);
  if (!mention) throw refused('', texts.renameNothing);
  return {
    range: source.doc.range(mention.start, mention.end),
    placeholder: source.text.slice(mention.start, mention.end),
  };
}

/**
 * Everything that changes when an id becomes another: each place that names it, and the files whose names
 * hold it. Throws `planning.renameRefused` for names that are taken or are written like no id.
 */
export function planningRename(
  view: ProjectView,
  source: Source,
  offset: number,
  name: string,
  canMoveFiles: boolean,
): Renaming {
  const mention = view.mentionAt(source, offset);
  if (!mention) throw refused('', texts.renameNothing);
  const found =
    mention.what === 'requirement'
      ? renameRequirement(view, mention, name)
      : mention.what === 'phase'
        ? renamePhase(view, mention, name)
        : renamePlan(view, mention, name);
  if (found.moves.length > 0 && !canMoveFiles) throw refused(mention.id, texts.renameFiles);
  return found;
}

function renameRequirement(view: ProjectView, { id }: Mention, name: string): Renaming {
  if (!/^[A-Z][A-Z0-9]*-[A-Za-z0-9_-]*[A-Za-z0-9]$/.test(name))
    throw refused(id, fillText(texts.renameShape, { name: name.slice(0, 60), example: 'AUTH-01' }));
  if (name.toUpperCase() !== id && view.requirements.has(name.toUpperCase()))
    throw refused(id, fillText(texts.renameTaken, { name }));
  return { edits: placeEdits(view, 'requirement', id, () => name), moves: [] };
}

function renamePhase(view: ProjectView, { id }: Mention, name: string): Renaming {
  if (!/^\d{1,6}[A-Za-z]?(?:\.\d{1,6})*$/.test(name))
    throw refused(id, fillText(texts.renameShape, { name: name.slice(0, 60), example: '3 / 3.1' }));
  const next = normalPhaseId(name);
  if (next === id) return { edits: [], moves: [] };
  if (view.phases.has(next)) throw refused(id, fillText(texts.renameTaken, { name: next }));
  const found = view.phases.get(id) ?? [];
  if (found.length !== 1) throw refused(id, texts.renameTwice);
  if (found[0]!.milestone.state === 'shipped') throw refused(id, texts.renameArchive);
  const renumbering = new Map([[id, next]]);
  const edits = [...view.sources.values()].flatMap((source) => {
    if (source.kind === 'data') return [];
    const known = renumberReferences(source.blocks, renumbering).splices;
    const starts = new Set(known.map(({ start }) => start));
    // Cells, fields and keys that hold the number alone.
    const bare = source.mentions
      .filter((mention) => mention.what === 'phase' && mention.id === id && !starts.has(mention.start))
      .map(({ start, end }) => ({ start, end, text: padded(next, source.text.slice(start, end)) }));
    return editsOf(source, [...known, ...bare]);
  });
  const folder = found[0]!.phase.directory;
  const moves = folder === null ? [] : phaseMoves(view, folder, renumbering);
  return { edits, moves };
}

/** The folder of a phase and the files in it; files first, while their folder still has its name. */
function phaseMoves(
  view: ProjectView,
  folder: string,
  renumbering: ReadonlyMap<string, string>,
): Renaming['moves'] {
  const rename = (path: string): string => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return path.slice(0, path.length - name.length) + renumberPath(name, renumbering);
  };
  const inside = view.paths.filter((path) => path.startsWith(`${folder}/`));
  return [...inside, folder]
    .map((from) => ({ from, to: rename(from) }))
    .filter(({ from, to }) => from !== to && !(from === folder && isShared(folder)));
}

/** Some projects keep the files of all phases in one folder. */
const isShared = (folder: string): boolean => /\/phases$/.test(folder);

function renamePlan(view: ProjectView, { id }: Mention, name: string): Renaming {
  const found = view.plans.get(id) ?? [];
  if (found.length !== 1) throw refused(id, texts.renameTwice);
  const { plan, phase, milestone } = found[0]!;
  if (milestone.state === 'shipped') throw refused(id, texts.renameArchive);
  const prefix = plan.id.slice(0, plan.id.lastIndexOf('-'));
  const number = /^(?:(\d+[A-Za-z]?(?:\.\d+)*)-)?(\d{1,6}[a-z]?)$/.exec(name);
  if (!number || (number[1] !== undefined && normalPhaseId(number[1]) !== normalPhaseId(prefix)))
    throw refused(id, fillText(texts.renameShape, { name: name.slice(0, 60), example: `${prefix}-04` }));
  const short = number[2]!.padStart(2, '0');
  const next = `${prefix}-${short}`;
  if (normalPlanId(next) === id) return { edits: [], moves: [] };
  if (view.plans.has(normalPlanId(next))) throw refused(id, fillText(texts.renameTaken, { name: next }));
  const write = (written: string): string => {
    const at = written.lastIndexOf('-');
    return at < 0 ? short : written.slice(0, at + 1) + short;
  };
  const folder = phase.directory ?? '';
  const pattern = new RegExp(`^${escape(plan.id)}(?![\\w])(?!-\\d)`);
  const moves = view.paths
    .filter((path) => path.startsWith(`${folder}/`) && pattern.test(path.slice(folder.length + 1)))
    .map((from) => ({ from, to: `${folder}/${next}${from.slice(folder.length + 1 + plan.id.length)}` }));
  if (moves.some(({ to }) => view.paths.includes(to)))
    throw refused(id, fillText(texts.renameTaken, { name: next }));
  return { edits: placeEdits(view, 'plan', id, write), moves };
}

function placeEdits(
  view: ProjectView,
  what: Mention['what'],
  id: string,
  write: (written: string) => string,
): Renaming['edits'] {
  const bySource = new Map<Source, Splice[]>();
  for (const { source, mention } of view.places(what, id)) {
    const { start, end } = mention;
    const splices = bySource.get(source) ?? [];
    splices.push({ start, end, text: write(source.text.slice(start, end)) });
    bySource.set(source, splices);
  }
  return [...bySource].flatMap(([source, splices]) => editsOf(source, splices));
}

function editsOf(source: Source, splices: readonly Splice[]): Renaming['edits'] {
  if (splices.length === 0) return [];
  // Throws where two of them would overlap, before anything leaves this room.
  applySplices(source.text, splices);
  const edits = splices
    .toSorted((a, b) => a.start - b.start)
    .map(({ start, end, text }) => ({ range: source.doc.range(start, end), newText: text }));
  return [{ source, edits }];
}

/** A new number as wide as the old one was written. */
function padded(next: string, written: string): string {
  const width = written.startsWith('0') ? /^\d+/.exec(written)![0].length : 0;
  return next.replace(/^\d+/, (digits) => digits.padStart(width, '0'));
}

/** Renames a node of a Melody with everything that names it. */
export function melodyRename(source: MelodySource, offset: number, name: string): TextEdit[] {
  const item = melodyItemAt(source, offset);
  if (!item) throw refused('', texts.renameNothing);
  if (!nodeIdPattern.test(name) || name.length > 200)
    throw refused(item.id, fillText(texts.renameShape, { name: name.slice(0, 60), example: 'plan-03-01' }));
  if (name !== item.id && source.item(item.level, name))
    throw refused(item.id, fillText(texts.renameTaken, { name }));
  const own = { start: item.name.offset + 1, end: item.name.offset + item.name.length - 1 };
  const uses = source.ends.filter(({ level, node }) => level === item.level && node === item.id);
  // A name that is written with escapes is another text; nothing is guessed about it.
  const plain = [own, ...uses].filter(({ start, end }) => source.text.slice(start, end) === item.id);
  if (plain.length <= uses.length) throw refused(item.id, texts.renameNothing);
  return plain.map(({ start, end }) => ({ range: source.doc.range(start, end), newText: name }));
}

export function melodyRenameRange(
  source: MelodySource,
  offset: number,
): { readonly range: Range; readonly placeholder: string } {
  const item = melodyItemAt(source, offset);
  if (!item) throw refused('', texts.renameNothing);
  const end = source.ends.find((one) => one.start <= offset && offset <= one.end && one.node === item.id);
  const span = end ?? { start: item.name.offset + 1, end: item.name.offset + item.name.length - 1 };
  return { range: source.doc.range(span.start, span.end), placeholder: item.id };
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const refused = (what: string, detail: string) =>
  problem('planning.renameRefused', { what: what || 'This', detail });
