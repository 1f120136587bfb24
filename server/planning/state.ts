import { normalPhaseId, phaseIdPattern } from './ids';
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

/** `Phase:` of STATE taken apart; only what the text says, nothing made up from what follows. */
export interface Position {
  /** Normal form; undefined for texts such as `Not started` or `—`. */
  readonly phase: string | undefined;
  readonly of: number | undefined;
  /** In the parentheses after the number. */
  readonly name: string | undefined;
  /** Prose after the name: no part of it. */
  readonly remark: string;
}

/** Reads `4`, `4 of 7 (Name)`, `9 of 13 (X) — PARTIAL`, `2.1 — …`, `Not started`, `—`. */
export function readPosition(text: string): Position {
  const match = positionPattern.exec(text.trim());
  if (!match) return { phase: undefined, of: undefined, name: undefined, remark: text.trim() };
  return {
    phase: normalPhaseId(match[1]!),
    of: match[2] === undefined ? undefined : Number(match[2]),
    name: match[3]?.trim(),
    remark: match[4]!.replace(/^\s*[—–:-]\s*/, '').trim(),
  };
}

const positionPattern = new RegExp(
  String.raw`^(?:Phase\s+)?(${phaseIdPattern})(?:\s+of\s+(\d{1,6}))?(?:\s*\(([^()]*)\))?(?![\p{L}\p{N}])(.*)$`,
  'su',
);
