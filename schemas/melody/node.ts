import * as z from 'zod/mini';
import { intBetween, textBetween, textUpTo } from '../wire/common';
import { about, named } from './about';
import { expression, melodyEdge, type MelodyEdge } from './edge';
import { nodePolicy } from './policy';
import { portTypePattern } from './portTypes';

/** Values are kept by these names: the one that would change an object instead of naming a part of it is none. */
export const nodeIdPattern = /^(?!__proto__$)[A-Za-z0-9_][A-Za-z0-9_.:/@-]*$/;
export const portNamePattern = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/;

const nodeId = () => textBetween(1, 200).check(z.regex(nodeIdPattern));
const portName = () => textBetween(1, 60).check(z.regex(portNamePattern));
/** The name of a type; whether it is one is a rule of its own, so that its message can list the types. */
const portType = () => about(textBetween(1, 200), `The type of the values, of the form ${portTypePattern}`);

const port = {
  name: about(portName(), 'How edges and expressions name the port.'),
  type: portType(),
  description: z.optional(textUpTo(1000)),
};

export const inputPort = named(
  z.strictObject({
    ...port,
    required: z.optional(about(z.boolean(), 'Whether the node cannot run without it (default true).')),
    default: z.optional(about(z.json(), 'The value when no edge brings one.')),
    many: z.optional(
      about(z.boolean(), 'Takes any number of edges; a list port collects them (default false).'),
    ),
  }),
  'inputPort',
  'Where a value comes in.',
);
export const outputPort = named(z.strictObject(port), 'outputPort', 'Where a value comes out.');

const common = {
  id: about(nodeId(), 'Names the node within its level.'),
  name: z.optional(about(textUpTo(300), 'What a person reads on the board.')),
  description: z.optional(textUpTo(4000)),
  enabled: z.optional(about(z.boolean(), 'false: the node is passed over (default true).')),
  position: z.optional(
    about(z.strictObject({ x: z.number(), y: z.number() }), 'Where it lies on the board.'),
  ),
  resource: z.optional(
    about(textBetween(1, 60), 'Its resource class; at most `settings.resources` of one class run at once.'),
  ),
  policy: z.optional(nodePolicy),
  metadata: z.optional(
    named(
      z.strictObject({
        documentation: z.optional(textUpTo(20_000)),
        examples: z.optional(z.array(textUpTo(4000))),
        warnings: z.optional(z.array(textUpTo(1000))),
        custom: z.optional(z.record(z.string(), z.json())),
      }),
      'nodeMetadata',
      'What people and tools keep beside the node.',
    ),
  ),
};

const inputs = z.optional(z.array(inputPort).check(z.maxLength(200)));
const outputs = z.optional(z.array(outputPort).check(z.maxLength(200)));
const ports = { inputs, outputs };
const kind = <K extends string>(name: K) => ({ kind: z.literal(name), ...common });

/** An input and an output of one port, as a loop has that carries a value on, cannot share an id. */
const endPort = (side: string) =>
  z.optional(
    about(portName(), `In a body: the ${side} port of its loop or map it stands for (default: its id).`),
  );

/** Nodes and edges of one level; the inside of a loop or a map. */
export interface MelodyBody {
  nodes: MelodyNode[];
  edges: MelodyEdge[];
}

/** Every kind of node; `body` is given, so that one level can be looked at without those inside it. */
const nodesWith = <B extends z.ZodMiniType>(body: B) =>
  z.discriminatedUnion('kind', [
    about(
      z.strictObject({
        ...kind('instrument'),
        ...ports,
        model: about(textBetween(1, 200), 'The model, as provider/name.'),
        modelVersion: z.optional(textBetween(1, 100)),
        config: z.optional(z.record(z.string(), z.json())),
      }),
      'A model at work.',
    ),
    about(
      z.strictObject({
        ...kind('operator'),
        ...ports,
        operator: about(textBetween(1, 100), 'What it does, for example `verify` or `merge`.'),
        config: z.optional(z.json()),
      }),
      'Work without a model.',
    ),
    about(
      z.strictObject({
        ...kind('branch'),
        inputs,
        cases: about(
          z
            .array(
              z.strictObject({
                port: portName(),
                when: about(expression(), 'Over `inputs`, the values of the input ports.'),
              }),
            )
            .check(z.minLength(1), z.maxLength(100)),
          'The first case that is true opens its output, which carries the first input.',
        ),
        otherwise: z.optional(about(portName(), 'The output when no case is true.')),
      }),
      'One of several ways.',
    ),
    about(
      z.strictObject({
        ...kind('merge'),
        ...ports,
        take: about(z.enum(['first', 'all']), 'Goes on with the first value that arrives, or with all.'),
      }),
      'Ways come together.',
    ),
    about(
      z.strictObject({
        ...kind('loop'),
        ...ports,
        body,
        while: z.optional(
          about(expression(), 'Goes round again if true; over `inputs`, `outputs`, `iteration`.'),
        ),
        until: z.optional(about(expression(), 'Ends if true; over `inputs`, `outputs`, `iteration`.')),
        most: about(intBetween(1, 10_000), 'Goes round at most this often.'),
      }),
      'Its body runs again and again; outputs named like inputs are the next round’s inputs.',
    ),
    about(
      z.strictObject({
        ...kind('map'),
        ...ports,
        body,
        over: about(portName(), 'The input whose list is gone through; in the body it is the input `item`.'),
        parallel: z.optional(
          about(intBetween(1, 1000), 'Items at work at once (default: as many as there is room).'),
        ),
      }),
      'Its body runs once for every item of a list; each output collects a list.',
    ),
    about(z.strictObject({ ...kind('parallel'), ...ports }), 'What follows starts together.'),
    about(
      z.strictObject({
        ...kind('join'),
        ...ports,
        wait: about(
          z.union([z.enum(['all', 'any']), intBetween(1, 10_000)]),
          'How many of the nodes before it must have ended.',
        ),
      }),
      'Waits for what was started together.',
    ),
    about(
      z.strictObject({
        ...kind('approval'),
        inputs,
        prompt: about(textBetween(1, 4000), 'What the person is asked.'),
        choices: z.optional(
          about(
            z.array(textBetween(1, 100)).check(z.minLength(2), z.maxLength(20)),
            'The answers (default approve, reject); the answer comes out of `answer`.',
          ),
        ),
      }),
      'A person decides.',
    ),
    about(
      z.strictObject({
        ...kind('wait'),
        inputs,
        minutes: z.optional(about(z.number().check(z.gt(0), z.maximum(525_600)), 'Waits this long.')),
        until: z.optional(about(z.iso.datetime({ offset: true }), 'Waits until this moment.')),
      }),
      'Time passes.',
    ),
    about(
      z.strictObject({
        ...kind('subworkflow'),
        ...ports,
        melody: about(textBetween(1, 1000), 'The path of its file, relative to this one.'),
      }),
      'Another Melody as one node.',
    ),
    about(
      z.strictObject({
        ...kind('input'),
        type: portType(),
        port: endPort('input'),
        default: z.optional(z.json()),
      }),
      'Where a value enters the Melody; it comes out of `value`.',
    ),
    about(
      z.strictObject({ ...kind('output'), type: portType(), port: endPort('output') }),
      'Where a value leaves the Melody; it goes into `value`.',
    ),
  ]);

export const melodyBody: z.ZodMiniType<MelodyBody, MelodyBody> = named(
  z.lazy(() => z.strictObject({ nodes: z.array(melodyNode), edges: z.array(melodyEdge) })),
  'body',
  'The nodes and edges inside.',
);

export const melodyNode = named(nodesWith(melodyBody), 'node', 'A step of the Melody.');

/** A node alone: what lies in its body is looked at level by level, however deep it goes. */
export const shallowNode = nodesWith(
  z.strictObject({ nodes: z.array(z.unknown()), edges: z.array(z.unknown()) }),
);

export type MelodyNode = z.infer<typeof melodyNode>;
export type EndNode = Extract<MelodyNode, { readonly kind: 'input' | 'output' }>;
export type NodeKind = MelodyNode['kind'];
export type InputPort = z.infer<typeof inputPort>;
export type OutputPort = z.infer<typeof outputPort>;

/** Every kind and the family a palette shows it in. */
export const nodeKinds = {
  instrument: 'instrument',
  operator: 'operator',
  branch: 'control',
  merge: 'control',
  loop: 'control',
  map: 'control',
  parallel: 'control',
  join: 'control',
  approval: 'control',
  wait: 'control',
  subworkflow: 'control',
  input: 'input',
  output: 'output',
} as const satisfies Record<NodeKind, 'instrument' | 'operator' | 'control' | 'input' | 'output'>;
