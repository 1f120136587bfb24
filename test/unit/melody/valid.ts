import fc from 'fast-check';
import type { Melody, MelodyBody, MelodyEdge, MelodyNode } from '../../../schemas/melody';

const kinds = [
  'instrument',
  'operator',
  'branch',
  'merge',
  'join',
  'parallel',
  'approval',
  'wait',
  'output',
  'loop',
  'map',
] as const;

interface Draw {
  readonly kind: (typeof kinds)[number];
  readonly type: string;
  readonly enabled: boolean;
  readonly resource: string | undefined;
  readonly tries: number | undefined;
  readonly edges: readonly { readonly back: number; readonly how: number; readonly priority: number }[];
  readonly body: readonly Draw[];
}

const draw = (depth: number): fc.Arbitrary<Draw> =>
  fc.record({
    kind: fc.constantFrom(...kinds.filter((kind) => depth > 0 || (kind !== 'loop' && kind !== 'map'))),
    type: fc.constantFrom('any', 'text', 'json', 'list<any>'),
    enabled: fc.boolean(),
    resource: fc.constantFrom(undefined, 'gpu', 'disk'),
    tries: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    edges: fc.array(
      fc.record({
        back: fc.integer({ min: 1, max: 6 }),
        how: fc.integer({ min: 0, max: 3 }),
        priority: fc.integer({ min: -9, max: 9 }),
      }),
      { maxLength: 4 },
    ),
    body: depth === 0 ? fc.constant([]) : fc.array(draw(depth - 1), { minLength: 1, maxLength: 4 }),
  });

/** Melodies in which no rule finds an error: every edge leads forward, and every port takes what comes. */
export const validMelody: fc.Arbitrary<Melody> = fc
  .record({
    draws: fc.array(draw(2), { minLength: 1, maxLength: 12 }),
    parallel: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
    tries: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  })
  .map(({ draws, parallel, tries }) => ({
    version: 1,
    id: 't',
    name: 'T',
    settings: { ...(parallel === undefined ? {} : { parallel }), resources: { gpu: 1 } },
    ...(tries === undefined ? {} : { policy: { retry: { tries } } }),
    ...levelOf(draws),
  }));

function levelOf(draws: readonly Draw[], more: readonly MelodyNode[] = []): MelodyBody {
  const nodes = draws.map((one, index) => nodeOf(one, index));
  const edges = draws.flatMap((one, index) =>
    one.edges.flatMap(({ back, how, priority }) => edgeOf(nodes, index - back, index, how, priority)),
  );
  const once = new Map(edges.map((edge) => [`${edge.kind} ${edge.from} ${edge.to}`, edge]));
  return { nodes: [...nodes, ...more], edges: [...once.values()] };
}

function edgeOf(
  nodes: readonly MelodyNode[],
  from: number,
  to: number,
  how: number,
  priority: number,
): MelodyEdge[] {
  const [source, target] = [nodes[from], nodes[to]];
  if (source === undefined || target === undefined) return [];
  const ends = { from: source.id, to: target.id };
  if (how === 0) return [{ kind: 'control', ...ends }];
  if (how === 1) return [{ kind: 'control', ...ends, priority }];
  if (how === 2) return [{ kind: 'conditional', ...ends, when: 'size(outputs) > 0' }];
  const out =
    source.kind === 'branch'
      ? 'yes'
      : source.kind === 'approval'
        ? 'answer'
        : source.kind === 'wait' || source.kind === 'output'
          ? undefined
          : 'out';
  if (out === undefined || target.kind === 'output') return [];
  return [{ kind: 'data', from: `${source.id}.${out}`, to: `${target.id}.in` }];
}

function nodeOf({ kind, type, enabled, resource, tries, body }: Draw, index: number): MelodyNode {
  const common = {
    id: `n.${index}`,
    ...(enabled ? {} : { enabled: false }),
    ...(resource === undefined ? {} : { resource }),
    ...(tries === undefined ? {} : { policy: { retry: { tries } } }),
  };
  const inputs = [{ name: 'in', type: 'any', required: false, many: true }];
  const outputs = [{ name: 'out', type: 'any' }];
  switch (kind) {
    case 'instrument':
      return { ...common, kind, model: 'a/b', inputs, outputs: [{ name: 'out', type: 'any' }] };
    case 'operator':
      return { ...common, kind, operator: 'verify', config: [1], inputs, outputs };
    case 'branch':
      return { ...common, kind, inputs, cases: [{ port: 'yes', when: 'true' }], otherwise: 'no' };
    case 'merge':
      return { ...common, kind, take: type === 'text' ? 'first' : 'all', inputs, outputs };
    case 'join':
      return { ...common, kind, wait: type === 'text' ? 'any' : 'all', inputs, outputs };
    case 'parallel':
      return { ...common, kind, inputs, outputs };
    case 'approval':
      return { ...common, kind, prompt: 'Go on?', inputs };
    case 'wait':
      return { ...common, kind, minutes: 5, inputs };
    case 'output':
      // It needs a value, which chance does not bring.
      return { ...common, kind, type, enabled: false };
    case 'loop':
    case 'map': {
      const inner = { id: 'out', kind: 'output', type: 'any', enabled: false } as const;
      const level = levelOf(body, [inner]);
      if (kind === 'loop') return { ...common, kind, most: 3, inputs, outputs, body: level };
      // A list of nothing, where chance brings no other.
      const list = [{ name: 'in', type: 'list<any>', many: true, default: [] }];
      return { ...common, kind, over: 'in', inputs: list, outputs, body: level };
    }
  }
}
