import { strict as assert } from 'node:assert';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../../server/cli/index';
import { problem } from '../../../server/base';
import type { SidecarService } from '../../../server/rpc';
import type { NodeDetail, RunSummary } from '../../../schemas';
import { fakeServer } from '../../sidecar/fake-server';
import { fakeService } from '../../sidecar/fake-service';
import { sources } from '../../sidecar/workbench';

const summary = (run: string): RunSummary => ({
  run,
  title: 'Tidy up',
  kind: 'melody',
  state: 'running',
  model: 'x/y',
  createdAt: 0,
  endedAt: null,
  nodes: { total: 10, completed: 3, running: 1, failed: 0 },
  usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0 },
  questions: [],
  problem: null,
  changeset: null,
});

describe('symphony runs', () => {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-cli-runs-')));
  after(() => rmSync(root, { recursive: true, force: true }));
  let fake: ReturnType<typeof fakeService>;
  let server: Awaited<ReturnType<typeof fakeServer>>;
  let asked: [name: string, params: unknown][];
  let runState: 'running' | 'completed';
  beforeEach(() => {
    asked = [];
    runState = 'running';
  });
  afterEach(() => server.dispose());

  const note =
    <R>(name: string, result: R) =>
    async (_ctx: unknown, params: unknown): Promise<R> => {
      asked.push([name, params]);
      return result;
    };
  const now = { state: 'running', generation: 2 } as const;
  const node: NodeDetail = {
    id: 'a',
    kind: 'command',
    title: 'Lint',
    state: 'failed',
    skipped: null,
    attempts: 2,
    startedAt: 0,
    endedAt: 95_000,
    waitedMs: 0,
    spent: {},
    group: null,
    round: 0,
    problem: { code: 'run.timeout', args: { title: 'Lint', minutes: 1 } },
  };
  const progress = {
    ...{ total: 10, completed: 3, failed: 1, running: 1, waiting: 0, pending: 3, queued: 2, skipped: 0 },
    ...{ cancelled: 0, percentage: 30, etaMs: 61_000, etaMostMs: 7_200_000 },
  };

  const services: Partial<SidecarService> = {
    runs: async () => [summary('run-abc1'), summary('run-abd2')],
    run: async (_ctx, run) => ({ summary: summary(run), plans: [] }),
    command: async (_ctx, params) => {
      asked.push(['command', params]);
      return 'paused';
    },
    runRetry: note('retry', now),
    runSkip: note('skip', now),
    runEdit: note('edit', now),
    runInput: note('input', now),
    runFork: note('fork', { run: 'run-new' }),
    runDetail: async (_ctx, { run }) => ({
      ...{
        run,
        state: runState,
        generation: 1,
        seq: 9,
        spent: {},
        forkedFrom: null,
        questions: [],
        progress,
      },
      nodes: [{ ...node }],
    }),
    runCompare: note('compare', {
      one: summary('run-abc1'),
      other: summary('run-abd2'),
      differing: ['a'],
      nodes: ['a', 'b'].map((id) => ({
        node: id,
        title: id,
        one: { state: 'completed' as const, attempts: 1, milliseconds: 1000, spent: {} },
        other: id === 'b' ? null : { state: 'failed' as const, attempts: 3, milliseconds: null, spent: {} },
        sameState: false,
        sameOutput: id === 'b',
      })),
    }),
    runEvents: async (_ctx, params) => {
      asked.push(['events', params]);
      const events = fake.journal.filter(({ seq }) => seq > params.afterSeq).slice(0, 2);
      const seq = events.at(-1)?.seq ?? params.afterSeq;
      return { events, seq, more: seq < fake.journal.length };
    },
    runAudit: async (_ctx, params) => {
      asked.push(['audit', params]);
      const [one] = fake.journal;
      const entries = [{ ...one!, actor: 'person', node: null, becomes: 'paused' }];
      const isFirst = params.afterPosition === 0;
      if (params.format === 'csv')
        return { entries: [], csv: isFirst ? 'time\r\n' : '1\r\n', position: 1, more: isFirst };
      return { entries, csv: null, position: 1, more: isFirst };
    },
    runTrace: async (_ctx, params) => {
      asked.push(['trace', params]);
      if (params.format === 'otlp')
        return { spans: [], otlp: { resourceSpans: [] }, more: params.after === 0 };
      const span = { trace: 't', start: 0, end: 2500, status: 'ok' as const };
      return {
        spans: [
          { ...span, id: '1', parent: null, name: 'run', facts: {} },
          {
            ...span,
            id: '2',
            parent: '1',
            name: 'node agent',
            end: null,
            facts: { 'symphony.node': 'agent:1' },
          },
          {
            ...span,
            id: '3',
            parent: '2',
            name: 'chat a/b',
            end: 40,
            facts: { 'error.type': 'model.silent' },
          },
        ],
        otlp: null,
        more: false,
      };
    },
    metricsShow: async () => ({ text: '# TYPE calls counter\ncalls 3\n' }),
    runExport: note('export', { path: '/x/run.symphony', bytes: 12 }),
    runImport: note('import', { run: 'run-abc1', events: 4, isNew: true, state: 'completed' }),
  };

  async function run(args: string[], whileRunning: () => void = () => undefined) {
    fake = fakeService({ ...services, root });
    fake.append({ type: 'RunPaused', run: 'run-abc1' });
    server = await fakeServer(fake.service, { root, build: { version: '0.0.0', stamp: 0 } });
    let [out, error] = ['', ''];
    const going = runCli(args, {
      terminal: {
        out: (text) => void (out += text),
        error: (text) => void (error += text),
        interactive: false,
        question: async () => '',
      },
      env: { HOME: root, SYMPHONY_HOME: server.state },
      cwd: root,
      build: { version: '0.0.0', stamp: 0 },
      node: sources,
      sidecar: '/nowhere',
      signal: new AbortController().signal,
      serve: async () => 0,
    });
    whileRunning();
    return { code: await going, out, error };
  }

  /** Checks what a command line asks the sidecar, and that it succeeds. */
  async function check(args: string[], ...expected: [string, unknown][]): Promise<string> {
    const { code, out, error } = await run(args);
    assert.equal(error, '');
    assert.equal(code, 0);
    assert.deepEqual(asked, expected);
    return out;
  }

  it('pauses with a reason, by the beginning of an id', async () => {
    const out = await check(
      ['runs', 'pause', 'abc', '--reason', 'lunch'],
      ['command', { run: 'run-abc1', command: 'pause', reason: 'lunch' }],
    );
    assert.equal(out, 'The run run-abc1 is paused.\n');
  });
  it('retries nodes', () =>
    check(
      ['runs', 'retry', 'run-abc', '--node', 'a', 'b'],
      ['retry', { run: 'run-abc1', nodes: ['a', 'b'] }],
    ).then(() => undefined));
  it('skips a node with an output', () =>
    check(
      ['runs', 'skip', 'abc1', 'a', '--output', '{"x":1}'],
      ['skip', { run: 'run-abc1', node: 'a', output: { x: 1 } }],
    ).then(() => undefined));
  it('edits a node', () =>
    check(
      ['runs', 'edit', 'abc1', 'a', '{"x":1}'],
      ['edit', { run: 'run-abc1', node: 'a', params: { x: 1 } }],
    ).then(() => undefined));
  it('gives a value, as JSON where it is JSON', async () => {
    await check(['runs', 'input', 'abc1', 'a', '7'], ['input', { run: 'run-abc1', node: 'a', value: 7 }]);
    await server.dispose();
    asked = [];
    await check(
      ['runs', 'input', 'abc1', 'a', 'seven'],
      ['input', { run: 'run-abc1', node: 'a', value: 'seven' }],
    );
  });
  it('forks', async () =>
    assert.match(
      await check(['runs', 'fork', 'abc1', 'a', 'b'], ['fork', { run: 'run-abc1', nodes: ['a', 'b'] }]),
      /run-new goes on from run-abc1/,
    ));
  it('exports and imports with whole paths', async () => {
    await check(
      ['runs', 'export', 'abc1', 'x/y'],
      ['export', { run: 'run-abc1', path: path.join(root, 'x/y') }],
    );
    await server.dispose();
    asked = [];
    const out = await check(['runs', 'import', 'y'], ['import', { path: path.join(root, 'y') }]);
    assert.match(out, /taken in with 4 events/);
  });

  it('shows nodes, progress and what is left', async () => {
    const { code, out } = await run(['runs', 'show', 'abc1']);
    assert.equal(code, 0);
    for (const part of [
      /failed {2}a {2}Lint {2}\(tries: 2\) {2}1 min 35 s/,
      /30 % done: 3 of 10 nodes; 1 at work, 2 queued, 0 waiting, 1 failed/,
      /About 1 min 1 s left, 2 h 0 min at most/,
    ])
      assert.match(out, part);
  });

  it('compares', async () => {
    const { out } = await run(['runs', 'compare', 'abc', 'abd']);
    assert.match(out, /≠ a {2}completed \(1, 1 s\) \| failed \(3\)\n {6}their outputs differ/);
    assert.doesNotMatch(out, /= b/);
    assert.match(out, /1 of 2 nodes differ/);
  });

  it('prints events page by page, and follows to the end', async () => {
    const { code, out } = await run(['runs', 'events', 'abc1', '--follow', '--json'], () =>
      setTimeout(() => {
        runState = 'completed';
        fake.append({ type: 'RunResumed', run: 'run-abc1' }, { type: 'RunCompleted', run: 'run-abc1' });
      }, 50),
    );
    assert.equal(code, 0);
    const types = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: { type: string } }).event.type);
    assert.deepEqual(types, ['RunPaused', 'RunResumed', 'RunCompleted']);
  });

  it('prints the audit whole, as a document, as CSV or for people', async () => {
    const json = await run(['runs', 'audit', '--json', '--from', '2026-01-01T00:00Z', '--type', 'RunPaused']);
    assert.equal(
      (JSON.parse(json.out) as { entries: unknown[] }).entries.length,
      2,
      'all pages in one document',
    );
    assert.deepEqual(asked[0], [
      'audit',
      { format: 'json', limit: 5000, afterPosition: 0, from: Date.UTC(2026, 0, 1), types: ['RunPaused'] },
    ]);
    await server.dispose();
    assert.equal((await run(['runs', 'audit', 'abc1', '--csv'])).out, 'time\r\n1\r\n');
    await server.dispose();
    assert.match(
      (await run(['runs', 'audit'])).out,
      /^1970-01-01 00:00:00 {2}run-abc1 {2}person {2}RunPaused {4}→ paused\n/,
    );
  });

  it('refuses what is ambiguous, wrong or not allowed, with what to do', async () => {
    const bad = async (args: string[], code: number, part: RegExp) => {
      const found = await run(args);
      assert.equal(found.code, code, args.join(' '));
      assert.match(found.error, part);
      await server.dispose();
    };
    await bad(['runs', 'pause', 'ab'], 1, /beginning of 2 runs: run-abc1, run-abd2/);
    await bad(['runs', 'skip', 'abc1', 'a', '--output', '{x'], 2, /not JSON/);
    await bad(['runs', 'edit', 'abc1', 'a', 'x'], 2, /not JSON/);
    await bad(['runs', 'events', 'abc1', '--after', '-3'], 2, /whole number/);
    await bad(['runs', 'audit', '--to', 'tomorrow'], 2, /A moment is given like/);
    const before = services.runSkip!;
    services.runSkip = () =>
      Promise.reject(
        problem('run.nodeWrongState', {
          node: 'a',
          state: 'running',
          command: 'skip',
          needed: 'pending, failed',
        }),
      );
    const found = await run(['runs', 'skip', 'abc1', 'a']);
    services.runSkip = before;
    assert.equal(found.code, 1);
    assert.match(found.error, /The node a is running; “skip” needs it to be one of: pending, failed/);
  });

  it('draw the trace as a tree, and give OpenTelemetry’s JSON a line a page', async () => {
    const { code, out } = await run(['runs', 'trace', 'abc1']);
    assert.equal(code, 0);
    assert.match(
      out,
      /^run {2}3 s {2}ok.*\n {2}node agent {2}… {2}ok {2}agent:1\n {4}chat a\/b {2}40 ms.*model\.silent/,
    );
    await server.dispose();
    const json = await run(['runs', 'trace', 'abc1', '--json']);
    assert.equal(json.out, '{"resourceSpans":[]}\n{"resourceSpans":[]}\n');
    assert.deepEqual(asked.at(-1), ['trace', { run: 'run-abc1', after: 2000, limit: 2000, format: 'otlp' }]);
  });

  it('come with what was counted', async () => {
    const { out } = await run(['metrics']);
    assert.equal(out, '# TYPE calls counter\ncalls 3\n');
  });
});
