import { strict as assert } from 'node:assert';
import type { Spending } from '../../../schemas/journal/events';
import type { Workflow, WorkflowEdge, WorkflowNode } from '../../../schemas/journal/workflow';
import { problem, type Json } from '../../../server/base';
import type {
  Engine,
  EngineOptions,
  Expressions,
  NodeContext,
  Performer,
  RunFold,
} from '../../../server/engine';
import { engineOn, jumpingClock, memoryJournal, settled, until } from './support';

/** `outputs.ok`, `iteration < 3`, `item * 2`: as much of a language as these tests need. */
const expressions: Expressions = {
  condition(_scope, text, values) {
    const [name, comparison, wanted] = text.split(' ');
    const value = name!
      .split('.')
      .reduce<Json | undefined>((at, key) => (at as Record<string, Json> | undefined)?.[key], values as Json);
    if (value === undefined)
      throw problem('melody.expressionFailed', { expression: text, detail: 'unknown name' });
    return comparison === '<' ? Number(value) < Number(wanted) : value === true;
  },
  misfit: () => undefined,
  transform(_how, value) {
    return Array.isArray(value) ? value.map((item) => Number(item) * 2) : value;
  },
};

/** `a b.ok>x ?b:outputs.ok` — waits for a; the output ok of b flows into x; and only if b's output says so. */
function edgesOf(text: string): Pick<WorkflowNode, 'after' | 'edges'> {
  const after: string[] = [];
  const edges: WorkflowEdge[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const flow = /^([^.]+)\.(\w+)>(\w+)$/.exec(word);
    const condition = /^\?(\w+):(.+)$/.exec(word);
    if (flow) edges.push({ from: flow[1]!, port: flow[2]!, to: flow[3]! });
    else if (condition) edges.push({ from: condition[1]!, when: condition[2]!.replaceAll('_', ' ') });
    else after.push(word);
  }
  return { after, ...(edges.length > 0 ? { edges } : {}) };
}

type Sketch = readonly [ways: string, node?: Partial<WorkflowNode>];

const nodesOf = (sketches: Readonly<Record<string, Sketch>>): WorkflowNode[] =>
  Object.entries(sketches).map(([id, [ways, node = {}]]) => ({
    id,
    kind: node.body ? 'group' : 'work',
    title: id,
    resource: 'work',
    params: null,
    retries: 0,
    ...edgesOf(ways),
    ...node,
  }));

const input = (name: string, more: Partial<NonNullable<WorkflowNode['inputs']>[number]> = {}) => ({
  name,
  required: true,
  ...more,
});

const workflow = (sketches: Readonly<Record<string, Sketch>>, more: Partial<Workflow> = {}): Workflow => ({
  version: 1,
  title: 'test',
  limits: {},
  nodes: nodesOf(sketches),
  ...more,
});

type Work = (ctx: NodeContext) => Json | Promise<Json>;

/** What each node was given and gave, in the order they were performed. */
class World {
  readonly performed: string[] = [];
  readonly given = new Map<string, Json>();
  readonly journal = memoryJournal(jumpingClock());
  readonly engine: Engine;
  atWork = 0;
  mostAtWork = 0;

  constructor(works: Readonly<Record<string, Work>> = {}, options: Partial<EngineOptions> = {}) {
    const perform: Performer = async (ctx) => {
      this.performed.push(ctx.node);
      this.given.set(ctx.node, ctx.inputs as Json);
      this.mostAtWork = Math.max(this.mostAtWork, ++this.atWork);
      try {
        await new Promise((resolve) => setImmediate(resolve));
        const name = ctx.node.replace(/.*\//, '');
        return (await works[name]?.(ctx)) ?? { out: name };
      } finally {
        this.atWork--;
      }
    };
    const passing: Performer = (ctx) => Promise.resolve(ctx.inputs as Json);
    const reusable: Performer = Object.assign((ctx: NodeContext) => perform(ctx), { reusable: true });
    const spending: Performer = Object.assign((ctx: NodeContext) => perform(ctx), { spends: true });
    this.engine = engineOn(this.journal, perform, {
      expressions,
      hash: (text) => text,
      performers: new Map([
        ['work', perform],
        ['reusable', reusable],
        ['spending', spending],
        ['input', passing],
        ['output', passing],
      ]),
      ...options,
    });
  }

  async run(given: Workflow, inputs: Readonly<Record<string, Json>> = {}): Promise<RunFold> {
    const run = await this.engine.start({
      title: 'test',
      kind: 'melody',
      workflow: given,
      facts: {},
      inputs,
    });
    return this.ended(run);
  }

  async ended(run: string): Promise<RunFold> {
    const over = ['completed', 'failed', 'cancelled', 'waiting'];
    await until(() => over.includes(this.engine.state(run)!.state), 'the run ends');
    await settled();
    return this.engine.state(run)!;
  }
}

const statesOf = (run: RunFold): string =>
  [...run.nodes.values()].map(({ id, state }) => `${id} ${state}`).join(', ');

interface Expected {
  readonly state?: RunFold['state'];
  readonly states: string;
  readonly outputs?: Json;
  readonly performed?: string;
}

async function check(
  given: Workflow,
  works: Readonly<Record<string, Work>>,
  expected: Expected,
  inputs: Readonly<Record<string, Json>> = {},
): Promise<World> {
  const world = new World(works);
  const run = await world.run(given, inputs);
  assert.equal(statesOf(run), expected.states);
  assert.equal(run.state, expected.state ?? 'completed');
  if (expected.outputs !== undefined) assert.deepEqual(run.outputs, expected.outputs);
  if (expected.performed !== undefined) assert.equal(world.performed.join(' '), expected.performed);
  return world;
}

const untilAborted = (ctx: NodeContext): Promise<Json> =>
  new Promise((_, reject) => {
    const stop = () => reject(ctx.signal.reason as Error);
    if (ctx.signal.aborted) stop();
    ctx.signal.addEventListener('abort', stop);
  });

const fails = (): never => {
  throw problem('agent.stuck', {});
};

describe('values', () => {
  it('flow along edges, through transforms, from inputs and to outputs', async () => {
    const edges = [{ from: 'list', port: 'value', to: 'all', transform: { op: 'flatten' as const } }];
    await check(
      workflow({
        list: ['', { kind: 'input' }],
        double: ['', { edges, inputs: [input('all')] }],
        sum: ['double.doubled>value', { kind: 'output', inputs: [input('value')] }],
      }),
      { double: (ctx) => ({ doubled: ctx.inputs['all']! }) },
      { states: 'list completed, double completed, sum completed', outputs: { sum: [2, 4] } },
      { list: [1, 2] },
    );
  });

  it('are defaults where none arrive, and lists where many do', async () => {
    const world = await check(
      workflow({
        a: [''],
        b: [''],
        c: [
          'a.out>many b.out>many a.none>maybe',
          { inputs: [input('many', { many: true }), input('maybe', { default: 7 })] },
        ],
      }),
      {},
      { states: 'a completed, b completed, c completed' },
    );
    assert.deepEqual(world.given.get('c'), { many: ['a', 'b'], maybe: 7 });
  });

  it('that a node needs and that do not come out close it', async () => {
    await check(
      workflow({ a: [''], b: ['a.none>x', { inputs: [input('x')] }], c: ['b'], d: ['a'] }),
      {},
      { states: 'a completed, b skipped, c skipped, d completed', performed: 'a d' },
    );
  });
});

describe('conditions', () => {
  it('choose a way, and close the other as far as it goes', async () => {
    await check(
      workflow({
        test: [''],
        good: ['?test:outputs.ok'],
        bad: ['?test:outputs.broken'],
        worse: ['bad'],
        end: ['good worse', { needs: 'any' }],
      }),
      { test: () => ({ ok: true, broken: false }) },
      { states: 'test completed, good completed, bad skipped, worse skipped, end completed' },
    );
  });

  it('that cannot be evaluated fail the node they follow', async () => {
    await check(
      workflow({ a: [''], b: ['?a:outputs.nothing'] }),
      {},
      { state: 'failed', states: 'a failed, b pending' },
    );
  });

  it('let a node go on as soon as enough have come', async () => {
    const world = new World({
      slow: () => new Promise<Json>((resolve) => setTimeout(() => resolve({ out: 'slow' }), 30)),
    });
    const run = await world.run(
      workflow({
        fast: [''],
        slow: [''],
        first: [
          'fast.out>got slow.out>got',
          { needs: 'any', eager: true, inputs: [input('got', { many: true })] },
        ],
        two: ['fast slow', { needs: 2 }],
      }),
    );
    assert.deepEqual(world.given.get('first'), { got: ['fast'] });
    assert.deepEqual(world.performed, ['fast', 'slow', 'first', 'two']);
    assert.equal(run.state, 'completed');
  });
});

describe('policies', () => {
  it('put a value in the place of a failed node', async () => {
    const world = await check(
      workflow({
        a: ['', { fallback: { value: { out: 'instead' } } }],
        b: ['a.out>x', { inputs: [input('x')] }],
      }),
      { a: fails },
      { states: 'a completed, b completed' },
    );
    assert.deepEqual(world.given.get('b'), { x: 'instead' });
  });

  it('call a standby with the same inputs, and another for that one', async () => {
    const world = await check(
      workflow({
        before: [''],
        a: ['before.out>x', { inputs: [input('x')], fallback: { node: 's' } }],
        s: ['', { standby: true, fallback: { node: 't' } }],
        t: ['', { standby: true }],
        idle: ['', { standby: true }],
        b: ['a.done>x', { inputs: [input('x')] }],
      }),
      { a: fails, s: fails, t: (ctx) => ({ done: ctx.inputs['x']! }) },
      {
        states: 'before completed, a completed, s completed, t completed, idle pending, b completed',
        performed: 'before a s t b',
      },
    );
    assert.deepEqual(world.given.get('b'), { x: 'before' });
  });

  it('fall back on the value when the standby fails, too', async () => {
    const world = await check(
      workflow({
        a: ['', { fallback: { node: 's', value: { out: 'value' } } }],
        s: ['', { standby: true }],
        b: ['a.out>x', { inputs: [input('x')] }],
      }),
      { a: fails, s: fails },
      { states: 'a completed, s failed, b completed' },
    );
    assert.deepEqual(world.given.get('b'), { x: 'value' });
  });

  it('pass a failed node over, with outputs or without', async () => {
    await check(
      workflow({ a: ['', { skip: { default: { out: 1 } } }], b: ['a.out>x', { inputs: [input('x')] }] }),
      { a: fails },
      { states: 'a skipped, b completed' },
    );
    await check(
      workflow({ a: ['', { skip: {} }], b: ['a.out>x', { inputs: [input('x')] }], c: ['a'] }),
      { a: fails },
      { states: 'a skipped, b skipped, c completed' },
    );
  });

  it('go on with what does not need a failed node, or stop', async () => {
    const sketch = { a: [''], b: [''], c: ['b'], d: ['a'] } satisfies Record<string, Sketch>;
    await check(
      workflow(sketch),
      { a: fails },
      {
        state: 'failed',
        states: 'a failed, b completed, c completed, d pending',
      },
    );
    await check(
      workflow(sketch, { policy: { onFailure: 'stop' } }),
      { a: fails },
      { state: 'failed', states: 'a failed, b completed, c pending, d pending' },
    );
  });

  it('undo what was done, the last thing first', async () => {
    const world = await check(
      workflow(
        {
          a: ['', { compensate: 'undoA' }],
          b: ['a', { compensate: 'undoB' }],
          c: ['b'],
          d: ['b'],
          undoA: ['', { standby: true }],
          undoB: ['', { standby: true }],
        },
        { policy: { onFailure: 'compensate' } },
      ),
      { c: fails },
      {
        state: 'failed',
        states: 'a completed, b completed, c failed, d completed, undoA completed, undoB completed',
        performed: 'a b c d undoB undoA',
      },
    );
    assert.deepEqual(world.given.get('undoA'), { out: 'a' });
  });

  it('try again with the pauses they state', async () => {
    let tries = 0;
    const world = new World({ a: () => (++tries < 4 ? Promise.reject(new Error('not yet')) : { tries }) });
    const run = await world.run(
      workflow({ a: ['', { retry: { tries: 4, backoff: 'linear', seconds: 10, mostSeconds: 25 } }] }),
    );
    assert.equal(run.state, 'completed');
    const starts = world.journal.events
      .filter(({ event }) => event.type === 'NodeStarted')
      .map(({ at }) => at);
    assert.equal(starts.length, 4);
  });

  it('end a try that takes too long', async () => {
    const world = await check(
      workflow({ a: ['', { timeoutMinutes: 1 }] }),
      {
        a: untilAborted,
      },
      { state: 'failed', states: 'a failed' },
    );
    const [run] = world.engine.runs();
    assert.deepEqual(run!.problem, { code: 'run.nodeTimeout', args: { node: 'a', minutes: 1 } });
  });

  it('end a run that takes too long', async () => {
    const world = new World({
      a: untilAborted,
    });
    const run = await world.run(workflow({ a: [''], b: ['a'] }, { policy: { timeoutMinutes: 5 } }));
    assert.deepEqual(
      [run.state, run.problem?.code, statesOf(run)],
      ['failed', 'run.timeout', 'a cancelled, b cancelled'],
    );
    // What is left can be done when there is time again.
    assert.equal(
      await world.engine.command(run.run, 'retry').catch((thrown: unknown) => String(thrown)),
      'running',
    );
  });

  it('disabled nodes are passed over', async () => {
    await check(
      workflow({ a: [''], b: ['a', { disabled: true }], c: ['b'] }),
      {},
      {
        states: 'a completed, b skipped, c completed',
      },
    );
  });
});

describe('groups', () => {
  const body = (
    mode: 'once' | 'loop' | 'map',
    sketches: Readonly<Record<string, Sketch>>,
    more: Partial<NonNullable<WorkflowNode['body']>> = {},
  ): Partial<WorkflowNode> => ({ body: { mode, nodes: nodesOf(sketches), ...more } });

  it('run their body once', async () => {
    await check(
      workflow({
        g: ['', body('once', { work: [''], value: ['work.out>value', { kind: 'output' }] })],
        end: ['g.value>value', { kind: 'output' }],
      }),
      {},
      {
        states: 'g completed, end completed, g[1]/work completed, g[1]/value completed',
        outputs: { end: 'work' },
      },
    );
  });

  it('go round until it is good, with the outputs of one round as the inputs of the next', async () => {
    const world = await check(
      workflow({
        start: ['', { kind: 'input' }],
        fix: [
          'start.value>n',
          {
            inputs: [input('n')],
            ...body(
              'loop',
              {
                n: ['', { kind: 'input' }],
                work: ['n.value>n'],
                out: ['work.n>value', { kind: 'output' }],
                ok: ['work.ok>value', { kind: 'output' }],
              },
              { until: 'outputs.ok', most: 9 },
            ),
          },
        ],
        end: ['fix.ok>value', { kind: 'output' }],
      }),
      { work: (ctx) => ({ n: ctx.inputs['n']!, ok: ctx.node.startsWith('fix[3]') }) },
      {
        states:
          'start completed, fix completed, end completed, ' +
          [1, 2, 3]
            .map((i) => ['n', 'work', 'out', 'ok'].map((id) => `fix[${i}]/${id} completed`).join(', '))
            .join(', '),
      },
      { start: 5 },
    );
    assert.deepEqual(world.given.get('fix[3]/work'), { n: 5 });
  });

  it('stop going round at the most, or while it is so', async () => {
    const turns = (more: Partial<NonNullable<WorkflowNode['body']>>) =>
      workflow({ g: ['', body('loop', { work: [''] }, more)] });
    await check(turns({ most: 2 }), {}, { states: 'g completed, g[1]/work completed, g[2]/work completed' });
    await check(
      turns({ most: 9, while: 'iteration < 2' }),
      {},
      {
        states: 'g completed, g[1]/work completed, g[2]/work completed',
      },
    );
  });

  it('go through a list, some items at once, and collect what comes out', async () => {
    const world = new World({ work: (ctx) => ({ twice: Number(ctx.inputs['item']) * 2 }) });
    const run = await world.run(
      workflow({
        list: ['', { kind: 'input' }],
        each: [
          'list.value>items',
          {
            inputs: [input('items')],
            ...body(
              'map',
              {
                item: ['', { kind: 'input' }],
                work: ['item.value>item'],
                out: ['work.twice>value', { kind: 'output' }],
              },
              { over: 'items', parallel: 2 },
            ),
          },
        ],
        end: ['each.out>value', { kind: 'output' }],
      }),
      { list: [1, 2, 3, 4, 5] },
    );
    assert.deepEqual([run.state, run.outputs], ['completed', { end: [2, 4, 6, 8, 10] }]);
    assert.equal(world.mostAtWork, 2);
  });

  it('that go through nothing give empty lists, and through no list fail', async () => {
    const each: Sketch = [
      'list.value>items',
      {
        inputs: [input('items')],
        ...body(
          'map',
          { item: ['', { kind: 'input' }], out: ['item.value>value', { kind: 'output' }] },
          { over: 'items' },
        ),
      },
    ];
    const given = workflow({
      list: ['', { kind: 'input' }],
      each,
      end: ['each.out>value', { kind: 'output' }],
    });
    await check(
      given,
      {},
      { states: 'list completed, each completed, end completed', outputs: { end: [] } },
      { list: [] },
    );
    await check(
      given,
      {},
      { state: 'failed', states: 'list completed, each failed, end pending' },
      { list: 'no' },
    );
  });

  it('fail with what is inside, after what is at work there has ended', async () => {
    await check(
      workflow({ g: ['', body('once', { a: [''], b: [''], c: ['b'] })], after: ['g'] }),
      { a: fails },
      { state: 'failed', states: 'g failed, after pending, g[1]/a failed, g[1]/b completed, g[1]/c pending' },
    );
  });

  it('that failed are tried again from their beginning, and have policies of their own', async () => {
    let tries = 0;
    await check(
      workflow({ g: ['', { ...body('once', { a: [''] }), retries: 1 }], after: ['g'] }),
      { a: () => (++tries === 1 ? fails() : null) },
      { state: 'failed', states: 'g failed, after pending, g[1]/a failed' },
    );
    tries = 0;
    await check(
      workflow({ g: ['', { ...body('once', { a: [''] }), retries: 1 }], after: ['g'] }),
      { a: () => (++tries === 1 ? Promise.reject(new Error('once')) : null) },
      { states: 'g completed, after completed, g[1]/a failed, g[2]/a completed' },
    );
    await check(
      workflow({ g: ['', { ...body('once', { a: [''] }), skip: {} }], after: ['g'] }),
      { a: fails },
      { states: 'g skipped, after completed, g[1]/a failed' },
    );
  });

  it('lie in each other', async () => {
    await check(
      workflow({
        outer: ['', body('loop', { inner: ['', body('loop', { work: [''] }, { most: 2 })] }, { most: 2 })],
      }),
      {},
      {
        states:
          'outer completed, outer[1]/inner completed, outer[1]/inner[1]/work completed, outer[1]/inner[2]/work completed, outer[2]/inner completed, outer[2]/inner[1]/work completed, outer[2]/inner[2]/work completed',
      },
    );
  });
});

describe('a run that people change', () => {
  it('begins a new generation from a node, and takes over what is equal', async () => {
    let times = 0;
    const world = new World({
      a: () => ({ out: ++times }),
      b: (ctx) => ({ out: `b${String(ctx.inputs['x'])}` }),
    });
    const given = workflow({
      a: ['', { kind: 'reusable' }],
      same: ['', { kind: 'reusable' }],
      b: ['a.out>x', { kind: 'reusable', inputs: [input('x')] }],
      c: ['same.out>x', { kind: 'reusable', inputs: [input('x')] }],
    });
    const first = await world.run(given);
    assert.equal(world.performed.join(' '), 'a same b c');
    await world.engine.wish(first.run, { wish: 'retry', nodes: ['a', 'same'] });
    const second = await world.ended(first.run);
    // `same` was asked for and is done again; c is after it, and finds equal inputs.
    assert.equal(world.performed.join(' '), 'a same b c a same b');
    assert.deepEqual([second.generation, second.nodes.get('b')!.output], [2, { out: 'b2' }]);
    assert.ok(world.journal.events.some(({ event }) => event.type === 'NodeReused' && event.node === 'c'));
  });

  it('takes nothing over where equal inputs cannot be told', async () => {
    const world = new World();
    const performed: string[] = [];
    const perform = Object.assign(
      (ctx: NodeContext): Promise<Json> => Promise.resolve({ out: performed.push(ctx.node) }),
      { reusable: true },
    );
    const engine = engineOn(world.journal, perform);
    const given = workflow({ a: [''], b: ['a'] });
    const run = await engine.start({ title: 'test', kind: 'melody', workflow: given, facts: {} });
    await until(() => engine.state(run)!.state === 'completed', 'it completes');
    await engine.wish(run, { wish: 'retry', nodes: ['a'] });
    await until(() => performed.length === 4, 'both are done again');
  });

  it('goes on after a failed node was passed over, or edited and retried', async () => {
    const world = new World({ a: (ctx) => (ctx.params === 'good' ? { out: 1 } : fails()) });
    const given = workflow({ a: ['', { params: 'bad' }], b: ['a.out>x', { inputs: [input('x')] }] });
    const skipped = await world.run(given);
    assert.equal(skipped.state, 'failed');
    await world.engine.wish(skipped.run, { wish: 'skip', node: 'a', output: { out: 2 } });
    assert.equal(statesOf(await world.ended(skipped.run)), 'a skipped, b completed');

    const edited = await world.run(given);
    await world.engine.wish(edited.run, { wish: 'edit', node: 'a', params: 'good' });
    await world.engine.command(edited.run, 'retry');
    assert.equal(statesOf(await world.ended(edited.run)), 'a completed, b completed');
    for (const wish of [
      { wish: 'skip', node: 'a' },
      { wish: 'edit', node: 'nobody', params: null },
      { wish: 'retry', nodes: ['nobody'] },
    ] as const)
      await assert.rejects(
        world.engine.wish(edited.run, wish),
        /run\.(wrongState|nodeUnknown|nodeWrongState)/,
      );
  });

  it('is forked with what it has completed, and the fork goes its own way', async () => {
    let times = 0;
    const world = new World({ b: () => ({ out: ++times }) });
    const first = await world.run(
      workflow({
        a: [''],
        b: ['?a:outputs.yes', {}],
        no: ['?a:outputs.no'],
        c: ['b.out>x', { inputs: [input('x')] }],
      }),
      {},
    );
    assert.equal(first.state, 'failed');
    const world2 = new World({ a: () => ({ yes: true, no: false }), b: () => ({ out: ++times }) });
    const good = await world2.run(
      workflow({
        a: [''],
        b: ['?a:outputs.yes'],
        no: ['?a:outputs.no'],
        c: ['b.out>x', { inputs: [input('x')] }],
      }),
    );
    const fork = await world2.ended(await world2.engine.fork(good.run, ['c']));
    assert.equal(statesOf(fork), 'a completed, b completed, no skipped, c completed');
    assert.deepEqual(
      [fork.forkedFrom, world2.performed.join(' ')],
      [{ run: good.run, nodes: ['c'] }, 'a b c c'],
    );
    assert.equal(world2.engine.state(good.run)!.state, 'completed');
  });

  it('asks for a value and is given it', async () => {
    const world = new World({
      a: async (ctx) => {
        const what = problem('cancelled').problem;
        const asked = { id: 'value', kind: 'input', problem: what, facts: {}, choices: ['given'] } as const;
        return { out: (await ctx.ask(asked)).value ?? null };
      },
    });
    const run = await world.run(workflow({ a: [''] }));
    assert.equal(run.state, 'waiting');
    await world.engine.provide(run.run, 'a', { deep: [1] });
    await until(() => run.state === 'completed', 'it completes');
    assert.deepEqual(run.nodes.get('a')!.output, { out: { deep: [1] } });
  });
});

describe('budgets', () => {
  const spend = async (ctx: NodeContext): Promise<Json> => {
    const spent: Spending = { tokens: Math.min(6000, ctx.grant.tokens ?? Infinity) };
    await ctx.step(
      'model',
      () => Promise.resolve(1),
      () => spent,
    );
    return { granted: ctx.grant.tokens ?? null };
  };

  it('are granted before the work and never exceeded', async () => {
    const world = new World({ a: spend, b: spend, c: spend });
    const run = await world.run(
      workflow(
        { a: ['', { kind: 'spending' }], b: ['', { kind: 'spending' }], c: ['a b', { kind: 'spending' }] },
        { policy: { budget: { tokens: 15_000 } } },
      ),
    );
    assert.deepEqual(
      [...run.nodes.values()].map(({ output }) => output),
      [{ granted: 5000 }, { granted: 5000 }, { granted: 5000 }],
    );
    assert.deepEqual([run.state, run.spent], ['completed', { tokens: 15_000 }]);
  });

  it('that are spent fail the next node and say so', async () => {
    const world = new World({ a: spend, b: spend });
    const run = await world.run(
      workflow(
        { a: ['', { kind: 'spending', budget: { tokens: 6000 } }], b: ['a', { kind: 'spending' }] },
        { policy: { budget: { tokens: 6000 } } },
      ),
    );
    assert.deepEqual(
      [run.state, run.problem?.code, statesOf(run)],
      ['failed', 'run.budgetSpent', 'a completed, b failed'],
    );
  });
});

describe('places', () => {
  it('go to the more urgent first, and all runs share them', async () => {
    const world = new World({}, { limits: { work: 1 } });
    const given = workflow(
      { low: ['', { priority: -5 }], high: ['', { priority: 5 }], middle: [''] },
      { limits: { work: 1 } },
    );
    const both = await Promise.all([world.run(given), world.run(given)]);
    assert.deepEqual(
      both.map(({ state }) => state),
      ['completed', 'completed'],
    );
    assert.equal(world.mostAtWork, 1);
    assert.deepEqual(world.performed.slice(0, 1), ['high']);
    assert.deepEqual(world.performed.filter((_, i) => i < 6).sort(), [
      'high',
      'high',
      'low',
      'low',
      'middle',
      'middle',
    ]);
  });
});
