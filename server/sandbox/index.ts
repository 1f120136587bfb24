/**
 * sandbox: where the commands of agents run, and how well they are kept in.
 * Invariant: policy never comes from a workspace or a tool argument, and the level is what probes measured.
 */
export type { CommandRequest, CommandResult, Sandbox } from './types';
export { createSandbox, type SandboxOptions } from './create';
