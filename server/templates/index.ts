/**
 * templates: turns what a person planned or pointed at into a workflow the engine can run.
 * Invariant: pure; the same phase gives the same workflow, and every workflow is acyclic.
 */
export { phaseWorkflow, type PhaseWorkflowOptions } from './gsdPhase';
export { askWorkflow, type AskWorkflowOptions } from './ask';
