import { strict as assert } from 'node:assert';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli, type CliHost } from '../../../server/cli/index';
import { problem } from '../../../server/base';
import type { SidecarService } from '../../../server/rpc';
import { waitUntil } from '../../sidecar/processes';
import { fakeServer } from '../../sidecar/fake-server';
import { fakeService } from '../../sidecar/fake-service';
import { sources } from '../../sidecar/workbench';

const usage = { inputTokens: 900, outputTokens: 100, cachedTokens: 0, usd: 0.0123 };
const hash = 'a'.repeat(64);
const changed = {
  path: 'a.ts',
  from: null,
  change: 'modified' as const,
  baseline: 'b'.repeat(64),
  proposal: 'c'.repeat(64),
  baselineMode: '100644',
  proposalMode: '100644',
  binary: false,
  added: 2,
  removed: 1,
  plans: ['01-01'],
  decision: 'undecided' as const,
};
const question = {
  id: 'q1',
  kind: 'mergeConflict' as const,
  problem: { code: 'merge.conflict' as const, args: { plan: '01-02', files: 'a.ts' } },
  facts: {},
  choices: ['ours', 'theirs'],
};

describe('command line', () => {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-cli-')));
  writeFileSync(path.join(root, 'a.ts'), 'let a;\n');
  after(() => rmSync(root, { recursive: true, force: true }));
  let fake: ReturnType<typeof fakeService>;
  let server: Awaited<ReturnType<typeof fakeServer>>;
  let summaryState: 'completed' | 'failed' | 'waiting';
  const seen: Record<string, unknown> = {};

  beforeEach(async () => {
    summaryState = 'completed';
    for (const key of Object.keys(seen)) delete seen[key];
  });
  afterEach(() => server.dispose());

  const preview = (approved: boolean) => ({
    phase: '01',
    title: 'Greeting',
    plans: [{ id: '01-01', title: 'Say hello', wave: 1, after: [], files: ['a.ts'] }],
    commands: [{ plan: '01-01', command: 'npm test', hash, approved }],
    problems: [],
    model: 'anthropic/claude',
  });

  const services: Partial<SidecarService> = {
    preview: async () => preview(false),
    execute: async (_ctx, params) => {
      seen.execute = params;
      // The first events come before the answer that names the run.
      fake.append({ type: 'NodeStarted', node: 'agent:01-01', attempt: 1 });
      setTimeout(() => {
        fake.progress.fire({
          run: 'run-1',
          node: 'agent:01-01',
          text: 'turn 1: edit \u001b[2Ja.ts',
          facts: {},
        });
        fake.append({ type: 'NodeCompleted', node: 'agent:01-01', attempt: 1, output: null });
        fake.append(
          summaryState === 'waiting'
            ? { type: 'QuestionAsked', node: 'merge', question }
            : { type: 'RunCompleted' },
        );
      }, 20);
      return 'run-1';
    },
    ask: async (_ctx, params) => {
      seen.ask = params;
      setTimeout(() => fake.append({ type: 'RunCompleted' }), 10);
      return 'run-1';
    },
    answer: async (_ctx, params) => {
      seen.answer = params;
      summaryState = 'completed';
      fake.append({ type: 'RunCompleted' });
      return 'running';
    },
    run: async (_ctx, run) => ({
      summary: {
        run,
        title: 'Phase 01',
        kind: 'phase',
        state: summaryState,
        model: 'anthropic/claude',
        createdAt: 0,
        endedAt: 4200,
        nodes: { total: 1, completed: 1, running: 0, failed: 0 },
        usage,
        questions: summaryState === 'waiting' ? [question] : [],
        problem: null,
        changeset: 'cs-1',
      },
      plans: [
        {
          plan: '01-01',
          title: 'Say hello',
          state: 'completed',
          files: [{ path: 'a.ts', change: 'modified', added: 2, removed: 1 }],
          verified: [{ command: 'npm test', exitCode: 0, milliseconds: 1500 }],
          usage,
          turns: 3,
          milliseconds: 4000,
          problem: null,
        },
      ],
    }),
    models: async () => ({
      chosen: null,
      providers: [
        {
          name: 'anthropic',
          label: 'Anthropic',
          state: 'needsKey',
          variable: 'ANTHROPIC_API_KEY',
          models: [],
        },
      ],
    }),
    provideSecrets: async (_ctx, params) => void (seen.secrets = params),
    provideSettings: async (_ctx, params) => void (seen.settings = params),
    changesets: async () => [
      { changeset: 'cs-1', run: 'run-1', title: 'Phase 01', createdAt: 0, groups: [], files: [changed] },
    ],
    content: async (_ctx, wanted) => Buffer.from(wanted.startsWith('b') ? 'old\n' : 'new\nmore\n'),
    decide: async (_ctx, params) => {
      seen.decide = params;
      return [{ path: 'a.ts', result: params.decision === 'accept' ? 'written' : 'rejected', problem: null }];
    },
  };

  async function run(
    args: string[],
    more: { answers?: string[]; overrides?: Partial<SidecarService>; signal?: AbortSignal } = {},
  ) {
    fake = fakeService({ ...services, root, ...more.overrides });
    server = await fakeServer(fake.service, { root, build: { version: '0.0.0', stamp: 0 } });
    let [out, error] = ['', ''];
    const answers = [...(more.answers ?? [])];
    const host: CliHost = {
      terminal: {
        out: (text) => void (out += text),
        error: (text) => void (error += text),
        interactive: more.answers !== undefined,
        question: async (text) => {
          out += text;
          return answers.shift() ?? '';
        },
      },
      env: { HOME: root, SYMPHONY_HOME: server.state, ANTHROPIC_API_KEY: 'sk-test' },
      cwd: root,
      build: { version: '0.0.0', stamp: 0 },
      node: sources,
      sidecar: '/nowhere',
      signal: more.signal ?? new AbortController().signal,
      serve: async () => 0,
    };
    const code = await runCli(args, host);
    return { code, out, error };
  }

  it('executes a phase to its summary, with commands approved by hash', async () => {
    const { code, out, error } = await run(['execute', '1', '--approve', hash]);
    assert.equal(error, '');
    assert.equal(code, 0);
    assert.deepEqual(seen.execute, { phase: '01', approved: [hash] });
    assert.deepEqual(seen.secrets, { keys: [{ provider: 'anthropic', key: 'sk-test' }] });
    for (const part of [
      /agent 01-01 {2}started/,
      /turn 1: edit \[2Ja\.ts/,
      /agent 01-01 {2}done/,
      /M a\.ts {2}\+2 −1/,
      /✓ npm test {2}\(1\.5 s\)/,
      /3 turns, 1,000 tokens, \$0\.0123, 4\.0 s/,
      /symphony review accept cs-1/,
    ])
      assert.match(out, part);
    assert.doesNotMatch(out + error, /sk-test/);
  });

  it('hands over the budgets of a day and a receiver, and refuses what is none', async () => {
    const adjusted: unknown[] = [];
    const overrides = {
      settingsAdjust: async (_ctx: unknown, params: object) => (adjusted.push(params), {}),
    };
    const given = [
      '--usd-per-day',
      '2.5',
      '--tokens-per-day',
      '0',
      '--open-telemetry',
      'http://127.0.0.1:4318',
    ];
    const { code } = await run(['execute', '1', '--approve', hash, ...given], { overrides });
    assert.equal(code, 0);
    assert.deepEqual(adjusted.slice(0, 1), [
      { usdPerDay: 2.5, tokensPerDay: 0, openTelemetry: 'http://127.0.0.1:4318' },
    ]);
    await server.dispose();
    const wrong = await run(['execute', '1', '--usd-per-day', '-1'], { overrides });
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.error, /at least 0, not “-1”/);
  });

  it('starts nothing without approval where nobody can be asked', async () => {
    const { code, error } = await run(['execute', '1', '--yes']);
    assert.equal(code, 1);
    assert.match(error, /1 verify commands of this phase are not approved/);
    assert.equal(seen.execute, undefined);
  });

  it('asks for approval on a terminal', async () => {
    const refused = await run(['execute', '1'], { answers: ['n'] });
    assert.equal(refused.code, 1);
    await server.dispose();
    const agreed = await run(['execute', '1'], { answers: ['y'] });
    assert.equal(agreed.code, 0);
    assert.deepEqual(seen.execute, { phase: '01', approved: [hash] });
  });

  it('accepts all changes when asked to', async () => {
    const { code } = await run([
      'execute',
      '1',
      '--approve-all-shown',
      '--accept',
      '--model',
      'x/y',
      '--base-url',
      'x=http://127.0.0.1:1/v1',
    ]);
    assert.equal(code, 0);
    assert.deepEqual(seen.decide, { changeset: 'cs-1', decision: 'accept', dirty: [] });
    assert.equal((seen.execute as { model: string }).model, 'x/y');
    assert.deepEqual((seen.settings as { providers: unknown }).providers, [
      { name: 'x', baseUrl: 'http://127.0.0.1:1/v1' },
    ]);
  });

  it('says how to answer a question nobody here can answer, and waits with code 3', async () => {
    summaryState = 'waiting';
    const { code, out } = await run(['execute', '1', '--approve-all-shown']);
    assert.equal(code, 3);
    assert.match(out, /symphony runs answer run-1 q1 <ours \| theirs>/);
  });

  it('answers questions on a terminal, with one of the choices', async () => {
    summaryState = 'waiting';
    const { code } = await run(['execute', '1', '--approve-all-shown'], { answers: ['both', 'theirs'] });
    assert.equal(code, 0);
    assert.deepEqual(seen.answer, { run: 'run-1', question: 'q1', answer: 'theirs' });
  });

  it('leaves the run alone on Ctrl-C', async () => {
    const abort = new AbortController();
    const running = run(['execute', '1', '--approve-all-shown'], {
      signal: abort.signal,
      overrides: {
        execute: async () => {
          setImmediate(() => abort.abort(new Error('interrupted')));
          return 'run-1';
        },
      },
    });
    const { code, out } = await running;
    assert.equal(code, 130);
    assert.match(out, /The run run-1 goes on/);
  });

  it('prints JSON lines that programs can read', async () => {
    const { out } = await run(['execute', '1', '--approve-all-shown', '--json']);
    const types = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    assert.deepEqual(types, ['preview', 'started', 'event', 'progress', 'event', 'event', 'summary']);
  });

  it('asks an agent about lines of a file', async () => {
    const { code } = await run(['ask', 'a.ts', 'rename it', '--lines', '1-1']);
    assert.equal(code, 0);
    assert.deepEqual(seen.ask, { path: 'a.ts', instruction: 'rename it', lines: { from: 1, to: 1 } });
  });

  it('shows and decides on changes', async () => {
    const diff = await run(['review', 'diff', 'cs-1']);
    assert.match(diff.out, /--- a\/a\.ts\n\+\+\+ b\/a\.ts\n@@ -1,1 \+1,2 @@\n-old\n\+new\n\+more\n/);
    await server.dispose();
    await run(['review', 'reject', 'cs-1', 'a.ts']);
    assert.deepEqual(seen.decide, { changeset: 'cs-1', paths: ['a.ts'], decision: 'reject', dirty: [] });
  });

  it('shows problems with what to do, and refuses wrong usage with code 2', async () => {
    const unknown = { run: () => Promise.reject(problem('run.unknown', { run: 'r9' })) };
    const { code, error } = await run(['runs', 'show', 'r9'], { overrides: unknown });
    assert.equal(code, 1);
    assert.equal(error, 'There is no run r9.\nList the runs with “symphony runs list”.\n');
    for (const wrong of [
      ['bogus'],
      ['ask', 'a.ts', 'x', '--lines', '9-2'],
      ['ask', '../x', 'y'],
      ['execute'],
    ]) {
      await server.dispose();
      assert.equal((await run(wrong)).code, 2, wrong.join(' '));
    }
  });

  it('stops a sidecar and says when there is none', async () => {
    const { code, out } = await run(['stop']);
    assert.equal(code, 0);
    assert.match(out, /has ended/);
    await waitUntil(() => fake.state.stopped === 1);
  });
});
