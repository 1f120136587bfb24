/** The way to a sidecar, shared with the command line. */
export { attach, shouldAskHandOver } from '../../schemas/link';
