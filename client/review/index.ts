/**
 * Review inside the editor, hunk by hunk: shows what agents propose, asks the sidecar to decide, and follows what
 * people type meanwhile. What a decision is and which bytes are written is the sidecar’s.
 * Invariant: nothing of the third bundle is imported here except types; it is loaded with the first proposal.
 */
import { createRequire } from 'node:module';
import * as path from 'node:path';
import type { Ctx } from '../ctx';
import type { Data } from '../features/data';
import type { TextDocuments } from '../features/textDocuments';
import { registerBadges } from './badges';
import type * as bundled from './bundle';
import { reviewCommandIds, type ReviewCommandId } from './commandIds';
import { FileReview } from './fileReview';
import { registerReviewFiles, type ReviewFiles } from './files';
import type { ReviewBase } from './parts';
import { ReviewState } from './state';
import { registerChangesTree } from './tree';

export type { ReviewParts } from './parts';

type Handler = (...args: never[]) => unknown;

/** The review as the rest of the client knows it. */
export interface Review extends ReviewBase {
  /** Loads what is needed once there is something to review; the same for every call. */
  open(): bundled.OpenedReview;
  /** Every command of the review; running one loads what it needs. */
  readonly commands: Record<ReviewCommandId, Handler>;
}

/** Registers what shows that there is something to review; nothing is asked of the sidecar by that. */
export function registerReview(ctx: Ctx, data: Data, documents: TextDocuments): Review {
  const files = registerReviewFiles(ctx);
  const state = new ReviewState(ctx, data);
  const fileReview = new FileReview(ctx, data);
  const changes = registerChangesTree(ctx, data, state);
  registerBadges(ctx, data, state);
  const base: ReviewBase = { ctx, data, documents, files, state, fileReview, changes };
  let opened: bundled.OpenedReview | undefined;
  const open = (): bundled.OpenedReview => {
    if (opened) return opened;
    opened = loadBundle().openReview(base);
    // What the new parts have not heard of is told again.
    state.announce();
    return opened;
  };
  const first = ctx.add(
    state.onChange(() => {
      first.dispose();
      open();
    }),
  );
  resume(ctx, data, state, files);
  const run = (id: ReviewCommandId): Handler => {
    return (...args) => open().commands[id](...args);
  };
  const commands = Object.fromEntries(reviewCommandIds.map((id) => [id, run(id)]));
  return { ...base, open, commands: commands as Record<ReviewCommandId, Handler> };
}

/** What says that a proposal is in this workspace’s files. */
const inPlaceKey = 'review.inPlace';

/**
 * Goes on with a review after a restart without waiting for a view to be looked at: where a proposal is in the files
 * themselves, and where a diff of ours is shown again.
 */
function resume(ctx: Ctx, data: Data, state: ReviewState, files: ReviewFiles): void {
  const ask = (): void => void data.changesets.get().catch((thrown: unknown) => ctx.explain(thrown));
  const { workspaceState } = ctx.extension;
  ctx.add(
    state.onChange(() => {
      const inPlace = state.all().some(({ reviewed }) => reviewed.mode === 'inPlace');
      if (workspaceState.get(inPlaceKey, false) !== inPlace) void workspaceState.update(inPlaceKey, inPlace);
    }),
  );
  files.onRead = () => {
    files.onRead = undefined;
    ask();
  };
  if (workspaceState.get(inPlaceKey, false)) ask();
}

/** The third bundle, beside this one. The name is computed so that the bundler leaves it alone. */
function loadBundle(): typeof bundled {
  return createRequire(__filename)(path.join(__dirname, 'review.cjs')) as typeof bundled;
}
