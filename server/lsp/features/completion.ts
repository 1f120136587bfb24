import type { CompletionItem, CompletionItemKind } from 'vscode-languageserver';
import { baseTypes, nodeKinds } from '../../../schemas/melody';
import { portsOf } from '../../melody';
import { entryOf, frontmatterEntries, knownTags, leaf, type FileKind } from '../../planning';
import { nodeOf } from '../melody/lookup';
import type { MelodySource } from '../melody/source';
import { configChoices } from '../planning/config';
import type { Source } from '../planning/source';
import type { ProjectView } from '../planning/view';

/** Numbers of the protocol. */
const kinds = {
  value: 12,
  property: 10,
  reference: 18,
  file: 17,
  keyword: 14,
  enumMember: 20,
} as const satisfies Record<string, CompletionItemKind>;
const mostItems = 1000;

interface Choice {
  readonly label: string;
  readonly kind: CompletionItemKind;
  readonly detail?: string;
  /** What is written instead of the label. */
  readonly text?: string;
}

/** Keys of the frontmatter that files of a kind have, in GSD’s order. */
const keysOf: Partial<Record<FileKind, string>> = {
  PLAN: 'phase plan type wave depends_on files_modified autonomous requirements must_haves user_setup gap_closure status tags title',
  SUMMARY:
    'phase plan subsystem tags requires provides affects tech-stack key-files key-decisions patterns-established requirements-completed duration completed status',
  STATE:
    'gsd_state_version milestone milestone_name status current_phase current_phase_name current_plan stopped_at paused_at last_updated last_activity last_activity_desc progress',
  VERIFICATION: 'phase verified status score gaps human_verification re_verification overrides',
  UAT: 'status phase source started updated',
  VALIDATION: 'phase slug status nyquist_compliant wave_0_complete created',
  AUDIT: 'milestone audited status scores gaps tech_debt',
  todo: 'created title area severity priority files resolves_phase',
  thread: 'slug title status created updated',
  debug: 'status trigger created updated',
};
const statuses: Partial<Record<FileKind, string>> = {
  PLAN: 'superseded',
  SUMMARY: 'complete halted',
  STATE: 'planning executing verifying discussing paused completed',
  VERIFICATION: 'passed gaps_found human_needed',
  UAT: 'testing partial complete diagnosed',
  VALIDATION: 'draft validated',
  AUDIT: 'passed gaps_found tech_debt',
  thread: 'open in_progress resolved',
  debug: 'gathering investigating fixing verifying awaiting_human_verify resolved diagnosed',
};

/** What can be written at an offset of a planning file. */
export function planningCompletion(view: ProjectView, source: Source, offset: number): CompletionItem[] {
  if (source.kind === 'data') {
    if (!source.path.endsWith('/config.json')) return [];
    const { words, isKey } = configChoices(source.text, offset);
    const word = /"?[\w.-]*$/.exec(source.text.slice(Math.max(0, offset - 200), offset))![0];
    const written = words.map((label) => ({
      label,
      kind: isKey ? kinds.property : kinds.value,
      text: isKey ? `"${label}"` : label,
    }));
    return items(source, offset - word.length, offset, written);
  }
  const lineStart = Math.max(source.text.lastIndexOf('\n', offset - 1) + 1, offset - 2000);
  const before = source.text.slice(lineStart, offset);
  const block = source.lineAt(Math.max(0, offset - 1));
  if (block?.kind === 'fenceLine') return [];
  const tag = /<\/?[\w-]*$/.exec(before)?.[0];
  if (tag !== undefined) {
    const open = tag.startsWith('</') ? '</' : '<';
    const tags = [...knownTags].map((name) => ({ label: `${open}${name}>`, kind: kinds.keyword }));
    return items(source, offset - tag.length, offset, tags);
  }
  const path = /(?:@|\]\()([^\s()]*)$/.exec(before)?.[1];
  if (path !== undefined) {
    const paths = view.paths.map((label) => ({ label, kind: kinds.file }));
    return items(source, offset - path.length, offset, paths);
  }
  const frontmatter = source.blocks.find((one) => one.kind === 'frontmatter');
  const last = frontmatter?.children.at(-1);
  const inFrontmatter = frontmatter && offset > frontmatter.start + 3 && last && offset <= last.start;
  if (inFrontmatter) return frontmatterCompletion(view, source, offset, before);
  const word = /[A-Za-z0-9_.-]*$/.exec(before)![0];
  const start = offset - word.length;
  const field = block && leaf(block, 'name')?.text.trim().toLowerCase();
  if (/\bphases?\s+[\d.]*$/i.test(before) || field === 'depends on')
    return items(source, start, offset, phases(view));
  if (field === 'requirements' || /^[A-Z][A-Z0-9]*-?\w*$/.test(word))
    return items(source, start, offset, requirements(view));
  if (field === 'status' && statuses[source.kind])
    return items(source, start, offset, words(statuses[source.kind]!));
  return /^\d+[\d.]*-?\d*$/.test(word) ? items(source, start, offset, plans(view)) : [];
}

function frontmatterCompletion(
  view: ProjectView,
  source: Source,
  offset: number,
  before: string,
): CompletionItem[] {
  const entries = frontmatterEntries(source.blocks) ?? [];
  const word = /[^\s,[\]"'@:]*$/.exec(before)![0];
  const start = offset - word.length;
  if (/^[\w-]*$/.test(before)) {
    const missing = words(keysOf[source.kind] ?? '').filter(({ label }) => !entryOf(entries, label));
    return items(
      source,
      start,
      offset,
      missing.map((one) => ({ ...one, kind: kinds.property, text: `${one.label}: ` })),
    );
  }
  const key = entries
    .findLast((entry) => entry.block.start < offset)
    ?.key.replaceAll('_', '-')
    .toLowerCase();
  const folder = source.path.split('/').slice(0, -1).join('/');
  switch (key) {
    case 'type':
      return items(source, start, offset, words(source.kind === 'PLAN' ? 'execute tdd' : ''));
    case 'autonomous':
    case 'gap-closure':
      return items(source, start, offset, words('true false'));
    case 'status':
      return items(source, start, offset, words(statuses[source.kind] ?? ''));
    case 'phase':
      return items(source, start, offset, directories(view));
    case 'depends-on':
      return items(source, start, offset, plans(view, folder, source.path));
    case 'requirements':
    case 'requirements-completed':
      return items(source, start, offset, requirements(view));
    default:
      return [];
  }
}

/** What can be written at an offset of a Melody: kinds, types, nodes and their ports. */
export function melodyCompletion(source: MelodySource, offset: number): CompletionItem[] {
  const found = source.at(offset);
  if (!found || found.node.type !== 'string') return [];
  const { node, path } = found;
  const key = path.at(-1);
  const list = path.at(-3);
  const [start, end] = [node.offset + 1, Math.max(node.offset + 1, node.offset + node.length - 1)];
  const done = (choices: readonly Choice[]) => items(source, start, end, choices);
  // Whether the cursor is in a value shows in its parent: a key is the first child of a property.
  if (node.parent?.type === 'property' && node.parent.children?.[0] === node) return [];
  if (key === 'kind')
    return done(words(list === 'edges' ? 'data control conditional' : Object.keys(nodeKinds).join(' ')));
  if (key === 'type') {
    const types = baseTypes.flatMap((type) =>
      type === 'list' ? ['list<any>', 'list<text>', 'list<json>', 'list<file>'] : [type],
    );
    return done(types.map((label) => ({ label, kind: kinds.enumMember })));
  }
  const isPolicy = key === 'node' && path.includes('policy');
  if ((list !== 'edges' || (key !== 'from' && key !== 'to')) && !isPolicy) return [];
  const level = (isPolicy ? path.slice(0, path.lastIndexOf('policy') - 2) : path.slice(0, -3)).join('/');
  const edge = node.parent?.parent;
  const kind = edge?.children?.find((one) => one.children?.[0]?.value === 'kind')?.children?.[1]?.value;
  const nodes = source.items.filter((item) => item.level === level);
  if (isPolicy || (kind !== undefined && kind !== 'data'))
    return done(nodes.map(({ id, kind: detail }) => ({ label: id, kind: kinds.reference, detail })));
  return done(
    nodes.flatMap((item) => {
      const value = nodeOf(source, item);
      const ports = value && (key === 'from' ? portsOf(value).outputs : portsOf(value).inputs).all;
      return (ports ?? []).map(({ name, type }) => ({
        label: `${item.id}.${name}`,
        kind: kinds.reference,
        detail: type?.text ?? '',
      }));
    }),
  );
}

function items(
  { doc }: Pick<Source, 'doc'>,
  start: number,
  end: number,
  choices: readonly Choice[],
): CompletionItem[] {
  const range = doc.range(start, end);
  return choices.slice(0, mostItems).map(({ label, kind, detail, text }) => ({
    label,
    kind,
    ...(detail === undefined || detail === '' ? {} : { detail: detail.slice(0, 200) }),
    filterText: text ?? label,
    textEdit: { range, newText: text ?? label },
  }));
}

const words = (text: string): Choice[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((label) => ({ label, kind: kinds.value }));

function requirements(view: ProjectView): Choice[] {
  return [...view.requirements.values()]
    .filter(({ archived }) => !archived)
    .map(({ id, text, source, start, end }) => ({
      label: source.text.slice(start, end) || id,
      kind: kinds.reference,
      detail: text,
    }));
}

function phases(view: ProjectView): Choice[] {
  return [...view.phases.values()].map((found) => {
    const { phase } = found.at(-1)!;
    return { label: phase.id, kind: kinds.reference, detail: phase.name };
  });
}

function directories(view: ProjectView): Choice[] {
  const all = [...view.phases.values()].flat().flatMap(({ phase }) => phase.directory ?? []);
  return all.map((directory) => ({ label: directory.split('/').at(-1)!, kind: kinds.value }));
}

/** Plans to depend on: those of the same folder first, without the file itself. */
function plans(view: ProjectView, folder?: string, without?: string): Choice[] {
  const all = [...view.plans.values()].flat().filter(({ plan }) => plan.place.file !== without);
  const near = (file: string): number => (folder !== undefined && file.startsWith(`${folder}/`) ? 0 : 1);
  return all
    .sort((a, b) => near(a.plan.place.file) - near(b.plan.place.file))
    .map(({ plan }) => ({ label: plan.id, kind: kinds.reference, detail: plan.title }));
}
