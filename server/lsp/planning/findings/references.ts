import { comparePhaseIds, leaf, normalPhaseId, phaseOfBullet, type Block } from '../../../planning';
import type { Source } from '../source';
import type { ProjectView } from '../view';
import { foundAt, type Found } from './found';

const checked = new Set(['ROADMAP', 'STATE', 'REQUIREMENTS', 'PLAN']);

/** Places that must name a requirement or a phase and name none. Archives and finished plans are history. */
export function danglingReferences(view: ProjectView, source: Source): Found[] {
  if (!checked.has(source.kind) || /\/(?:milestones|archive)\//.test(source.path)) return [];
  const plan = view.planOfFile(source.path);
  if (plan?.plan.state === 'complete' || plan?.milestone.state === 'shipped') return [];
  const hidden = source.kind === 'ROADMAP' ? detailsOf(source) : [];
  const hasRequirements = view.requirements.size > 0;
  const found: Found[] = [];
  for (const mention of source.mentions) {
    const { what, id, start } = mention;
    if (!mention.must || view.exists(mention)) continue;
    if (hidden.some(([from, to]) => start >= from && start < to)) continue;
    if (what === 'requirement' && hasRequirements)
      found.push(foundAt(source, mention, 'planning.requirementUnknown', { requirement: id }));
    else if (what === 'phase' && view.phases.size > 0)
      found.push(foundAt(source, mention, 'planning.phaseReference', { phase: id }));
  }
  return found;
}

/** Phases of a roadmap whose “Depends on” lead back to themselves; each is found once. */
export function phaseCycles(source: Source): Found[] {
  const after = new Map<
    string,
    { readonly ids: readonly string[]; readonly start: number; readonly end: number }
  >();
  let current: string | undefined;
  for (const block of source.lines) {
    if (block.kind === 'heading') current = phaseOfHeading(block);
    const value = leaf(block, 'value');
    if (current === undefined || !value || leaf(block, 'name')?.text.trim().toLowerCase() !== 'depends on')
      continue;
    const end = value.start + value.text.length;
    const ids = source
      .mentionsIn(value.start, end)
      .filter(({ what }) => what === 'phase')
      .map(({ id }) => id);
    if (!after.has(current)) after.set(current, { ids, start: value.start, end });
  }
  const settled = new Set<string>();
  const found: Found[] = [];
  for (const root of [...after.keys()].sort(comparePhaseIds)) {
    const path: { readonly id: string; next: number }[] = settled.has(root) ? [] : [{ id: root, next: 0 }];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const id = after.get(top.id)?.ids[top.next++];
      if (id === undefined) settled.add(path.pop()!.id);
      else {
        const from = path.findIndex((step) => step.id === id);
        if (from >= 0) {
          const cycle = [...path.slice(from).map((step) => step.id), id].join(' → ');
          found.push(foundAt(source, after.get(top.id)!, 'planning.phaseCycle', { path: cycle }));
        } else if (!settled.has(id)) path.push({ id, next: 0 });
      }
    }
  }
  return found;
}

/** The phase a heading is about: a heading says it as a bullet does. */
function phaseOfHeading(block: Block): string | undefined {
  const id = phaseOfBullet(block);
  return id === undefined ? undefined : normalPhaseId(id);
}

/** What lies inside `<details>`: milestones that are over. */
function detailsOf(source: Source): (readonly [number, number])[] {
  const spans: (readonly [number, number])[] = [];
  const open: number[] = [];
  for (const block of source.lines) {
    if (block.kind !== 'details') continue;
    for (const { role, text, start } of block.leaves) {
      if (role !== 'tag') continue;
      if (/^<details/i.test(text)) open.push(start);
      else if (/^<\/details/i.test(text) && open.length > 0) spans.push([open.pop()!, start]);
    }
  }
  return [...spans, ...open.map((start) => [start, source.text.length] as const)];
}
