/**
 * templates: turns what a person planned or pointed at into a workflow the engine can run, and templates with
 * values into Melodies.
 * Invariant: pure; equal input gives equal workflows and Melodies, and every workflow is acyclic.
 */
export { phaseWorkflow, type PhaseWorkflowOptions } from './gsdPhase';
export { askWorkflow, type AskWorkflowOptions } from './ask';
export { builtInTemplates } from './builtIn';
export { draftTemplate, type Heading } from './draft';
export { instantiate, type Instance, type Values } from './instantiate';
export {
  origins,
  TemplateLibrary,
  type Origin,
  type TemplateQuery,
  type TemplateSources,
  type TemplateSummary,
} from './library';
export { readTemplate, type ReadTemplate, type TemplateText } from './read';
export { checkValue } from './values';
