import type { Problem } from '../../../../schemas';
import { faultsOf } from '../../../planning';
import { configFindings } from '../config';
import type { Source } from '../source';
import type { ProjectView } from '../view';
import type { Found } from './found';
import { planRowFindings, requirementFindings } from './marks';
import { placedProblems } from './placed';
import { planFindings } from './plan';
import { danglingReferences, phaseCycles } from './references';
import { stateFindings } from './state';

export type { FileEdit, Fix, Found } from './found';

/** More in one file are not shown: whoever has them all corrects the first ones first. */
const mostFindings = 500;

/** Everything a person should look at in one file of a project, in the order of the text. */
export function findingsOf(view: ProjectView, source: Source): readonly Found[] {
  if (source.kind === 'data')
    return source.path.endsWith('/config.json') ? configFindings(source).slice(0, mostFindings) : [];
  const { path, kind } = source;
  // The same faults, whoever found them: the planning room looks into some files only.
  const problems = [
    ...view.planning.view.problems.filter(({ args }) => args['file'] === path),
    ...faultsOf(source.blocks, path),
    ...phaseProblems(view, path),
  ];
  const found = placedProblems(view, problems).filter((one) => one.source === source);
  if (kind === 'PLAN') found.push(...planFindings(view, source));
  if (kind === 'ROADMAP' && !isArchived(path))
    found.push(...planRowFindings(view, source), ...phaseCycles(source));
  if (kind === 'REQUIREMENTS') found.push(...requirementFindings(view, source));
  if (kind === 'STATE') found.push(...stateFindings(view, source));
  found.push(...danglingReferences(view, source));
  return unique(found).slice(0, mostFindings);
}

const isArchived = (path: string): boolean => /\/(?:milestones|archive)\//.test(path);

/** What keeps the phase of a plan from being executed in order; that it waits for another phase is no fault. */
function phaseProblems(view: ProjectView, path: string): readonly Problem[] {
  const known = view.planOfFile(path);
  if (!known || known.phase.state === 'complete' || known.milestone.state === 'shipped') return [];
  return (view.planning.phase(known.phase.key)?.problems ?? []).filter(
    ({ code, args }) =>
      code !== 'planning.unfinishedDependency' && (args['file'] === undefined || args['file'] === path),
  );
}

function unique(found: readonly Found[]): Found[] {
  const kept = new Map<string, Found>();
  for (const one of found) {
    const key = `${one.problem.code} ${one.start} ${one.end} ${JSON.stringify(one.problem.args)}`;
    if (!kept.has(key)) kept.set(key, one);
  }
  return [...kept.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}
