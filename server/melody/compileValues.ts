import { inputParams, workflowKinds } from '../../schemas/journal/controls';
import type { Workflow } from '../../schemas/journal/workflow';
import type { Problem } from '../../schemas';
import type { Json } from '../base';
import { kindOfValue, parsePortType, valueFits } from './portTypes';

/** What a value should have been, and what it is, in the words of types. */
export interface Misfit {
  readonly expected: string;
  readonly actual: string;
}

/**
 * Compares a value with the port type a workflow states for it (`WorkflowInput.type`); undefined when it fits. A type
 * this program does not know fits nothing. Linear in the length of lists.
 */
export function checkValue(type: string, value: Json): Misfit | undefined {
  const known = parsePortType(type);
  if (known !== undefined && valueFits(value, known)) return undefined;
  return { expected: type, actual: kindOfValue(value) };
}

/**
 * What is wrong with the values a run is to be given: one problem for each input that gets a value of another type
 * (`run.inputMisfit`), gets none and has no default (`run.inputMissing`, a warning: the run will ask a person), or is
 * not there at all (`run.inputUnknown`). Inputs of disabled nodes need no value.
 */
export function checkInputs(workflow: Workflow, inputs: Readonly<Record<string, Json>>): readonly Problem[] {
  const problems: Problem[] = [];
  const known = new Set<string>();
  for (const { id, kind, params, disabled } of workflow.nodes) {
    if (kind !== workflowKinds.input) continue;
    known.add(id);
    const { type, default: usual } = inputParams.parse(params);
    const value = Object.hasOwn(inputs, id) ? inputs[id] : undefined;
    if (value === undefined) {
      if (usual === undefined && disabled !== true)
        problems.push({ code: 'run.inputMissing', args: { input: id, expected: type, actual: 'nothing' } });
      continue;
    }
    const misfit = checkValue(type, value);
    if (misfit !== undefined) problems.push({ code: 'run.inputMisfit', args: { input: id, ...misfit } });
  }
  for (const [input, value] of Object.entries(inputs))
    if (!known.has(input)) {
      const args = { input, expected: 'nothing', actual: kindOfValue(value) };
      problems.push({ code: 'run.inputUnknown', args: { ...args, known: [...known].join(', ') || '–' } });
    }
  return problems;
}
