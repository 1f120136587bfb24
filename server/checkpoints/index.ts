/**
 * checkpoints: states of the user's tree and of agents' worktrees, kept as private commits, and the way back to them.
 * Invariant: what a restore replaces or removes is in a recovery checkpoint first; HEAD, index, stash and refs of the
 * user are never written.
 */
export * from './types';
export { Checkpoints } from './checkpoints';
export { AgentTurns } from './agentTurns';
