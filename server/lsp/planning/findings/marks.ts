import { fillText } from '../../../../schemas';
import {
  endOf,
  entryOf,
  frontmatterEntries,
  listOf,
  markRequirement,
  planRowOf,
  tickPlan,
  walk,
} from '../../../planning';
import { lspTexts } from '../../texts';
import type { Source } from '../source';
import { saysDone, type PhaseFound, type ProjectView } from '../view';
import { foundAt, type Found } from './found';
import { untick } from './placed';

/** Rows of plans in a roadmap against the disk: ticked without a SUMMARY, a SUMMARY without a tick, no file. */
export function planRowFindings(view: ProjectView, source: Source): Found[] {
  const found: Found[] = [];
  for (const { block, details } of walk(source.blocks)) {
    const row = block.kind === 'bullet' && details === 0 ? planRowOf(block) : undefined;
    if (!row) continue;
    const mention = source.mentionsIn(block.start, endOf(block)).find(({ what }) => what === 'plan');
    const span = mention && mention.id === row.id ? mention : source.doc.lineSpan(block.line);
    const known = view.plans.get(row.id) ?? [];
    const open = known.filter(({ milestone }) => milestone.state !== 'shipped');
    if (known.length === 0) {
      const phase = view.phase(row.id.slice(0, row.id.lastIndexOf('-')).toUpperCase());
      if (phase && phase.phase.plans.length > 0 && phase.milestone.state !== 'shipped')
        found.push(foundAt(source, span, 'planning.planReference', { plan: row.id }));
      continue;
    }
    const one = open[0];
    // Two plans of one number, or only history: nothing can be said of the row.
    if (open.length !== 1 || known.length !== 1 || !one) continue;
    const { id, state } = one.plan;
    const isDone = state === 'complete';
    if (row.done === true && !isDone) {
      const args = { what: `plan ${id}`, found: lspTexts.planWithoutSummary };
      found.push(foundAt(source, span, 'planning.falseComplete', args, [untick(source, block, id)]));
    } else if (row.done === false && isDone) {
      const edits = () => [
        { path: source.path, splices: tickPlan(source.blocks, { file: source.path, plan: id, done: true }) },
      ];
      const fix = { title: fillText(lspTexts.fixTick, { what: id }), edits };
      const args = { stored: `plan ${id} is not ticked`, found: 'its SUMMARY is there' };
      found.push(foundAt(source, span, 'planning.discrepancy', args, [fix]));
    }
  }
  return found;
}

/** Requirements that are marked done while no finished phase or plan bears it out. */
export function requirementFindings(view: ProjectView, source: Source): Found[] {
  const found: Found[] = [];
  let proven: ReadonlySet<string> | undefined;
  for (const requirement of view.requirements.values()) {
    if (requirement.source !== source || requirement.archived || !saysDone(requirement)) continue;
    const phases = requirement.phases.map((id) => view.phase(id));
    const open = phases.find(
      (one): one is PhaseFound =>
        one !== undefined && one.milestone.state !== 'shipped' && one.phase.state !== 'complete',
    );
    if (!open || phases.some((one) => one?.phase.state === 'complete')) continue;
    if ((proven ??= provenRequirements(view)).has(requirement.id)) continue;
    const { id } = requirement;
    const args = { phase: open.phase.id, state: open.phase.state };
    const edits = () => [
      { path: source.path, splices: markRequirement(source.blocks, { file: source.path, id, done: false }) },
    ];
    found.push(
      foundAt(
        source,
        requirement,
        'planning.falseComplete',
        { what: id, found: fillText(lspTexts.requirementWithoutPlan, args) },
        [{ title: fillText(lspTexts.fixOpen, { what: id }), edits }],
      ),
    );
  }
  return found;
}

/** Requirements that a SUMMARY or a plan with a SUMMARY names. */
function provenRequirements(view: ProjectView): Set<string> {
  const proven = new Set<string>();
  const done = new Set(
    [...view.plans.values()]
      .flat()
      .flatMap(({ plan }) => (plan.state === 'complete' ? [plan.place.file] : [])),
  );
  for (const source of view.sources.values()) {
    const key =
      source.kind === 'SUMMARY'
        ? 'requirements-completed'
        : done.has(source.path)
          ? 'requirements'
          : undefined;
    if (key === undefined) continue;
    for (const value of listOf(entryOf(frontmatterEntries(source.blocks), key)))
      proven.add(value.text.toUpperCase());
  }
  return proven;
}
