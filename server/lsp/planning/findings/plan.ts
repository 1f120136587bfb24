import { fillText } from '../../../../schemas';
import {
  entryOf,
  frontmatterEntries,
  leaf,
  listOf,
  member,
  nestedOf,
  readDirectoryName,
  setFrontmatter,
  textsOf,
} from '../../../planning';
import { lspTexts } from '../../texts';
import type { Source } from '../source';
import type { PlanFound, ProjectView } from '../view';
import { foundAt, type Fix, type Found } from './found';

/** The keys every plan has, in GSD’s order. */
const required = ['phase', 'plan', 'type', 'wave', 'depends_on', 'files_modified', 'autonomous'] as const;
/** GSD’s own checker calls plans of this size too large. */
const most = { tasks: 4, files: 14 } as const;

/** What is missing in a plan that is still to be done. Finished plans are history. */
export function planFindings(view: ProjectView, source: Source): Found[] {
  const known = view.planOfFile(source.path);
  if (!known || known.plan.state === 'complete' || known.milestone.state === 'shipped') return [];
  const plan = known.plan.id;
  const entries = frontmatterEntries(source.blocks);
  const head = source.doc.lineSpan(1);
  const found: Found[] = [];
  if (entries) {
    for (const key of required)
      if (!entryOf(entries, key))
        found.push(foundAt(source, head, 'planning.keyMissing', { plan, key }, addKey(known, source, key)));
  }
  const mustHaves = entryOf(entries, 'must_haves');
  const stated = mustHaves && nestedOf(mustHaves);
  const says = ['truths', 'artifacts', 'key_links'].some((key) => {
    const part = member(stated, key);
    return textsOf(part).length > 0 || (part?.kind === 'list' && part.items.length > 0);
  });
  if (!says) {
    const name = mustHaves && leaf(mustHaves.block, 'key');
    const span = name ? { start: name.start, end: name.start + name.text.length } : head;
    found.push(foundAt(source, span, 'planning.mustHavesMissing', { plan }));
  }
  const files = listOf(entryOf(entries, 'files_modified')).length;
  const tasks = known.plan.tasks.length;
  if (tasks > most.tasks || files > most.files)
    found.push(foundAt(source, head, 'planning.planTooLarge', { plan, tasks, files }));
  return found;
}

/** The fix that adds a key whose value follows from what is known; lists a person has to write. */
function addKey({ plan, phase }: PlanFound, source: Source, key: (typeof required)[number]): Fix[] {
  const folder = source.path.split('/').at(-2) ?? '';
  const { written } = readDirectoryName(folder);
  const checkpoint = plan.tasks.some(({ type }) => type.startsWith('checkpoint'));
  const values: Readonly<Record<string, string>> = {
    phase: phase.directory === null ? phase.id : folder,
    plan: plan.id.startsWith(`${written}-`) ? plan.id.slice(written.length + 1) : plan.id,
    type: 'execute',
    wave: String(plan.wave),
    autonomous: String(!checkpoint),
  };
  const value = values[key];
  if (value === undefined) return [];
  return [
    {
      title: fillText(lspTexts.fixKey, { key, value }),
      edits: () => [
        {
          path: source.path,
          splices: setFrontmatter(source.blocks, { file: source.path, key, value, add: true }),
        },
      ],
    },
  ];
}
