import type { Problem } from '../../schemas/codes';
import type { Changeset } from '../../schemas/wire/review';

/** The answer for one file of a decision about whole files. */
export interface FileResult {
  readonly path: string;
  readonly result: 'written' | 'merged' | 'rejected' | 'refused';
  readonly problem: Problem | null;
}

export type { Changeset };
