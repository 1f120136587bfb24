import { outputPortsKey, workflowKinds, type PassingParams } from '../../schemas/journal/controls';
import type { WorkflowInput, WorkflowNode } from '../../schemas/journal/workflow';
import type { InputPort, MelodyNode, OutputPort } from '../../schemas/melody';
import { refuse, type Scope } from './compileScope';
import { parsePortType } from './portTypes';
import { endPort } from './ports';

/** How many nodes a workflow has at most, all bodies and subworkflows counted in. */
export const mostNodes = 100_000;

/** The node at `index` of a level with everything but its body and what flows into it. */
export function compileNode(node: MelodyNode, index: number, scope: Scope): WorkflowNode {
  if (++scope.work.count > mostNodes)
    refuse(scope, 'melody.tooMany', { found: scope.work.count, what: 'nodes', most: mostNodes }, [
      ...scope.path,
      'nodes',
      index,
    ]);
  const compiled: WorkflowNode = {
    id: node.id,
    kind: kindOf(node, index, scope),
    title: node.name === undefined || node.name === '' ? node.id : node.name,
    after: [],
    resource: resourceOf(node, scope),
    params: paramsOf(node, scope) as never,
    retries: 0,
  };
  const inputs = inputsOf(node);
  if (inputs !== undefined) compiled.inputs = inputs;
  if (node.enabled === false) compiled.disabled = true;
  addNeeds(node, compiled);
  addPolicy(node, compiled, scope);
  return compiled;
}

export type GroupNode = Extract<MelodyNode, { readonly kind: 'loop' | 'map' | 'subworkflow' }>;

export const isGroup = (node: MelodyNode): node is GroupNode =>
  node.kind === 'loop' || node.kind === 'map' || node.kind === 'subworkflow';
const isWork = ({ kind }: MelodyNode): boolean => kind === 'instrument' || kind === 'operator';

/** Kinds that have a meaning already. */
const reserved: ReadonlySet<string> = new Set(Object.values(workflowKinds));

function kindOf(node: MelodyNode, index: number, scope: Scope): string {
  if (node.kind !== 'operator') return workflowKinds[node.kind];
  if (reserved.has(node.operator))
    refuse(scope, 'melody.operatorReserved', { operator: node.operator }, [
      ...scope.path,
      'nodes',
      index,
      'operator',
    ]);
  return node.operator;
}

/** A group itself holds no place: its nodes could wait for the place it holds. They take over its class instead. */
function resourceOf(node: MelodyNode, scope: Scope): string {
  if (isGroup(node)) return '';
  if (node.resource !== undefined) return node.resource;
  if (!isWork(node)) return 'control';
  return scope.resource ?? (node.kind === 'instrument' ? 'model' : 'work');
}

function paramsOf(node: MelodyNode, scope: Scope): unknown {
  switch (node.kind) {
    case 'instrument': {
      const { model, modelVersion, config = {} } = node;
      const version = modelVersion === undefined ? {} : { modelVersion };
      return { model, ...version, config, outputs: namesOf(node.outputs) };
    }
    case 'operator':
      return operatorParams(node.config, node.outputs);
    case 'branch': {
      const [first] = node.inputs ?? [];
      return {
        cases: node.cases,
        ...(node.otherwise === undefined ? {} : { otherwise: node.otherwise }),
        ...(first === undefined ? {} : { carries: first.name }),
      };
    }
    case 'merge':
      return { take: node.take, ...passing(node) };
    case 'join':
    case 'parallel':
      return passing(node);
    case 'approval':
      return { prompt: node.prompt, ...(node.choices === undefined ? {} : { choices: node.choices }) };
    case 'wait':
      return node.minutes === undefined ? { until: node.until } : { minutes: node.minutes };
    case 'input':
      return {
        type: node.type,
        ...(node.default === undefined ? {} : { default: node.default }),
        // What a group gives or does not give is no question for a person.
        ...(scope.given?.has(endPort(node)) === true ? {} : { asks: true }),
        ...(node.port === undefined ? {} : { port: node.port }),
      };
    case 'output':
      return { type: node.type, ...(node.port === undefined ? {} : { port: node.port }) };
    case 'loop':
    case 'map':
    case 'subworkflow':
      return { outputs: namesOf(node.outputs) };
  }
}

function operatorParams(config: unknown, outputs: readonly OutputPort[] | undefined): unknown {
  if (outputs === undefined || outputs.length === 0) return config ?? null;
  const isObject = typeof config === 'object' && config !== null && !Array.isArray(config);
  const rest = config === undefined ? {} : isObject ? config : { config };
  return { ...rest, [outputPortsKey]: namesOf(outputs) };
}

const namesOf = (ports: readonly { readonly name: string }[] | undefined): string[] =>
  (ports ?? []).map(({ name }) => name);

/** What a merge, join or parallel has to know of its ports to let values through. */
function passing(node: {
  readonly inputs?: readonly InputPort[] | undefined;
  readonly outputs?: readonly OutputPort[] | undefined;
}): PassingParams {
  const inputs = namesOf(node.inputs);
  const gathers = (node.outputs ?? []).filter(({ name, type }) => !inputs.includes(name) && holdsLists(type));
  const collected = (node.inputs ?? []).filter(collects);
  return {
    outputs: namesOf(node.outputs),
    ...(gathers.length === 0 ? {} : { gathers: namesOf(gathers) }),
    ...(collected.length === 0 ? {} : { collected: namesOf(collected) }),
    ...(inputs.length === 0 ? {} : { order: inputs }),
  };
}

const holdsLists = (type: string): boolean => {
  const base = parsePortType(type)?.base;
  return base === 'list' || base === 'any' || base === 'json';
};
/** Only a port of a list type collects; another one that takes many edges gets the value of one of them. */
const collects = ({ many, type }: InputPort): boolean => many === true && isListType(type);
const isListType = (type: string): boolean => parsePortType(type)?.base === 'list';

function inputsOf(node: MelodyNode): WorkflowInput[] | undefined {
  if (node.kind === 'input') return [withType({ name: 'value', required: false }, node.type)];
  if (node.kind === 'output') return [withType({ name: 'value', required: true }, node.type)];
  if (node.inputs === undefined || node.inputs.length === 0) return undefined;
  const oneOfMany = needsOf(node) !== undefined;
  return node.inputs.map((port) => {
    const over = node.kind === 'map' && node.over === port.name;
    // A map without its list has nothing to go through, whatever the port says.
    const required = (over || port.required !== false) && port.default === undefined && !oneOfMany;
    const input: WorkflowInput = { name: port.name, required };
    if (port.default !== undefined) input.default = port.default;
    if (collects(port)) input.many = true;
    return withType(input, over && !isListType(port.type) ? 'list<any>' : port.type);
  });
}

/** Every value may stand at `any` and `json`. */
function withType(input: WorkflowInput, type: string): WorkflowInput {
  if (type !== 'any' && type !== 'json') input.type = type;
  return input;
}

/** How many ways into a node must be open; undefined: all. */
function needsOf(node: MelodyNode): 'any' | number | undefined {
  if (node.kind === 'merge') return 'any';
  return node.kind === 'join' && node.wait !== 'all' ? node.wait : undefined;
}

function addNeeds(node: MelodyNode, compiled: WorkflowNode): void {
  const needs = needsOf(node);
  if (needs === undefined) return;
  compiled.needs = needs;
  // To take all is to wait until each way is open or closed for good.
  if (node.kind !== 'merge' || node.take === 'first') compiled.eager = true;
}

function addPolicy(node: MelodyNode, compiled: WorkflowNode, scope: Scope): void {
  const { policy } = node;
  // Tries of what is inside a group multiply with its own; and what only decides fails the same way again.
  const retry = policy?.retry ?? (isWork(node) ? scope.retry : undefined);
  if (retry !== undefined) {
    compiled.retry = retry;
    compiled.retries = retry.tries - 1;
  }
  if (policy === undefined) return;
  const { timeoutMinutes, fallback, skip, compensate, budget } = policy;
  if (timeoutMinutes !== undefined) compiled.timeoutMinutes = timeoutMinutes;
  if (fallback !== undefined) compiled.fallback = fallback;
  if (skip !== undefined) compiled.skip = skip;
  if (compensate !== undefined) compiled.compensate = compensate.node;
  if (budget !== undefined) compiled.budget = budget;
}
