import type { InputPort, MelodyEdge, MelodyNode, Transform } from '../../../schemas/melody';
import type { Json } from '../../base';

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
