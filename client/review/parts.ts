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

/** Everything the review in the editor consists of; made once, at activation. */
export interface ReviewParts {
  readonly ctx: Ctx;
  readonly data: Data;
  readonly documents: TextDocuments;
  readonly files: ReviewFiles;
  readonly state: ReviewState;
  readonly ropes: Ropes;
  readonly targets: Targets;
  readonly decisions: Decisions;
  readonly drafts: Drafts;
  readonly originals: Originals;
  readonly sourceControl: SourceControl;
  readonly conflicts: Conflicts;
  readonly comments: Comments;
  readonly saves: Saves;
  readonly fileReview: FileReview;
  readonly navigation: Navigation;
  readonly changes: ChangesView;
}
