import type { InputPort, MelodyEdge, MelodyNode, Transform } from '../../../schemas/melody';
import type { Parameter, PathStep, Placeholder, Template } from '../../../schemas/template';
import type { Json } from '../../base';

/** What a built-in template says; the rest follows from it. */
export interface Draft {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  /** Where values of parameters go; parameters that flow as values become inputs of the Melody by themselves. */
  readonly places: readonly Placeholder[];
  readonly nodes: readonly MelodyNode[];
  readonly edges: readonly MelodyEdge[];
}

/** A template of ours: its inputs, the model of every instrument and its settings are filled in. */
export function build(draft: Draft): Template {
  const { nodes, edges, parameters, places, ...heading } = draft;
  const flowing = parameters.filter(({ name }) => edges.some(({ from }) => from === `${name}.value`));
  return {
    format: 1,
    ...heading,
    tags: [...draft.tags],
    version: '1.0.0',
    author: 'Symphony',
    parameters: [...parameters, model, budget],
    placeholders: [
      ...flowing.map(({ name }): Placeholder => ({
        parameter: name,
        path: ['nodes', { id: name }, 'default'],
      })),
      ...places,
      ...instrumentsIn(nodes, ['nodes']).map((path): Placeholder => ({
        parameter: 'model',
        path: [...path, 'model'],
      })),
      { parameter: 'budget', path: ['policy', 'budget'], transform: { op: 'value', of: '{"usd": item}' } },
    ],
    melody: {
      version: 1,
      id: draft.id,
      name: draft.name,
      description: draft.description,
      metadata: { author: 'Symphony', category: draft.category, tags: [...draft.tags] },
      settings: { resources: { model: 3, work: 2 } },
      policy: { onFailure: 'stop' },
      nodes: [...flowing.map(inputOf), ...nodes],
      edges: [...edges],
    },
  };
}

const portTypes = {
  text: 'text',
  enum: 'text',
  model: 'text',
  path: 'text',
  expression: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  list: 'list<text>',
  object: 'json',
} as const;

const inputOf = ({ name, label, type }: Parameter): MelodyNode => ({
  id: name,
  kind: 'input',
  name: label,
  type: portTypes[type],
});

function instrumentsIn(nodes: readonly MelodyNode[], path: readonly PathStep[]): PathStep[][] {
  return nodes.flatMap((node): PathStep[][] => {
    const own = [...path, { id: node.id }];
    if (node.kind === 'instrument') return [own];
    return 'body' in node ? instrumentsIn(node.body.nodes, [...own, 'body', 'nodes']) : [];
  });
}

/** A place inside a node; nodes of bodies are named like `loop/node`. */
export function into(parameter: string, node: string, ...rest: readonly string[]): Placeholder {
  const path = node
    .split('/')
    .flatMap((id, index): PathStep[] => [...(index === 0 ? [] : ['body']), 'nodes', { id }]);
  return { parameter, path: [...path, ...rest] };
}

const model: Parameter = {
  name: 'model',
  label: 'Model',
  description: 'The model of every step, as provider/name; “default” is the one chosen in the settings.',
  type: 'model',
  default: 'default',
  hints: { widget: 'model', group: 'More', order: 90 },
};

const budget: Parameter = {
  name: 'budget',
  label: 'Budget in US dollars',
  description:
    'The run stops before it consumes more, where prices are known; without it, the limits of the settings hold.',
  type: 'number',
  constraints: { min: 0.01, max: 10_000 },
  hints: { widget: 'number', group: 'More', order: 95 },
};

/** The commands that prove the work; the sandbox runs them, without network. */
export const verifyParameter = (
  label = 'Verify commands',
  commands: readonly string[] = ['npm test'],
): Parameter => ({
  name: 'verify',
  label,
  description:
    'Each must end with exit code 0 on the finished work. They are shown for approval before the run.',
  type: 'list',
  default: [...commands],
  constraints: { maxItems: 20, maxLength: 1000 },
  hints: { widget: 'list', placeholder: 'npm test', group: 'Proof', order: 50 },
});

/** How often something is tried again. */
export const roundsParameter = (label: string, rounds: number): Parameter => ({
  name: 'rounds',
  label,
  type: 'integer',
  default: rounds,
  constraints: { min: 1, max: 10 },
  hints: { widget: 'slider', group: 'More', order: 80 },
});

/** What a person wants, in words. */
export const textParameter = (
  name: string,
  label: string,
  more: Pick<Parameter, 'description' | 'required' | 'default' | 'hints'>,
): Parameter => ({
  name,
  label,
  type: 'text',
  constraints: { maxLength: 20_000, ...(more.required === true ? { minLength: 1 } : {}) },
  ...more,
  hints: { widget: 'textarea', group: 'Task', ...more.hints },
});

/** Files and folders a step looks at first. */
export const pathsParameter = (
  name: string,
  label: string,
  paths: readonly string[],
  help: string,
): Parameter => ({
  name,
  label,
  type: 'list',
  items: 'path',
  default: [...paths],
  constraints: { minItems: 1, maxItems: 100 },
  hints: { widget: 'list', help, group: 'Task', order: 20 },
});

/** A port; an input may be optional or have a value to begin with. */
type Port = readonly [name: string, type: string, optional?: 'optional' | { readonly default: Json }];

const inputs = (ports: readonly Port[]): InputPort[] =>
  ports.map(([name, type, how]) => ({
    name,
    type,
    ...(how === 'optional'
      ? { required: false }
      : how === undefined
        ? {}
        : { default: how.default as never }),
  }));
const outputs = (ports: readonly Port[]) => ports.map(([name, type]) => ({ name, type }));

/** JSON Schemas of what instruments bring, for short. */
export const text = { type: 'string' } as const;
export const yesOrNo = { type: 'boolean' } as const;
export const listOf = (members: Readonly<Record<string, object>>) => ({
  type: 'array',
  items: { type: 'object', properties: members, required: Object.keys(members), additionalProperties: false },
});

interface InstrumentDraft {
  readonly id: string;
  readonly name: string;
  readonly instruction: string;
  readonly inputs: readonly Port[];
  /** Besides `tree`, for what changes files. */
  readonly outputs?: readonly Port[];
  readonly schema?: Readonly<Record<string, object>>;
}

const instrument = (draft: InstrumentDraft, config: object, ports: readonly Port[]): MelodyNode => ({
  id: draft.id,
  kind: 'instrument',
  name: draft.name,
  model: 'default',
  inputs: inputs(draft.inputs),
  outputs: outputs(ports),
  config: {
    ...config,
    instruction: draft.instruction.trim().split('\n'),
    ...(draft.schema === undefined ? {} : { schema: draft.schema }),
  } as never,
  policy: { retry: { tries: 2 } },
});

/** An agent that changes files; `finish` is believed when `config.verify` passes. */
export const worker = (draft: InstrumentDraft): MelodyNode =>
  instrument({ ...draft, inputs: [['tree', 'json'], ...draft.inputs] }, { role: 'agent', tools: 'edit' }, [
    ['tree', 'json'],
    ...(draft.outputs ?? []),
  ]);

/** An agent that looks at files and reports. */
export const looker = (draft: InstrumentDraft): MelodyNode =>
  instrument(
    { ...draft, inputs: [['tree', 'json'], ...draft.inputs] },
    { role: 'agent', tools: 'read' },
    draft.outputs ?? [],
  );

/** One answer, without files. */
export const answerer = (draft: InstrumentDraft): MelodyNode =>
  instrument(draft, { role: 'answer' }, draft.outputs ?? []);

/** Runs commands and goes on however they end. */
export const command = (id: string, name: string): MelodyNode => ({
  id,
  kind: 'operator',
  name,
  operator: 'command',
  inputs: inputs([['tree', 'json']]),
  outputs: outputs([
    ['ok', 'boolean'],
    ['exitCode', 'number'],
    ['output', 'text'],
    ['tree', 'json'],
  ]),
  config: { commands: [] },
});

/** Runs commands that must all pass. */
export const verify = (id = 'verify', name = 'Prove the work'): MelodyNode => ({
  id,
  kind: 'operator',
  name,
  operator: 'verify',
  inputs: inputs([
    ['tree', 'json'],
    ['commands', 'list<text>', 'optional'],
  ]),
  outputs: outputs([
    ['tree', 'json'],
    ['evidence', 'json'],
  ]),
  config: { commands: [] },
});

/** Offers a tree for review. */
export const offer: MelodyNode = {
  id: 'offer',
  kind: 'operator',
  name: 'Offer the changes for review',
  operator: 'offer',
  inputs: inputs([['tree', 'json']]),
  outputs: outputs([
    ['changeset', 'text'],
    ['files', 'number'],
  ]),
  config: {},
};

export const input = (id: string, type: string): MelodyNode => ({ id, kind: 'input', type });
export const output = (id: string, type: string, name?: string): Extract<MelodyNode, { kind: 'output' }> => ({
  id,
  kind: 'output',
  type,
  ...(name === undefined ? {} : { name }),
});

/** A body goes round; what it gives comes out of its nodes `out-<port>`, and goes in again where names are equal. */
export const loop = (
  id: string,
  name: string,
  ports: { readonly inputs: readonly Port[]; readonly outputs: readonly Port[] },
  until: string,
  most: number,
  nodes: readonly MelodyNode[],
  edges: readonly MelodyEdge[],
): MelodyNode => ({
  id,
  kind: 'loop',
  name,
  inputs: inputs(ports.inputs),
  outputs: outputs(ports.outputs),
  body: {
    nodes: [
      ...ports.inputs.map(([port, type]) => input(port, type)),
      ...nodes,
      ...ports.outputs.map(([port, type]) => ({ ...output(`out-${port}`, type), port })),
    ],
    edges: [...edges],
  },
  until,
  most,
});

/** A body for every item of a list; inside, `item` and inputs enter by the nodes given, results leave by `out-<port>`. */
export const map = (
  id: string,
  name: string,
  over: string,
  ports: { readonly inputs: readonly Port[]; readonly outputs: readonly Port[] },
  nodes: readonly MelodyNode[],
  edges: readonly MelodyEdge[],
): MelodyNode => ({
  id,
  kind: 'map',
  name,
  over,
  inputs: inputs(ports.inputs),
  outputs: ports.outputs.map(([port, type]) => ({ name: port, type: `list<${type}>` })),
  body: {
    nodes: [...nodes, ...ports.outputs.map(([port, type]) => ({ ...output(`out-${port}`, type), port }))],
    edges: [...edges],
  },
});

/** One of two ways for the value of the first input. */
export const branch = (
  id: string,
  name: string,
  ports: readonly Port[],
  when: string,
  [yes, no]: readonly [string, string?],
): MelodyNode => ({
  id,
  kind: 'branch',
  name,
  inputs: inputs(ports),
  cases: [{ port: yes, when }],
  ...(no === undefined ? {} : { otherwise: no }),
});

/** Goes on with the tree of whichever way was taken. */
export const either = (id = 'ways', name = 'Go on'): MelodyNode => ({
  id,
  kind: 'merge',
  name,
  take: 'first',
  inputs: [{ name: 'tree', type: 'json', many: true }],
  outputs: outputs([['tree', 'json']]),
});

export const flow = (from: string, to: string, transform?: Transform): MelodyEdge => ({
  kind: 'data',
  from,
  to,
  ...(transform === undefined ? {} : { transform }),
});
export const after = (from: string, to: string): MelodyEdge => ({ kind: 'control', from, to });
export const when = (from: string, to: string, condition: string, label?: string): MelodyEdge => ({
  kind: 'conditional',
  from,
  to,
  when: condition,
  ...(label === undefined ? {} : { label }),
});

/** The tree the run begins with, as a value. */
export const begin: MelodyNode = {
  id: 'begin',
  kind: 'operator',
  name: 'The files as they are',
  operator: 'base',
  outputs: outputs([['tree', 'json']]),
  config: {},
};
