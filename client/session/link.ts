import type { attach } from '../../schemas/link';

/** The way to a sidecar, shared with the command line. */
export { attach, shouldAskHandOver, type Attachment } from '../../schemas/link';
export type Attach = typeof attach;
