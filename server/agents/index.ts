/**
 * agents: a model with tools at work on one plan, in a worktree of its own.
 * Invariant: an agent touches its worktree and nothing else, and what its model answered is never asked twice.
 */
export type { AgentOutcome, AgentTask, Limits, RunAgent, Tool, ToolResult } from './types';
export { createRunAgent, runAgent } from './loop';
export { runAnswer, type AnswerTask } from './answer';
export { answerPrompt, lookingPrompt, nodeInstruction, fenced, type NodeTarget } from './prompts';
export { conflictInstruction, type ConflictTarget } from './prompts';
export { systemPrompt, planInstruction, askInstruction, type AskTarget, type PlanTarget } from './prompts';
export { worktreeTools, finishTool, type FinishOutputs, type WorktreeToolsOptions } from './tools';
export { resolveInside } from './tools/paths';
