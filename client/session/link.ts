import type { Build } from '../../schemas/wire';
import { problem } from '../problems';
import type { Attach } from './attach';

/** The way to a sidecar. */
export const attach: Attach = () => Promise.reject(problem('sidecar.failed', { detail: 'schemas/link' }));

/** Whether a sidecar of build `theirs` should be asked to end in favour of `mine`. */
export const shouldAskHandOver = (mine: Build, theirs: Build): boolean =>
  mine.stamp !== 0 && mine.stamp > theirs.stamp;
