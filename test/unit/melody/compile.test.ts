import { strict as assert } from 'node:assert';
import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import {
  workflow as workflowSchema,
  type Workflow,
  type WorkflowNode,
} from '../../../schemas/journal/workflow';
import type { Melody, MelodyBody, MelodyEdge, MelodyNode } from '../../../schemas/melody';
import { ProblemError } from '../../../server/base';
import {
  checkInputs,
  checkValue,
  compileMelody,
  gatherSubworkflows,
  readMelody,
  validate,
  type Finding,
} from '../../../server/melody';
import { layered } from './make';
import { validMelody } from './valid';

const melodyOf = (nodes: object[], edges: object[] = [], more: object = {}): Melody => {
  const document = { version: 1, id: 't', name: 'T', ...more, nodes, edges };
  const { melody, findings } = validate(document, 't', { allowOrphans: true });
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error').map(({ problem }) => problem),
    [],
  );
  return melody!;
};
const op = (id: string, more: object = {}) => ({ id, kind: 'operator', operator: 'verify', ...more });
const any = (name: string) => ({ name, type: 'any', required: false });
const out = { outputs: [{ name: 'out', type: 'any' }] };
const data = (from: string, to: string, more: object = {}) => ({ kind: 'data', from, to, ...more });
const control = (from: string, to: string, more: object = {}) => ({ kind: 'control', from, to, ...more });

/** The node `n`, or the named one, as far as it differs from a plain operator. */
function check(
  what: string,
  melody: () => Melody,
  expected: Partial<WorkflowNode>,
  id = 'n',
  load?: (path: string) => Melody | Finding,
): void {
  it(what, () => {
    const file = 'dir/t.melody.json';
    const { nodes } = compileMelody(melody(), load === undefined ? { file } : { file, load });
    const plain = { id, kind: 'verify', title: id, after: [], resource: 'work', params: null, retries: 0 };
    assert.deepEqual(
      nodes.find((node) => node.id === id),
      { ...plain, ...expected },
    );
  });
}

describe('a Melody as a workflow', () => {
  describe('nodes', () => {
    check('an operator', () => melodyOf([op('n')]), {});
    check('its config stands as it is', () => melodyOf([op('n', { config: [1] })]), { params: [1] });
    check('its ports stand beside', () => melodyOf([op('n', { config: { a: 1 }, ...out })]), {
      params: { a: 1, outputPorts: ['out'] },
    });
    check('or beside what is no object', () => melodyOf([op('n', { config: 'x', ...out })]), {
      params: { config: 'x', outputPorts: ['out'] },
    });
    check(
      'an instrument',
      () => melodyOf([{ id: 'n', kind: 'instrument', model: 'a/b', ...out, name: 'N' }]),
      {
        kind: 'instrument',
        title: 'N',
        resource: 'model',
        params: { model: 'a/b', config: {}, outputs: ['out'] },
      },
    );
    check(
      'a branch',
      () =>
        melodyOf([
          {
            id: 'n',
            kind: 'branch',
            inputs: [any('x')],
            cases: [{ port: 'p', when: 'inputs.x > 1' }],
            otherwise: 'q',
          },
        ]),
      {
        kind: 'branch',
        resource: 'control',
        inputs: [{ name: 'x', required: false }],
        params: { cases: [{ port: 'p', when: 'inputs.x > 1' }], otherwise: 'q', carries: 'x' },
      },
    );
    const ways = [op('a', out), op('b', out)];
    const into = [data('a.out', 'n.x'), control('b', 'n')];
    const merge = (take: string) => () =>
      melodyOf(
        [...ways, { id: 'n', kind: 'merge', take, inputs: [{ name: 'x', type: 'any' }], ...out }],
        into,
      );
    const merged = {
      kind: 'mergeWays',
      resource: 'control',
      inputs: [{ name: 'x', required: false }],
      edges: [{ from: 'a', port: 'out', to: 'x' }, { from: 'b' }],
      needs: 'any' as const,
    };
    const params = { outputs: ['out'], gathers: ['out'], order: ['x'] };
    check('a merge of the first', merge('first'), {
      ...merged,
      params: { take: 'first', ...params },
      eager: true,
    });
    check('a merge of all', merge('all'), { ...merged, params: { take: 'all', ...params } });
    const join = (wait: unknown) => () =>
      melodyOf([...ways, { id: 'n', kind: 'join', wait, inputs: [{ name: 'x', type: 'any' }] }], into);
    const joined = { kind: 'joinWays', resource: 'control', params: { outputs: [], order: ['x'] } };
    check('a join of all waits like any node', join('all'), {
      ...joined,
      inputs: [{ name: 'x', required: true }],
      after: ['b'],
      edges: [{ from: 'a', port: 'out', to: 'x' }],
    });
    check('a join of two counts order too', join(2), {
      ...joined,
      ...merged,
      ...joined,
      needs: 2,
      eager: true,
    });
    check(
      'an approval',
      () => melodyOf([{ id: 'n', kind: 'approval', prompt: 'Go?', choices: ['a', 'b'] }]),
      { kind: 'approval', resource: 'control', params: { prompt: 'Go?', choices: ['a', 'b'] } },
    );
    check('a wait', () => melodyOf([{ id: 'n', kind: 'wait', minutes: 2 }]), {
      kind: 'wait',
      resource: 'control',
      params: { minutes: 2 },
    });
    check('an input', () => melodyOf([{ id: 'n', kind: 'input', type: 'number', default: 1 }]), {
      kind: 'input',
      resource: 'control',
      inputs: [{ name: 'value', required: false, type: 'number' }],
      params: { type: 'number', default: 1, asks: true },
    });
    check('a disabled one', () => melodyOf([op('n', { enabled: false })]), { disabled: true });
  });

  describe('what flows', () => {
    const port = (type: string, more: object = {}) => ({ name: 'x', type, ...more });
    check(
      'a value with its transform and type',
      () =>
        melodyOf(
          [op('a.b', out), op('n', { inputs: [port('text')] })],
          [data('a.b.out', 'n.x', { transform: { op: 'pick', path: [0] } })],
        ),
      {
        inputs: [{ name: 'x', required: true, type: 'text' }],
        edges: [{ from: 'a.b', port: 'out', to: 'x', transform: { op: 'pick', path: [0] } }],
      },
    );
    check(
      'a condition',
      () =>
        melodyOf(
          [op('a', out), op('n')],
          [{ kind: 'conditional', from: 'a', to: 'n', when: 'outputs.out == 1' }],
        ),
      { edges: [{ from: 'a', when: 'outputs.out == 1' }] },
    );
    check(
      'order, once, with the higher priority',
      () =>
        melodyOf(
          [op('a'), op('b'), op('n')],
          [control('a', 'n', { priority: -2 }), control('b', 'n', { priority: 3 }), control('a', 'n')],
        ),
      { after: ['a', 'b'], priority: 3 },
    );
    check('a default', () => melodyOf([op('n', { inputs: [port('number', { default: 2 })] })]), {
      inputs: [{ name: 'x', required: false, default: 2, type: 'number' }],
    });
    const many = (type: string) => () =>
      melodyOf([op('a', out), op('n', { inputs: [port(type, { many: true })] })], [data('a.out', 'n.x')]);
    const edges = [{ from: 'a', port: 'out', to: 'x' }];
    check('a list port of many collects', many('list<text>'), {
      inputs: [{ name: 'x', required: true, many: true, type: 'list<text>' }],
      edges,
    });
    check('another one takes one of them', many('text'), {
      inputs: [{ name: 'x', required: true, type: 'text' }],
      edges,
    });
  });

  describe('policies', () => {
    const policy = {
      timeoutMinutes: 3,
      skip: { default: { out: 1 } },
      compensate: { node: 'undo' },
      budget: { tokens: 5 },
    };
    check('of a node', () => melodyOf([op('n', { ...out, policy }), op('undo')]), {
      params: { outputPorts: ['out'] },
      timeoutMinutes: 3,
      skip: { default: { out: 1 } },
      compensate: 'undo',
      budget: { tokens: 5 },
    });
    check(
      'a fallback waits to be called and keeps all else',
      () =>
        melodyOf(
          [
            op('a'),
            op('b', { policy: { fallback: { node: 'n' } } }),
            op('n', { policy: { timeoutMinutes: 1 } }),
          ],
          [control('a', 'n'), control('a', 'b')],
        ),
      { standby: true, after: ['a'], timeoutMinutes: 1 },
    );
    const retry = { tries: 3, seconds: 2 };
    const run = { policy: { retry } };
    check('the retry of the run', () => melodyOf([op('n')], [], run), { retries: 2, retry });
    check('a node has its own', () => melodyOf([op('n', { policy: { retry: { tries: 1 } } })], [], run), {
      retry: { tries: 1 },
    });
    check('none where nothing works', () => melodyOf([{ id: 'n', kind: 'parallel' }], [], run), {
      kind: 'parallel',
      resource: 'control',
      params: { outputs: [] },
    });

    it('of the run', () => {
      const of = (more: object) => {
        const { policy, limits } = compileMelody(melodyOf([op('n')], [], more), { file: 't' });
        return { policy, limits };
      };
      assert.deepEqual(of({}), { policy: { onFailure: 'stop' }, limits: {} });
      assert.deepEqual(
        of({
          policy: { onFailure: 'continue', timeoutMinutes: 9, budget: { usd: 1 } },
          settings: { parallel: 4, resources: { gpu: 2 } },
        }),
        {
          policy: { onFailure: 'continue', timeoutMinutes: 9, budget: { usd: 1 } },
          limits: { gpu: 2, '*': 4 },
        },
      );
    });
  });

  describe('bodies', () => {
    const inside = (inner: string[]) => ({
      nodes: [
        ...inner.map((id) => ({ id, kind: 'input', type: 'any' })),
        op('w', { inputs: [any('x')], outputs: [{ name: 'y', type: 'any' }] }),
        { id: 'out', kind: 'output', type: 'any' },
      ],
      edges: [data(`${inner[0]!}.value`, 'w.x'), data('w.y', 'out.value')],
    });
    const body = (inner: string[], resource = 'work') => [
      ...inner.map((id) => ({
        id,
        kind: 'input',
        title: id,
        after: [],
        resource: 'control',
        params: { type: 'any' },
        retries: 0,
        inputs: [{ name: 'value', required: false }],
      })),
      {
        id: 'w',
        kind: 'verify',
        title: 'w',
        after: [],
        resource,
        params: { outputPorts: ['y'] },
        retries: 0,
        inputs: [{ name: 'x', required: false }],
        edges: [{ from: inner[0]!, port: 'value', to: 'x' }],
      },
      {
        id: 'out',
        kind: 'output',
        title: 'out',
        after: [],
        resource: 'control',
        params: { type: 'any' },
        retries: 0,
        inputs: [{ name: 'value', required: true }],
        edges: [{ from: 'w', port: 'y', to: 'value' }],
      },
    ];
    const group = { kind: 'group', resource: '', params: { outputs: ['out'] } };
    check(
      'a loop; its class is that of its nodes',
      () =>
        melodyOf([
          {
            id: 'n',
            kind: 'loop',
            most: 3,
            until: 'iteration > 1',
            resource: 'gpu',
            inputs: [any('x')],
            ...out,
            body: inside(['x']),
          },
        ]),
      {
        ...group,
        inputs: [{ name: 'x', required: false }],
        body: { mode: 'loop', nodes: body(['x'], 'gpu'), most: 3, until: 'iteration > 1' },
      },
    );
    check(
      'a map',
      () =>
        melodyOf([
          {
            id: 'n',
            kind: 'map',
            over: 'x',
            parallel: 2,
            inputs: [{ name: 'x', type: 'list<any>', required: false }],
            outputs: [{ name: 'out', type: 'list<any>' }],
            body: inside(['item', 'index']),
          },
        ]),
      {
        ...group,
        inputs: [{ name: 'x', required: true, type: 'list<any>' }],
        body: { mode: 'map', nodes: body(['item', 'index']), over: 'x', parallel: 2 },
      },
    );
    const included = () =>
      melodyOf(inside(['x']).nodes, inside(['x']).edges, { policy: { timeoutMinutes: 7 } });
    const outer = (melody: string, more: object = {}) =>
      melodyOf([{ id: 'n', kind: 'subworkflow', melody, inputs: [any('x')], ...out, ...more }]);
    check(
      'a subworkflow, found beside the file',
      () => outer('../sub/./s.melody.json'),
      {
        ...group,
        inputs: [{ name: 'x', required: false }],
        body: { mode: 'once', nodes: body(['x']) as never },
        timeoutMinutes: 7,
      },
      'n',
      (path) => {
        assert.equal(path, 'sub/s.melody.json');
        return included();
      },
    );

    it('an input of a subworkflow that has no port asks a person', () => {
      const melody = melodyOf([{ id: 'n', kind: 'subworkflow', melody: 's.melody.json' }]);
      const { nodes } = compileMelody(melody, { file: 't', load: included });
      assert.deepEqual(nodes[0]!.body!.nodes[0]!.params, { type: 'any', asks: true });
    });

    it('limits of an included Melody hold for the run; the smaller one wins', () => {
      const sub = melodyOf([op('w')], [], { settings: { resources: { gpu: 1, disk: 5 } } });
      const melody = melodyOf([{ id: 'n', kind: 'subworkflow', melody: 's.melody.json' }], [], {
        settings: { resources: { gpu: 3 } },
      });
      assert.deepEqual(compileMelody(melody, { file: 't', load: () => sub }).limits, { gpu: 1, disk: 5 });
    });

    /** The problem a compilation ends with. */
    function refused(
      what: string,
      melody: () => Melody,
      load: (path: string) => Melody | Finding,
      expected: object,
    ) {
      it(`refuses ${what}`, () => {
        assert.throws(
          () => compileMelody(melody(), { file: './a.melody.json', load }),
          (thrown) => {
            assert.ok(thrown instanceof ProblemError);
            const { code, args } = thrown.problem;
            assert.deepEqual({ code, ...args }, expected);
            return true;
          },
        );
      });
    }
    const includes = (file: string) => melodyOf([{ id: 'n', kind: 'subworkflow', melody: file }]);
    refused(
      'Melodies that include each other',
      () => includes('b.melody.json'),
      (path) => includes(path === 'b.melody.json' ? 'x/../a.melody.json' : 'b.melody.json'),
      {
        code: 'melody.subworkflowLoop',
        place: 'b.melody.json at nodes[0].melody',
        path: './a.melody.json → b.melody.json → a.melody.json',
      },
    );
    refused(
      'what cannot be read',
      () => includes('b.melody.json'),
      (path) => readMelody('', path).findings[0]!,
      {
        code: 'melody.empty',
        place: 'b.melody.json',
        file: 'b.melody.json',
      },
    );
    refused(
      'a port that is no input',
      () => outer('b.melody.json'),
      () => melodyOf([op('w')]),
      {
        code: 'melody.subworkflowPort',
        place: './a.melody.json at nodes[0].inputs[0]',
        node: 'n',
        side: 'input',
        port: 'x',
        file: 'b.melody.json',
        known: '–',
      },
    );
    refused(
      'an output of another type',
      () => outer('b.melody.json', { inputs: [], outputs: [{ name: 'out', type: 'list<text>' }] }),
      () =>
        melodyOf(
          [
            { id: 'i', kind: 'input', type: 'number' },
            { id: 'out', kind: 'output', type: 'number' },
          ],
          [data('i.value', 'out.value')],
        ),
      {
        code: 'melody.typeMismatch',
        place: './a.melody.json at nodes[0].outputs[0]',
        from: 'out in b.melody.json',
        to: 'n.out',
        expected: 'list<text>',
        actual: 'number',
      },
    );
    refused(
      'an operator with the name of a kind',
      () => melodyOf([{ ...op('n'), operator: 'group' }]),
      included,
      {
        code: 'melody.operatorReserved',
        place: './a.melody.json at nodes[0].operator',
        operator: 'group',
      },
    );
    let serial = 0;
    refused(
      'a chain of files without end',
      () => includes('0.melody.json'),
      () => includes(`${++serial}.melody.json`),
      {
        code: 'melody.bodyTooDeep',
        place: '31.melody.json at nodes[0]',
        most: 32,
      },
    );
    refused(
      'more nodes than a run can have',
      () => includes('0.melody.json'),
      (path) => {
        const next = Number.parseInt(path, 10) + 1;
        const ids = Array.from({ length: 40 }, (_, index) => `n${index}`);
        return melodyOf(
          ids.map((id) => (next > 4 ? op(id) : { id, kind: 'subworkflow', melody: `${next}.melody.json` })),
        );
      },
      {
        code: 'melody.tooMany',
        place: '4.melody.json at nodes[17]',
        found: 100_001,
        what: 'nodes',
        most: 100_000,
      },
    );
  });
});

describe('files that Melodies include', () => {
  const includes = (...files: string[]): Melody =>
    melodyOf(files.map((melody, index) => ({ id: `n${index}`, kind: 'subworkflow', melody })));
  const files: Readonly<Record<string, Melody>> = {
    'd/b.melody.json': includes('../c.melody.json'),
    'c.melody.json': includes('d/b.melody.json'),
    'x.melody.json': melodyOf([op('n')]),
  };
  const read: string[] = [];
  const reader = async (path: string): Promise<Melody | Finding> => {
    read.push(path);
    return files[path] ?? readMelody('', path).findings[0]!;
  };

  it('are read once each, whatever they include', async () => {
    const root = melodyOf([
      {
        ...{ id: 'l', kind: 'loop', most: 1 },
        body: { nodes: [{ id: 's', kind: 'subworkflow', melody: 'x.melody.json' }], edges: [] },
      },
      { id: 's', kind: 'subworkflow', melody: 'd/b.melody.json' },
      { id: 't', kind: 'subworkflow', melody: 'none.melody.json' },
    ]);
    const load = await gatherSubworkflows(root, 'a.melody.json', reader);
    assert.deepEqual(read.sort(), ['c.melody.json', 'd/b.melody.json', 'none.melody.json', 'x.melody.json']);
    assert.equal(load('x.melody.json'), files['x.melody.json']);
    const codeAt = (path: string) => (load(path) as Finding).problem.code;
    assert.deepEqual([codeAt('none.melody.json'), codeAt('y')], ['melody.empty', 'melody.unreadable']);
  });

  it('have an end', async () => {
    let count = 0;
    const endless = async () => includes(`${++count}.melody.json`);
    await gatherSubworkflows(includes('0.melody.json'), 'a.melody.json', endless);
    assert.equal(count, 500);
  });
});

describe('every Melody as a workflow', () => {
  it('is one the engine accepts, and waits for what the Melody says', () => {
    fc.assert(
      fc.property(validMelody, (melody) => {
        const { findings } = validate(melody, 't', { allowOrphans: true });
        assert.deepEqual(
          findings.filter(({ severity }) => severity === 'error'),
          [],
        );
        const text = JSON.stringify(melody);
        const compiled = compileMelody(melody, { file: 't' });
        assert.equal(JSON.stringify(melody), text, 'the Melody stays as it was');
        const parsed = workflowSchema.safeParse(compiled);
        assert.ok(parsed.success, parsed.error?.message);
        assert.deepEqual(JSON.parse(JSON.stringify(compiled)), compiled, 'it is JSON');
        compare(melody, compiled.nodes);
      }),
      { numRuns: 500 },
    );
  });

  it('of version 0 is the workflow it was', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9:-]{0,8}$/);
    const thin = fc.uniqueArray(word, { minLength: 2, maxLength: 8 }).chain((ids) =>
      fc.tuple(
        ...ids.map((id, index) =>
          fc.record({
            id: fc.constant(id),
            kind: fc.constantFrom('agent', 'verify', 'merge', 'join', 'offer'),
            title: fc.constant(`do ${id}`),
            after: fc.subarray(ids.slice(0, index), { minLength: Math.min(index, 1) }),
            resource: fc.constantFrom('agent', 'git'),
            params: fc.constantFrom(null, { plan: '01' }, [1]),
            retries: fc.integer({ min: 0, max: 19 }),
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(thin, (nodes) => {
        const text = JSON.stringify({ version: 0, title: 'T', nodes, limits: { agent: 2 } });
        const document = JSON.parse(text) as Workflow;
        const { melody, findings } = readMelody(text, 't');
        const compiled = compileMelody(melody ?? assert.fail(JSON.stringify(findings)), { file: 't' });
        const old = compiled.nodes.map(({ retry, ...node }) => {
          assert.equal((retry?.tries ?? 1) - 1, node.retries);
          return node;
        });
        assert.deepEqual(
          { ...compiled, nodes: old },
          { ...document, version: 1, policy: { onFailure: 'stop' } },
        );
      }),
    );
  });

  it('takes less than 100 ms for 10,000 nodes and 50,000 edges', () => {
    const melody = layered(10_000, 50_000);
    const times = Array.from({ length: 5 }, () => {
      const began = performance.now();
      assert.equal(compileMelody(melody, { file: 't' }).nodes.length, 10_000);
      return performance.now() - began;
    });
    assert.ok(Math.min(...times) < 100, times.join(', '));
  });
});

/** Who waits for whom, level by level, told by the edges themselves. */
function compare(level: MelodyBody, nodes: readonly WorkflowNode[]): void {
  const end = ({ kind }: MelodyEdge, name: string) => (kind === 'data' ? name.replace(/\.[^.]*$/, '') : name);
  const asked = new Set(level.edges.map((edge) => `${end(edge, edge.from)} > ${end(edge, edge.to)}`));
  const got = new Set(
    nodes.flatMap(({ id, after, edges = [] }) =>
      [...after, ...edges.map(({ from }) => from)].map((from) => `${from} > ${id}`),
    ),
  );
  assert.deepEqual([...got].sort(), [...asked].sort());
  assert.deepEqual(
    nodes.map(({ id }) => id),
    level.nodes.map(({ id }) => id),
  );
  level.nodes.forEach((node: MelodyNode, index) => {
    const { body } = nodes[index]!;
    assert.equal(body !== undefined, 'body' in node);
    if ('body' in node) compare(node.body, body!.nodes);
  });
}

describe('values for a run', () => {
  const workflow: Workflow = compileMelody(
    melodyOf([
      { id: 'text', kind: 'input', type: 'text' },
      { id: 'count', kind: 'input', type: 'number', default: 3 },
      { id: 'files', kind: 'input', type: 'list<file>' },
      { id: 'off', kind: 'input', type: 'text', enabled: false },
    ]),
    { file: 't' },
  );
  /** Values, and what is wrong with each. */
  function check(inputs: Record<string, never | unknown>, expected: readonly string[]): void {
    it(`${JSON.stringify(inputs)}: ${expected.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(
        checkInputs(workflow, inputs as never).map(
          ({ code, args }) => `${code.slice(4)} ${args['input']}: ${args['expected']} / ${args['actual']}`,
        ),
        expected,
      );
    });
  }
  check({ text: '', files: ['a'] }, []);
  check({}, ['inputMissing text: text / nothing', 'inputMissing files: list<file> / nothing']);
  check({ text: null, count: '3', files: ['a', 1] }, [
    'inputMisfit text: text / null',
    'inputMisfit count: number / a text',
    'inputMisfit files: list<file> / a list',
  ]);
  check({ text: '', files: [], constructor: {} }, ['inputUnknown constructor: nothing / an object']);

  it('fit the type of a port or say why not', () => {
    assert.equal(checkValue('list<list<number>>', [[1], []]), undefined);
    assert.deepEqual(checkValue('boolean', 1), { expected: 'boolean', actual: 'a number' });
    assert.deepEqual(checkValue('no type', 1), { expected: 'no type', actual: 'a number' });
  });
});
