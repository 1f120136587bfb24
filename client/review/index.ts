/**
 * Review inside the editor, hunk by hunk: shows what agents propose, asks the sidecar to decide, and follows what
 * people type meanwhile. What a decision is and which bytes are written is the sidecar’s.
 * Invariant: no document is saved, no tab of a person’s closed and no focus taken by anything in here unasked.
 */
import type { Ctx } from '../ctx';
import type { Data } from '../features/data';
import type { TextDocuments } from '../features/textDocuments';
import { registerBadges } from './badges';
import { Comments } from './comments';
import { Conflicts } from './conflicts';
import { Decisions } from './decisions';
import { registerDecorations } from './decorations';
import { Drafts } from './drafts';
import { FileReview } from './fileReview';
import { registerReviewFiles } from './files';
import { registerLenses } from './lenses';
import { Navigation } from './navigation';
import { Originals } from './originals';
import type { ReviewParts } from './parts';
import { registerProgress } from './progress';
import { Ropes } from './ropes';
import { Saves } from './saves';
import { SourceControl } from './sourceControl';
import { ReviewState } from './state';
import { Targets } from './target';
import { registerChangesTree } from './tree';

export { reviewCommands } from './commands';
export type { ReviewParts } from './parts';

/** Makes every part once and registers it with the editor; nothing is asked of the sidecar by that. */
export function registerReview(ctx: Ctx, data: Data, documents: TextDocuments): ReviewParts {
  const files = registerReviewFiles(ctx);
  const state = new ReviewState(ctx, data);
  const ropes = new Ropes(ctx, files, state);
  const targets = new Targets(ctx, state, ropes);
  const decisions = new Decisions(ctx, data, state);
  const drafts = new Drafts(ctx);
  const originals = new Originals(ctx, files, state);
  const sourceControl = new SourceControl(ctx, state, ropes, originals);
  const conflicts = new Conflicts(ctx, files, state, drafts, decisions, ropes);
  const comments = new Comments(ctx, data, state, targets);
  const saves = new Saves(ctx, files, state, ropes, comments);
  const fileReview = new FileReview(ctx, data);
  const navigation = new Navigation(ctx, state, targets, fileReview);
  const changes = registerChangesTree(ctx, data, state);
  registerBadges(ctx, data, state);
  registerLenses(ctx, state, ropes, targets);
  registerDecorations(ctx, state, ropes, targets);
  registerProgress(ctx, state, targets);
  return {
    ...{ ctx, data, documents, files, state, ropes, targets, decisions, drafts, originals, sourceControl },
    ...{ conflicts, comments, saves, fileReview, navigation, changes },
  };
}
