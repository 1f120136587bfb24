/**
 * The third bundle: everything a review needs once there is something to review. An editor that merely has Symphony
 * installed does not pay for it.
 * Invariant: no document is saved, no tab of a person’s closed and no focus taken by anything in here unasked.
 */
import { reviewStrings } from '../panels/reviewStrings';
import { reviewCommands } from './commands';
import { Comments } from './comments';
import { Conflicts } from './conflicts';
import { Decisions } from './decisions';
import { registerDecorations } from './decorations';
import { Drafts } from './drafts';
import { registerLenses } from './lenses';
import { Navigation } from './navigation';
import { Originals } from './originals';
import type { ReviewBase, ReviewParts } from './parts';
import { registerProgress } from './progress';
import { Ropes } from './ropes';
import { Saves } from './saves';
import { SourceControl } from './sourceControl';
import { Targets } from './target';

export interface OpenedReview {
  readonly parts: ReviewParts;
  readonly commands: ReturnType<typeof reviewCommands>;
  /** The texts of the *Review* page. */
  readonly strings: typeof reviewStrings;
}

/** Makes every part once and registers it with the editor. */
export function openReview(base: ReviewBase): OpenedReview {
  const { ctx, data, files, state, fileReview } = base;
  const ropes = new Ropes(ctx, files, state);
  const targets = new Targets(ctx, state, ropes);
  const decisions = new Decisions(ctx, data, state);
  const drafts = new Drafts(ctx);
  const originals = new Originals(ctx, files, state);
  const sourceControl = new SourceControl(ctx, state, ropes, originals);
  const conflicts = new Conflicts(ctx, files, state, drafts, decisions);
  const comments = new Comments(ctx, data, state, targets);
  const saves = new Saves(ctx, files, state, comments);
  const navigation = new Navigation(ctx, state, targets, fileReview);
  registerLenses(ctx, state, ropes, targets);
  registerDecorations(ctx, state, ropes, targets);
  registerProgress(ctx, state, targets);
  const own = { ropes, targets, decisions, drafts, originals, sourceControl };
  const parts: ReviewParts = { ...base, ...own, conflicts, comments, saves, navigation };
  return { parts, commands: reviewCommands(parts), strings: reviewStrings };
}
