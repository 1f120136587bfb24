import { strict as assert } from 'node:assert';
import type { NodeState, RunEvent, RunState } from '../../../schemas';
import { ProblemError, problem, silentLog, type Json } from '../../../server/base';
import type { Engine, Journal, NodeContext, Performer } from '../../../server/engine';
import { RunHistory } from '../../../server/tracker';
import { ExecutionDesk } from '../../../server/runs/execution';
import {
  engineOn,
  jumpingClock,
  ManualClock,
  memoryJournal,
  settled,
  Workbench,
  workflowOf,
} from '../engine/support';

const ctx = { signal: new AbortController().signal, log: silentLog };
const facts = {
  title: 't',
  base: { commit: 'c', tree: 't' },
  model: 'scripted/sample',
  limits: { turns: 1, tokens: 1, usd: 1, minutes: 1 },
  plans: [],
  ask: null,
  phase: null,
  at: 1,
} as unknown as Record<string, Json>;

interface World {
  readonly desk: ExecutionDesk;
  readonly engine: Engine;
  readonly journal: Journal;
  readonly bench: Workbench;
  readonly run: string;
}

/** A run of a → b, c with d asking for a value, over an engine whose nodes end by hand. */
async function world(perform?: Performer): Promise<World> {
  const clock = new ManualClock();
  const journal = memoryJournal(clock);
  const bench = new Workbench();
  const ask: Performer = async (node: NodeContext) =>
    (
      await node.ask({
        id: 'value',
        kind: 'input',
        problem: { code: 'cancelled', args: {} },
        facts: {},
        choices: ['give'],
      })
    ).value ?? null;
  const engine = engineOn(journal, bench.perform, {
    clock,
    performers: new Map([
      ['work', perform ?? bench.perform],
      ['ask', ask],
    ]),
  });
  const workflow = workflowOf({ a: '', b: 'a', c: 'b', d: '' });
  workflow.nodes[3]!.kind = 'ask';
  const run = await engine.start({ title: 't', kind: 'melody', workflow, facts });
  await settled();
  const desk = new ExecutionDesk({
    engine,
    history: new RunHistory({ engine, journal }),
    journal: { ...journal, adopt: () => Promise.reject(new Error('not here')) },
    blobs: undefined as never,
    clock,
    summary: () => ({}) as never,
  });
  return { desk, engine, journal, bench, run };
}

const gaveUp = () => problem('agent.gaveUp', { plan: 'b', reason: '' });

type Told = Exclude<RunState, 'cancelling'>;

/** Brings a run of `world` into each state. */
const ways: Readonly<Record<Told, (one: World) => Promise<unknown>>> = {
  running: async () => undefined,
  waiting: async ({ bench }) => {
    await bench.finish('a');
    await bench.finish('b');
    await bench.finish('c');
  },
  paused: async ({ engine, run }) => engine.command(run, 'pause'),
  completed: async ({ engine, run, bench }) => {
    await engine.provide(run, 'd', 1);
    for (const node of ['a', 'b', 'c']) await bench.finish(node);
  },
  failed: async ({ engine, run, bench }) => {
    await engine.provide(run, 'd', 1);
    await bench.finish('a');
    await bench.fail('b', gaveUp());
    await settled();
  },
  cancelled: async ({ engine, run }) => {
    await engine.command(run, 'cancel');
    await settled();
  },
};

type Verb = 'pause' | 'resume' | 'cancel' | 'retry' | 'retry c' | 'skip c' | 'edit c' | 'input d' | 'fork c';

const verbs: Readonly<Record<Verb, (one: World) => Promise<unknown>>> = {
  pause: ({ engine, run }) => engine.command(run, 'pause'),
  resume: ({ engine, run }) => engine.command(run, 'resume'),
  cancel: ({ engine, run }) => engine.command(run, 'cancel'),
  retry: ({ desk, run }) => desk.runRetry(ctx, { run }),
  'retry c': ({ desk, run }) => desk.runRetry(ctx, { run, nodes: ['c'] }),
  'skip c': ({ desk, run }) => desk.runSkip(ctx, { run, node: 'c' }),
  'edit c': ({ desk, run }) => desk.runEdit(ctx, { run, node: 'c', params: { x: 1 } }),
  'input d': ({ desk, run }) => desk.runInput(ctx, { run, node: 'd', value: 7 }),
  'fork c': ({ desk, run }) => desk.runFork(ctx, { run, nodes: ['c'] }),
};

const all: readonly Verb[] = Object.keys(verbs) as Verb[];

/** What each state allows; everything else is refused, with this code. */
const allowed: Readonly<Record<Told, Partial<Record<Verb, 'ok' | string>>>> = {
  running: {
    pause: 'ok',
    cancel: 'ok',
    'retry c': 'ok',
    'skip c': 'ok',
    'edit c': 'ok',
    'input d': 'ok',
    'fork c': 'ok',
    retry: 'run.nothingToRetry',
  },
  waiting: {
    pause: 'ok',
    cancel: 'ok',
    'retry c': 'ok',
    'input d': 'ok',
    'fork c': 'ok',
    retry: 'run.nothingToRetry',
    'skip c': 'run.nodeWrongState',
    'edit c': 'run.nodeWrongState',
  },
  paused: {
    resume: 'ok',
    cancel: 'ok',
    'retry c': 'ok',
    'skip c': 'ok',
    'edit c': 'ok',
    'input d': 'ok',
    'fork c': 'ok',
    retry: 'run.nothingToRetry',
  },
  completed: {
    'retry c': 'ok',
    'fork c': 'ok',
    retry: 'run.nothingToRetry',
    'edit c': 'run.nodeWrongState',
    'input d': 'run.questionUnknown',
  },
  failed: {
    retry: 'ok',
    'retry c': 'ok',
    'skip c': 'ok',
    'edit c': 'ok',
    'fork c': 'ok',
    'input d': 'run.questionUnknown',
  },
  cancelled: {
    retry: 'ok',
    'retry c': 'ok',
    'fork c': 'ok',
    'edit c': 'run.nodeWrongState',
    'input d': 'run.questionUnknown',
  },
};

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (thrown) {
    assert.ok(thrown instanceof ProblemError, String(thrown));
    const { code, args } = thrown.problem;
    if (code === 'run.wrongState' || code === 'run.nodeWrongState') {
      assert.ok(String(args['needed']).length > 0, 'says what it needs');
      assert.ok(String(args['state']).length > 0 && String(args['command']).length > 0);
    }
    return code;
  }
}

describe('what a run allows', () => {
  for (const state of Object.keys(allowed) as (keyof typeof allowed)[])
    for (const verb of all) {
      const expected = allowed[state][verb] ?? 'run.wrongState';
      it(`${state}: ${verb} → ${expected}`, async () => {
        const one = await world();
        await ways[state](one);
        assert.equal(one.engine.state(one.run)!.state, state);
        const before = one.engine.state(one.run)!.seq;
        assert.equal(await outcome(verbs[verb](one)), expected);
        if (expected !== 'ok') assert.equal(one.engine.state(one.run)!.seq, before, 'nothing is recorded');
        else if (verb !== 'fork c') assert.ok(one.engine.state(one.run)!.seq > before, 'it is recorded');
        await one.engine.stop();
      });
    }
});

describe('what a run allows while it is cancelled', () => {
  const deaf: Performer = () => new Promise(() => undefined);
  for (const verb of all) {
    const expected = verb === 'fork c' ? 'ok' : 'run.wrongState';
    // The question is still open; its answer comes to nothing.
    if (verb !== 'input d')
      it(`${verb} → ${expected}`, async () => {
        const one = await world(deaf);
        await one.engine.command(one.run, 'cancel');
        assert.equal(one.engine.state(one.run)!.state, 'cancelling');
        assert.equal(await outcome(verbs[verb](one)), expected);
        await one.engine.stop(0);
      });
  }
});

describe('requests on a run', () => {
  it('are refused for runs and nodes that are not there', async () => {
    const one = await world();
    const { desk, run, engine } = one;
    const nobody = { run: 'nobody', node: 'a', nodes: ['a'], params: null, value: 1 };
    for (const verb of ['runRetry', 'runSkip', 'runEdit', 'runInput', 'runFork', 'runDetail'] as const)
      assert.equal(await outcome(desk[verb](ctx, nobody as never)), 'run.unknown', verb);
    const noNode = { run, node: 'zz', nodes: ['zz'], params: null, value: 1 };
    for (const verb of ['runRetry', 'runSkip', 'runEdit', 'runInput', 'runFork'] as const)
      assert.equal(await outcome(desk[verb](ctx, noNode as never)), 'run.nodeUnknown', verb);
    assert.equal(await outcome(desk.runInput(ctx, { run, node: 'a', value: 1 })), 'run.questionUnknown');
    await engine.stop();
  });

  it('record the reason, hold back what comes after a retried node, and take the given value', async () => {
    const { desk, run, engine, bench, journal } = await world();
    await bench.finish('a', 'first');
    await desk.runRetry(ctx, { run, nodes: ['c'], reason: 'again' });
    const generation = journal.read(run).find(({ event }) => event.type === 'GenerationBegun')!;
    assert.equal((generation.event as { reason?: string }).reason, 'again');
    assert.equal(engine.state(run)!.nodes.get('c')!.state, 'pending', 'b has not ended');
    assert.equal((await desk.runInput(ctx, { run, node: 'd', value: { x: 1 } })).generation, 2);
    await settled();
    assert.deepEqual(engine.state(run)!.nodes.get('d')!.output, { x: 1 });
    await engine.stop();
  });

  it('tell where a run stands, and give its events page by page', async () => {
    const { desk, run, engine, bench } = await world();
    await bench.finish('a');
    const detail = await desk.runDetail(ctx, { run });
    const states: Record<string, NodeState | 'queued'> = {};
    for (const { id, state } of detail.nodes) states[id] = state;
    assert.deepEqual(states, { a: 'completed', b: 'running', c: 'pending', d: 'waiting' });
    assert.equal(detail.questions[0]!.node, 'd');
    assert.equal(detail.progress.percentage, 25);
    assert.deepEqual((await desk.runDetail(ctx, { run, nodes: false })).nodes, []);
    const events: RunEvent[] = [];
    for (let seq = 0, more = true; more;) {
      const page = await desk.runEvents(ctx, {
        run,
        afterSeq: seq,
        limit: 2,
        types: ['NodeStarted', 'QuestionAsked'],
      });
      assert.ok(page.events.length <= 2);
      events.push(...page.events.map(({ event }) => event));
      ({ seq, more } = page);
    }
    assert.deepEqual(
      events.map((event) => [event.type, 'node' in event && event.node]),
      [
        ['NodeStarted', 'a'],
        ['NodeStarted', 'd'],
        ['QuestionAsked', 'd'],
        ['NodeStarted', 'b'],
      ],
    );
    await engine.stop();
  });

  it('compare a run with its fork', async () => {
    const { desk, run, engine, bench } = await world();
    for (const node of ['a', 'b', 'c']) await bench.finish(node, `${node} first`);
    await engine.provide(run, 'd', 1);
    await settled();
    const { run: fork } = await desk.runFork(ctx, { run, nodes: ['b'] });
    await settled();
    await bench.finish('b', 'b second');
    await bench.finish('c', 'c first');
    await settled();
    const { nodes, differing } = await desk.runCompare(ctx, { one: run, other: fork });
    assert.deepEqual(differing, ['b']);
    assert.deepEqual(
      nodes.map(({ node, sameState, sameOutput, other }) => [node, sameState, sameOutput, other?.attempts]),
      [
        ['a', true, true, 0],
        ['b', true, false, 1],
        ['c', true, true, 1],
        ['d', true, true, 0],
      ],
    );
    await engine.stop();
  });

  it('audit all runs together or one, page by page', async () => {
    const { desk, run, engine } = await world();
    const { run: fork } = await desk.runFork(ctx, { run, nodes: ['a'] });
    await settled();
    const { entries, more } = await desk.runAudit(ctx, { format: 'json', limit: 1000 });
    assert.equal(more, false);
    assert.deepEqual([...new Set(entries.map((one) => one.run))], [run, fork]);
    const first = await desk.runAudit(ctx, { format: 'csv', limit: 3 });
    const rest = await desk.runAudit(ctx, { format: 'csv', limit: 1000, afterPosition: first.position });
    assert.equal(first.more, true);
    const whole = await desk.runAudit(ctx, { format: 'csv', limit: 1000 });
    assert.equal(first.csv! + rest.csv!, whole.csv);
    const own = await desk.runAudit(ctx, { run: fork, format: 'json', limit: 1000 });
    assert.ok(own.entries.length > 0 && own.entries.every((one) => one.run === fork));
    await engine.stop();
  });

  it('estimate better once something is known', async () => {
    const clock = jumpingClock();
    const journal = memoryJournal(clock);
    const engine = engineOn(journal, async () => void (await clock.sleep(1000)) as never, { clock });
    const desk = new ExecutionDesk({
      engine,
      history: new RunHistory({ engine, journal }),
      journal: { ...journal, adopt: () => Promise.reject(new Error('not here')) },
      blobs: undefined as never,
      clock,
      summary: () => ({}) as never,
    });
    const start = () =>
      engine.start({ title: '', kind: 'phase', workflow: workflowOf({ a: '', b: 'a', c: 'b' }), facts });
    const first = await start();
    assert.equal((await desk.runDetail(ctx, { run: first })).progress.etaMs, null);
    await settled(100);
    assert.equal(engine.state(first)!.state, 'completed');
    const { progress } = await desk.runDetail(ctx, { run: await start() });
    assert.ok(progress.etaMs! > 0 && progress.etaMs! <= 3000 && progress.etaMostMs! >= progress.etaMs!);
    await engine.stop();
  });
});
