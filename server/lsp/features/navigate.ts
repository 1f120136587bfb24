import type { Location } from 'vscode-languageserver';
import { folderOf, resolvePath, uriOfPath } from '../text/uri';
import { endAt, itemAt } from '../melody/lookup';
import type { MelodyItem, MelodySource } from '../melody/source';
import type { Mention } from '../planning/mentions';
import type { Source } from '../planning/source';
import type { ProjectView } from '../planning/view';

/** More are never shown; an editor could not either. */
const mostPlaces = 5000;

/** Where the requirement, phase or plan at an offset is defined; for a path in a plan the file. */
export function planningDefinition(view: ProjectView, source: Source, offset: number): Location[] {
  const mention = view.mentionAt(source, offset);
  if (mention) return definitionOf(view, mention, source.path);
  const block = source.lineAt(offset);
  if (!block) return [];
  const line = source.text.slice(
    block.start,
    Math.min(block.start + 2000, source.doc.lineSpan(block.line).end),
  );
  for (const match of line.matchAll(/(?:@|\]\()?(\.?[^\s()[\]`"'<>|,]*\.md)/g)) {
    const start = block.start + match.index;
    if (offset < start || offset > start + match[0].length) continue;
    const wanted = match[1]!.replace(/^\.\//, '');
    const candidates = [wanted, `.planning/${wanted}`, resolvePath(folderOf(source.path), wanted)];
    const found = candidates.map((path) => view.sources.get(path)).find((one) => one !== undefined);
    if (found) return [at(found, 0, 0)];
  }
  return [];
}

function definitionOf(view: ProjectView, { what, id }: Mention, from: string): Location[] {
  if (what === 'requirement') {
    const found = view.requirements.get(id);
    return found ? [at(found.source, found.start, found.end)] : [];
  }
  const place = what === 'phase' ? view.phase(id, from)?.phase.place : view.plan(id, from)?.plan.place;
  const source = place && view.sources.get(place.file);
  if (!source) return [];
  const line = source.doc.lineSpan(place.line);
  return [at(source, line.start, line.end)];
}

/** Every place that names what stands at an offset. */
export function planningReferences(
  view: ProjectView,
  source: Source,
  offset: number,
  includeDeclaration: boolean,
): Location[] {
  const mention = view.mentionAt(source, offset);
  if (!mention) return [];
  const defined = definitionOf(view, mention, source.path)[0];
  const isDefinition = (location: Location): boolean =>
    defined?.uri === location.uri &&
    location.range.start.line === defined.range.start.line &&
    (mention.what !== 'requirement' || location.range.start.character === defined.range.start.character);
  return view
    .places(mention.what, mention.id)
    .slice(0, mostPlaces)
    .map((place) => at(place.source, place.mention.start, place.mention.end))
    .filter((location) => includeDeclaration || !isDefinition(location));
}

/** The node an edge names, or the file of a subworkflow. */
export function melodyDefinition(source: MelodySource, offset: number): Location[] {
  const end = endAt(source, offset);
  if (end) {
    const item = source.item(end.level, end.node);
    return item ? [within(source, item.name.offset + 1, item.name.offset + item.name.length - 1)] : [];
  }
  const found = source.at(offset);
  const item = itemAt(source, offset);
  if (
    found?.path.at(-1) === 'melody' &&
    item?.kind === 'subworkflow' &&
    typeof found.node.value === 'string'
  ) {
    const uri = uriOfPath(resolvePath(folderOf(source.path), found.node.value));
    const start = { line: 0, character: 0 };
    return [{ uri, range: { start, end: start } }];
  }
  return [];
}

/** The node whose id or use an offset is on. */
export function melodyItemAt(source: MelodySource, offset: number): MelodyItem | undefined {
  const end = endAt(source, offset);
  if (end) return offset <= end.end ? source.item(end.level, end.node) : undefined;
  return source.items.find(({ name }) => name.offset <= offset && offset <= name.offset + name.length);
}

/** Every edge and policy that names a node, and the node itself where that is wanted. */
export function melodyReferences(
  source: MelodySource,
  offset: number,
  includeDeclaration: boolean,
): Location[] {
  const item = melodyItemAt(source, offset);
  if (!item) return [];
  const uses = source.ends.filter(({ level, node }) => level === item.level && node === item.id);
  const locations = uses.slice(0, mostPlaces).map(({ start, end }) => within(source, start, end));
  const { name } = item;
  return includeDeclaration
    ? [within(source, name.offset + 1, name.offset + name.length - 1), ...locations]
    : locations;
}

const at = ({ doc }: Source, start: number, end: number): Location => ({
  uri: doc.uri,
  range: doc.range(start, end),
});
const within = ({ doc }: MelodySource, start: number, end: number): Location => ({
  uri: doc.uri,
  range: doc.range(start, end),
});
