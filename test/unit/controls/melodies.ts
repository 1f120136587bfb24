import type { Answer, Performer, Performers } from '../../../server/engine';
import { problem, type Clock, type Json } from '../../../server/base';

/** A Melody, what it is given, and what comes out of it. */
export interface Played {
  readonly name: string;
  readonly nodes: readonly object[];
  readonly edges: readonly object[];
  readonly more?: object;
  /** Melodies it includes, by path. */
  readonly files?: Readonly<
    Record<string, { readonly nodes: readonly object[]; readonly edges: readonly object[] }>
  >;
  readonly inputs?: Readonly<Record<string, Json>>;
  readonly answers?: Readonly<Record<string, Answer>>;
  /** Values of its outputs, or the code of the problem the run fails with. */
  readonly outputs: Readonly<Record<string, Json>> | string;
  /** How long it takes by its clock. */
  readonly minutes?: number;
}

/** Operators of these Melodies: what arrives at `x` goes out of `out`, a little different. */
export function operators(clock: Clock): Performers {
  const shown = new Map<string, (x: Json, config: Record<string, Json>) => Json>([
    ['echo', (x, { say }) => say ?? x],
    ['add', (x, { by }) => Number(x) + Number(by ?? 1)],
    ['times', (x, { by }) => Number(x) * Number(by ?? 2)],
  ]);
  const plain = [...shown].map(([name, work]): readonly [string, Performer] => [
    name,
    async ({ inputs, params }) => ({
      out: work(inputs['x'] ?? null, (params ?? {}) as Record<string, Json>),
    }),
  ]);
  return new Map<string, Performer>([
    ...plain,
    ['fails', () => Promise.reject(problem('internal.unexpected', { detail: 'as it should' }))],
    [
      'flaky',
      async ({ attempt, params }) => {
        const { failures } = params as { failures: number };
        if (attempt <= failures) throw problem('internal.unexpected', { detail: `try ${attempt}` });
        return { out: `try ${attempt}` };
      },
    ],
    [
      'slow',
      async ({ params, inputs, signal }) => {
        const { minutes, say } = params as { minutes: number; say?: Json };
        await clock.sleep(minutes * 60_000, signal);
        return { out: say ?? inputs['x'] ?? null };
      },
    ],
  ]);
}

const out = [{ name: 'out', type: 'any' }];
const x = [{ name: 'x', type: 'any', required: false }];
const op = (id: string, operator: string, config: object = {}, more: object = {}) => ({
  id,
  kind: 'operator',
  operator,
  config,
  inputs: x,
  outputs: out,
  ...more,
});
/** It cannot do without its input: on a closed way it is passed over. */
const needing = { inputs: [{ name: 'x', type: 'any' }] };
const input = (id: string, type = 'any', more: object = {}) => ({ id, kind: 'input', type, ...more });
const output = (id: string, type = 'any') => ({ id, kind: 'output', type });
const data = (from: string, to: string, transform?: object) => ({
  kind: 'data',
  from,
  to,
  ...(transform === undefined ? {} : { transform }),
});
const control = (from: string, to: string) => ({ kind: 'control', from, to });
const when = (from: string, to: string, text: string) => ({ kind: 'conditional', from, to, when: text });
const ports = (...names: string[]) => names.map((name) => ({ name, type: 'any', required: false }));
const outs = (...names: string[]) => names.map((name) => ({ name, type: 'any' }));
const merge = (id: string, take: string, inputs: object[]) => ({
  id,
  kind: 'merge',
  take,
  inputs,
  outputs: out,
});
const doubling = {
  nodes: [input('n', 'number'), op('t', 'times'), output('n2', 'number')],
  edges: [data('n.value', 't.x'), data('t.out', 'n2.value')],
};

const ways = (n: number, take: string, result: Json): Played => ({
  name: `branch: ${n} goes one way, and the ways come together, ${take}`,
  nodes: [
    input('n', 'number'),
    {
      id: 'b',
      kind: 'branch',
      inputs: ports('n'),
      cases: [{ port: 'big', when: 'inputs.n > 10' }],
      otherwise: 'small',
    },
    op('half', 'times', { by: 0.5 }, needing),
    op('more', 'add', { by: 100 }, needing),
    merge('m', take, ports('a', 'b')),
    output('r'),
  ],
  edges: [
    data('n.value', 'b.n'),
    data('b.big', 'half.x'),
    data('b.small', 'more.x'),
    data('half.out', 'm.a'),
    data('more.out', 'm.b'),
    data('m.out', 'r.value'),
  ],
  inputs: { n },
  outputs: { r: result },
});

const counting = (name: string, how: object, n: number, result: number): Played => ({
  name: `loop: ${name}`,
  nodes: [
    input('n', 'number'),
    {
      ...{ id: 'l', kind: 'loop', most: 10, ...how, inputs: ports('n'), outputs: outs('n') },
      body: {
        nodes: [input('n'), op('a', 'add', { by: 2 }), { ...output('next'), port: 'n' }],
        edges: [data('n.value', 'a.x'), data('a.out', 'next.value')],
      },
    },
    output('r'),
  ],
  edges: [data('n.value', 'l.n'), data('l.n', 'r.value')],
  inputs: { n },
  outputs: { r: result },
});

const approving = (answer: string, result: string): Played => ({
  name: `approval: a person says ${answer}`,
  nodes: [
    { id: 'ask', kind: 'approval', prompt: 'Ship it?' },
    op('ship', 'echo', { say: 'shipped' }),
    op('hold', 'echo', { say: 'held' }),
    merge('m', 'first', ports('a', 'b')),
    output('r', 'text'),
  ],
  edges: [
    when('ask', 'ship', 'outputs.answer == "approve"'),
    when('ask', 'hold', 'outputs.answer != "approve"'),
    data('ship.out', 'm.a'),
    data('hold.out', 'm.b'),
    data('m.out', 'r.value'),
  ],
  answers: { ask: { answer } },
  outputs: { r: result },
});

/** What happens after a node failed for good. */
const failing = (name: string, policy: object, outputs: Played['outputs'], more: object = {}): Played => ({
  name,
  nodes: [
    input('n', 'number'),
    op('a', 'fails', {}, { policy }),
    op('b', 'times', { by: 10 }),
    op('c', 'echo', {}, needing),
    output('r'),
    op('d', 'echo'),
    output('other'),
  ],
  edges: [
    data('n.value', 'a.x'),
    data('a.out', 'c.x'),
    data('c.out', 'r.value'),
    data('n.value', 'd.x'),
    data('d.out', 'other.value'),
  ],
  more,
  inputs: { n: 4 },
  outputs,
});
/** Unconnected nodes are for fallbacks alone; without one there is none. */
const alone = (played: Played): Played => ({
  ...played,
  nodes: played.nodes.filter((node) => (node as { id: string }).id !== 'b'),
});

export const played: readonly Played[] = [
  ways(20, 'first', 10),
  ways(3, 'all', [103]),
  counting('until its condition is true', { until: 'outputs.n >= 7' }, 2, 8),
  counting('while its condition is true, once at least', { while: 'iteration < 1' }, 2, 4),
  counting('no more often than it may', { most: 3 }, 0, 6),
  {
    name: 'map: each item, in order, and a sum on the way out',
    nodes: [
      input('list', 'list<number>'),
      {
        ...{ id: 'm', kind: 'map', over: 'list', parallel: 2 },
        inputs: [{ name: 'list', type: 'list<number>' }],
        outputs: [{ name: 'doubled', type: 'list<any>' }],
        body: {
          nodes: [input('item', 'number'), op('t', 'times'), output('doubled')],
          edges: [data('item.value', 't.x'), data('t.out', 'doubled.value')],
        },
      },
      output('all'),
      output('sum'),
    ],
    edges: [
      data('list.value', 'm.list'),
      data('m.doubled', 'all.value', { op: 'filter', keep: 'item > 2' }),
      data('m.doubled', 'sum.value', { op: 'reduce', initial: 0, next: 'total + item' }),
    ],
    inputs: { list: [1, 2, 3] },
    outputs: { all: [4, 6], sum: 12 },
  },
  {
    name: 'map: items know their index and the list they are of',
    nodes: [
      input('list', 'list<text>'),
      {
        ...{ id: 'm', kind: 'map', over: 'list' },
        inputs: [{ name: 'list', type: 'list<text>' }],
        outputs: [
          { name: 'at', type: 'list<any>' },
          { name: 'all', type: 'list<any>' },
        ],
        body: {
          nodes: [input('index', 'number'), input('list'), output('at'), output('all')],
          edges: [data('index.value', 'at.value'), data('list.value', 'all.value')],
        },
      },
      output('r'),
      output('lists'),
    ],
    edges: [data('list.value', 'm.list'), data('m.at', 'r.value'), data('m.all', 'lists.value')],
    inputs: { list: ['a', 'b'] },
    outputs: {
      r: [0, 1],
      lists: [
        ['a', 'b'],
        ['a', 'b'],
      ],
    },
  },
  {
    name: 'map: of an empty list',
    nodes: [
      input('list', 'list<number>', { default: [] }),
      {
        ...{ id: 'm', kind: 'map', over: 'list' },
        inputs: [{ name: 'list', type: 'list<number>' }],
        outputs: [{ name: 'out', type: 'list<any>' }],
        body: { nodes: [input('item'), output('out')], edges: [data('item.value', 'out.value')] },
      },
      output('r'),
    ],
    edges: [data('list.value', 'm.list'), data('m.out', 'r.value')],
    outputs: { r: [] },
  },
  {
    name: 'merge: the first that comes, whatever its place',
    nodes: [
      op('a', 'slow', { minutes: 5, say: 'slow' }),
      op('b', 'slow', { minutes: 1, say: 'quick' }),
      merge('m', 'first', ports('a', 'b')),
      op('c', 'echo'),
      output('r'),
    ],
    edges: [data('a.out', 'm.a'), data('b.out', 'm.b'), data('m.out', 'c.x'), data('c.out', 'r.value')],
    outputs: { r: 'quick' },
  },
  {
    name: 'merge: all that come, in a list',
    nodes: [
      op('a', 'slow', { minutes: 5, say: 'slow' }),
      op('b', 'echo', { say: 'quick' }),
      op('c', 'echo', { say: 'never' }),
      merge('m', 'all', [{ name: 'in', type: 'list<any>', many: true }]),
      output('r', 'list<text>'),
    ],
    edges: [
      data('a.out', 'm.in'),
      data('b.out', 'm.in'),
      data('c.out', 'm.in'),
      when('b', 'c', 'false'),
      data('m.out', 'r.value'),
    ],
    outputs: { r: ['slow', 'quick'] },
    minutes: 5,
  },
  {
    name: 'join: two of three, one of them by order alone',
    nodes: [
      op('a', 'slow', { minutes: 1, say: 1 }),
      op('b', 'slow', { minutes: 2, say: 2 }),
      op('c', 'slow', { minutes: 9, say: 3 }),
      { id: 'j', kind: 'join', wait: 2, inputs: ports('a', 'c'), outputs: outs('all') },
      output('r'),
    ],
    edges: [data('a.out', 'j.a'), control('b', 'j'), data('c.out', 'j.c'), data('j.all', 'r.value')],
    outputs: { r: [1] },
  },
  {
    name: 'join: all, started together by a parallel',
    nodes: [
      input('n', 'number'),
      { id: 'p', kind: 'parallel', inputs: ports('n'), outputs: outs('left', 'right') },
      op('a', 'times', { by: 2 }),
      op('b', 'times', { by: 3 }),
      { id: 'j', kind: 'join', wait: 'all', inputs: ports('l', 'r'), outputs: outs('all') },
      output('r'),
    ],
    edges: [
      data('n.value', 'p.n'),
      data('p.left', 'a.x'),
      data('p.right', 'b.x'),
      data('a.out', 'j.l'),
      data('b.out', 'j.r'),
      data('j.all', 'r.value'),
    ],
    inputs: { n: 5 },
    outputs: { r: [10, 15] },
  },
  failing(
    'fallback: another node does the work with the same inputs',
    { fallback: { node: 'b' } },
    { r: 40, other: 4 },
  ),
  alone(
    failing(
      'fallback: values instead',
      { fallback: { value: { out: 'plan B' } } },
      { r: 'plan B', other: 4 },
    ),
  ),
  alone(failing('skip: with values', { skip: { default: { out: 'none' } } }, { r: 'none', other: 4 })),
  alone(failing('skip: without values what needs them is passed over', { skip: {} }, { other: 4 }, {})),
  alone(failing('failure: the run stops', {}, 'internal.unexpected')),
  {
    name: 'retry: the third try is good',
    nodes: [op('a', 'flaky', { failures: 2 }, { policy: { retry: { tries: 3, seconds: 0 } } }), output('r')],
    edges: [data('a.out', 'r.value')],
    outputs: { r: 'try 3' },
  },
  {
    name: 'subworkflow: one Melody in another, twice in a row',
    nodes: [
      input('n', 'number'),
      ...['s', 't'].map((id) => ({
        ...{ id, kind: 'subworkflow', melody: 'parts/double.melody.json' },
        inputs: [{ name: 'n', type: 'number' }],
        outputs: [{ name: 'n2', type: 'number' }],
      })),
      output('r', 'number'),
    ],
    edges: [data('n.value', 's.n'), data('s.n2', 't.n'), data('t.n2', 'r.value')],
    files: { 'parts/double.melody.json': doubling },
    inputs: { n: 5 },
    outputs: { r: 20 },
  },
  {
    name: 'names that every object has are names like any other',
    nodes: [
      input('constructor'),
      op('toString', 'echo', {}, { outputs: outs('out', 'valueOf'), inputs: ports('x', 'hasOwnProperty') }),
      merge('m', 'all', [
        { name: 'valueOf', type: 'any' },
        { name: 'toString', type: 'any' },
      ]),
      output('r'),
      output('isPrototypeOf'),
    ],
    edges: [
      data('constructor.value', 'toString.x'),
      data('toString.out', 'm.toString'),
      data('toString.valueOf', 'm.valueOf'),
      data('toString.valueOf', 'isPrototypeOf.value'),
      data('m.out', 'r.value'),
    ],
    inputs: { constructor: 1 },
    outputs: { r: [1] },
  },
  approving('approve', 'shipped'),
  approving('reject', 'held'),
  {
    name: 'input: a person gives what nobody gave',
    nodes: [input('n', 'number'), op('t', 'times'), output('r')],
    edges: [data('n.value', 't.x'), data('t.out', 'r.value')],
    answers: { n: { answer: 'give', value: 21 } },
    outputs: { r: 42 },
  },
  {
    name: 'types: a value is checked where only it can tell',
    nodes: [
      input('any', 'any'),
      op('t', 'times', {}, { inputs: [{ name: 'x', type: 'number' }] }),
      output('r'),
    ],
    edges: [data('any.value', 't.x'), data('t.out', 'r.value')],
    inputs: { any: 'seven' },
    outputs: 'workflow.valueMisfit',
  },
  {
    name: 'wait: an hour and a half pass before the rest',
    nodes: [
      op('a', 'echo', { say: 'begun' }),
      { id: 'w', kind: 'wait', minutes: 90 },
      op('b', 'echo'),
      output('r'),
    ],
    edges: [control('a', 'w'), control('w', 'b'), data('a.out', 'b.x'), data('b.out', 'r.value')],
    outputs: { r: 'begun' },
    minutes: 90,
  },
];
