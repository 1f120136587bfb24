/**
 * cli: the terminal's front end. It attaches like an editor window, asks, follows and prints.
 * Invariant: it decides nothing about runs, and what it starts goes on without it.
 */
export type { CliHost } from './job';
export { runCli } from './program';
export { exitCodes } from './texts';
