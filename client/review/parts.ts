import type { Ctx } from '../ctx';
import type { Data } from '../features/data';
import type { TextDocuments } from '../features/textDocuments';
import type { Comments } from './comments';
import type { Conflicts } from './conflicts';
import type { Decisions } from './decisions';
import type { Drafts } from './drafts';
import type { FileReview } from './fileReview';
import type { ReviewFiles } from './files';
import type { Navigation } from './navigation';
import type { Originals } from './originals';
import type { Ropes } from './ropes';
import type { Saves } from './saves';
import type { SourceControl } from './sourceControl';
import type { ReviewState } from './state';
import type { Targets } from './target';
import type { ChangesView } from './tree';

/** What the first bundle makes at activation: what views and commands need before there is anything to review. */
export interface ReviewBase {
  readonly ctx: Ctx;
  readonly data: Data;
  readonly documents: TextDocuments;
  readonly files: ReviewFiles;
  readonly state: ReviewState;
  readonly fileReview: FileReview;
  readonly changes: ChangesView;
}

/** Everything the review in the editor consists of; made once, when there is something to review. */
export interface ReviewParts extends ReviewBase {
  readonly ropes: Ropes;
  readonly targets: Targets;
  readonly decisions: Decisions;
  readonly drafts: Drafts;
  readonly originals: Originals;
  readonly sourceControl: SourceControl;
  readonly conflicts: Conflicts;
  readonly comments: Comments;
  readonly saves: Saves;
  readonly navigation: Navigation;
}
