import { milestoneKeyOf } from './milestones';
import { type Block, leaf } from './text/nodes';
import { entryOf, frontmatterEntries, scalarOf } from './text/values';

export interface StateFacts {
  /** Key of the milestone the project is in, as far as STATE says. */
  readonly milestone: string | undefined;
  readonly milestoneName: string;
}

/** What STATE says about the milestone: its frontmatter first, then a field of the body. */
export function readState(blocks: readonly Block[]): StateFacts {
  const entries = frontmatterEntries(blocks);
  const milestone = scalarOf(entryOf(entries, 'milestone'))?.text;
  const milestoneName = scalarOf(entryOf(entries, 'milestone_name'))?.text ?? '';
  const key =
    milestone === undefined ? undefined : (milestoneKeyOf(milestone) ?? milestoneKeyOf(`v${milestone}`));
  if (key !== undefined) return { milestone: key, milestoneName };
  for (const block of blocks) {
    const name = leaf(block, 'name')?.text.toLowerCase() ?? '';
    if (name !== 'milestone' && name !== 'current milestone') continue;
    const found = milestoneKeyOf(leaf(block, 'value')?.text ?? '');
    if (found !== undefined) return { milestone: found, milestoneName };
  }
  return { milestone: undefined, milestoneName };
}
