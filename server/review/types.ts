import type { Changeset } from '../../schemas/wire/review';
import type { Problem } from '../../schemas/codes';

/** The answer for one file of a decision. */
export interface FileResult {
  readonly path: string;
  readonly result: 'written' | 'merged' | 'rejected' | 'refused';
  readonly problem: Problem | null;
  /** SHA-256 of what the user's tree holds at `path` since; null when the file does not exist or nothing was written. */
  readonly written: string | null;
}

export type { Changeset };
