import { fillText } from '../../../../schemas';
import { entryOf, frontmatterEntries, frontmatterValue, leaf, setFrontmatter } from '../../../planning';
import { lspTexts } from '../../texts';
import type { Source } from '../source';
import type { ProjectView } from '../view';
import { foundAt, type Found } from './found';

/** Counts that STATE stores in its frontmatter against those of the active milestone on the disk. */
export function stateFindings(view: ProjectView, source: Source): Found[] {
  const workstream = /\/workstreams\/([^/]+)\//.exec(source.path)?.[1] ?? '';
  const milestone = view.planning.view.milestones.find(
    ({ key, state }) => state === 'active' && workstreamOf(key) === workstream,
  );
  const progress = entryOf(frontmatterEntries(source.blocks), 'progress');
  if (!milestone || !progress) return [];
  const phases = milestone.phases.filter(({ id }) => parseFloat(id) < 999 && parseFloat(id) > 0);
  const plans = phases.flatMap((phase) => phase.plans);
  const counted: Readonly<Record<string, number>> = {
    total_phases: phases.length,
    completed_phases: phases.filter(({ state }) => state === 'complete').length,
    total_plans: plans.length,
    completed_plans: plans.filter(({ state }) => state === 'complete').length,
  };
  return Object.entries(counted).flatMap(([name, count]) => {
    const key = `progress.${name}`;
    const stored = frontmatterValue(source.blocks, key);
    const block = progress.below.find((one) => leaf(one, 'key')?.text === name);
    const value = block && leaf(block, 'value');
    if (stored === undefined || !value || !/^\d{1,6}$/.test(stored) || Number(stored) === count) return [];
    const edits = () => [
      {
        path: source.path,
        splices: setFrontmatter(source.blocks, { file: source.path, key, value: String(count) }),
      },
    ];
    const fix = { title: fillText(lspTexts.fixValue, { key, value: count }), edits };
    const args = { stored: `${key} is ${stored}`, found: `it is ${count}` };
    const span = { start: value.start, end: value.start + value.text.length };
    return [foundAt(source, span, 'planning.discrepancy', args, [fix])];
  });
}

const workstreamOf = (key: string): string => (key.includes('/') ? key.slice(0, key.lastIndexOf('/')) : '');
