import fc from 'fast-check';
import type { Melody, MelodyEdge, MelodyNode } from '../../../schemas/melody';

const text = fc.oneof(
  fc.constantFrom('a', 'Prüfe “alles” 👍', 'x\ny', '// no comment', '/* nor this */'),
  fc.string({ maxLength: 12 }),
);
const id = fc.constantFrom('a', 'b', 'agent:01', 'v1.2', 'x/y', 'n-3', '7', '_z', 'c', 'd', 'e', 'f');
const name = fc.constantFrom('in', 'out', 'value', 'big', 'p1', 'p2');
const type = fc.constantFrom(
  'any',
  'text',
  'json',
  'file',
  'number',
  'boolean',
  'artifact',
  'artifact<code>',
  'list<text>',
  'list<list<json>>',
);
/** JSON whose keys a Melody may hold and whose numbers survive both forms. */
const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }).map((value) => plainJson(value));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const few = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 3 });

const common = {
  id,
  name: optional(text),
  enabled: optional(fc.boolean()),
  position: optional(
    fc.record({
      x: fc.integer(),
      y: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map((y) => y + 0),
    }),
  ),
  policy: optional(fc.record({ retry: fc.record({ tries: fc.integer({ min: 1, max: 20 }) }) })),
  inputs: optional(few(fc.record({ name, type, required: fc.boolean() }))),
};
const outputs = optional(few(fc.record({ name, type })));
const { inputs: _inputs, ...bare } = common;
const leaf = fc.oneof(
  fc.record({
    ...common,
    kind: fc.constant('operator'),
    operator: fc.constant('verify'),
    outputs,
    config: optional(json),
  }),
  fc.record({ ...common, kind: fc.constant('instrument'), model: fc.constant('a/b'), outputs }),
  fc.record({
    ...common,
    kind: fc.constant('branch'),
    cases: fc.array(fc.record({ port: name, when: fc.constantFrom('true', 'inputs.p1 > 2', 'oops') }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  fc.record({ ...bare, kind: fc.constant('input'), type }),
  fc.record({ ...bare, kind: fc.constant('output'), type }),
  fc.record({ ...common, kind: fc.constant('approval'), prompt: fc.constant('Go on?') }),
);
const edge = fc.oneof(
  fc.record({
    kind: fc.constant('data'),
    from: fc.tuple(id, name).map((ends) => ends.join('.')),
    to: fc.tuple(id, name).map((ends) => ends.join('.')),
  }),
  fc.record({
    kind: fc.constant('control'),
    from: id,
    to: id,
    priority: optional(fc.integer({ min: -9, max: 9 })),
  }),
  fc.record({
    kind: fc.constant('conditional'),
    from: id,
    to: id,
    when: fc.constantFrom('true', 'outputs.out == 1', '1 +'),
  }),
);
const loop = fc.record({
  ...common,
  kind: fc.constant('loop'),
  most: fc.integer({ min: 1, max: 9 }),
  outputs,
  body: fc.record({ nodes: few(leaf), edges: few(edge) }),
});

/** Melodies of the right form; whether rules find something in them is left to chance. */
export const anyMelody = fc
  .record({
    version: fc.constant(1),
    id: fc.constant('t'),
    name: fc.constant('T'),
    description: optional(text),
    nodes: fc.array(fc.oneof({ weight: 5, arbitrary: leaf }, { weight: 1, arbitrary: loop }), {
      maxLength: 6,
    }),
    edges: fc.array(edge, { maxLength: 8 }),
  })
  .map((melody) => JSON.parse(JSON.stringify(melody)) as Melody);

export const anyNode = leaf.map((node) => JSON.parse(JSON.stringify(node)) as MelodyNode);
export const anyEdge = edge.map((value) => JSON.parse(JSON.stringify(value)) as MelodyEdge);

/** Without keys a Melody refuses, and without the negative zero, which JSON does not know. */
function plainJson(value: unknown): unknown {
  const forbidden = /^(__proto__|constructor|prototype)$/;
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value === 'number') return value + 0;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (forbidden.test(key) ? [] : [[key, plainJson(inner)]])),
  );
}
