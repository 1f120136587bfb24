import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../../server/cli/index';
import type { SidecarService } from '../../../server/rpc';
import type { ClientRequests, FiringView, ResultOf } from '../../../schemas';
import { fakeServer } from '../../sidecar/fake-server';
import { fakeService } from '../../sidecar/fake-service';
import { sources } from '../../sidecar/workbench';

const hash = 'a'.repeat(64);

describe('symphony run and template', () => {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-cli-melody-')));
  writeFileSync(path.join(root, 'a.melody.json'), '{}');
  after(() => rmSync(root, { recursive: true, force: true }));
  let fake: ReturnType<typeof fakeService>;
  let server: Awaited<ReturnType<typeof fakeServer>>;
  let asked: [string, unknown][] = [];
  let state: 'completed' | 'waiting' = 'completed';
  let isQuestion = false;
  beforeEach(() => {
    asked = [];
    state = 'completed';
    isQuestion = false;
  });
  afterEach(() => server.dispose());

  const firing: FiringView = {
    id: 1,
    melody: 'a.melody.json',
    trigger: 't',
    on: 'cron',
    due: 60_000,
    at: 60_000,
    missed: 2,
    state: 'started',
    run: 'run-1',
    problem: null,
    cause: {},
  };
  const trigger: ResultOf<ClientRequests['triggerList']>['triggers'][number] = {
    melody: 'a.melody.json',
    trigger: 't',
    on: 'cron',
    state: 'armed',
    problem: null,
    armedAt: 1,
    nextDue: 60_000,
    last: null,
    address: null,
  };

  const services: Partial<SidecarService> = {
    triggerList: async () => ({ triggers: [trigger] }),
    triggerArm: async () => ({ trigger, webhook: { url: 'http://x', token: 'y' } }),
    triggerDisarm: async () => ({}),
    triggerHistory: async () => ({ firings: [firing] }),
    triggerFire: async (_ctx, params) => {
      asked.push(['triggerFire', params]);
      return { firing };
    },
    melodyPreview: async (_ctx, { inputs }) => ({
      id: 'm',
      name: 'Tidy',
      hash,
      inputs: [
        { id: 'count', type: 'number', hasDefault: false, isGiven: 'count' in inputs },
        { id: 'name', type: 'text', hasDefault: true, isGiven: 'name' in inputs },
      ],
      nodes: 3,
      commands: [{ command: 'npm test', hash, approved: false }],
      problems:
        inputs['count'] === 'x'
          ? [{ code: 'run.inputMisfit', args: { input: 'count', expected: 'number', actual: 'text' } }]
          : [],
      model: 'x/y',
    }),
    melodyRun: async (_ctx, params) => {
      asked.push(['melodyRun', params]);
      setTimeout(
        () =>
          isQuestion
            ? fake.append({
                type: 'QuestionAsked',
                node: 'count',
                question: {
                  id: 'count/1/value-1',
                  kind: 'input',
                  problem: { code: 'run.inputAsked', args: { input: 'count', expected: 'number' } },
                  facts: { type: 'number' },
                  choices: ['give'],
                },
              })
            : fake.append({ type: 'RunCompleted' }),
        10,
      );
      return { run: 'run-1' };
    },
    runInput: async (_ctx, params) => {
      asked.push(['runInput', params]);
      state = 'completed';
      fake.append({ type: 'RunCompleted' });
      return { state: 'running', generation: 1 };
    },
    run: async (_ctx, run) => ({
      summary: {
        ...{ run, title: 'Tidy', kind: 'melody', state, model: 'x/y', createdAt: 0, endedAt: 1 },
        nodes: { total: 3, completed: 3, running: 0, failed: 0 },
        usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0 },
        ...{ questions: [], problem: null, changeset: null },
      },
      plans: [],
    }),
    templateList: async (_ctx, params) => {
      asked.push(['templateList', params]);
      const one = {
        id: 'bug-fix',
        name: 'Fix a bug',
        description: 'd',
        version: '1.0.0',
        author: '',
        category: 'c',
      };
      return { total: 1, templates: [{ ...one, tags: [], origin: 'builtIn', file: '' }], problems: [] };
    },
    templateShow: async (_ctx, { id }) => ({
      ...{ id, name: 'Fix a bug', description: 'd', version: '1.0.0', versions: ['1.0.0'] },
      parameters: [
        { name: 'test', label: 'The failing test', type: 'text', required: true },
        { name: 'tries', label: 'Tries', type: 'integer', default: 3 },
      ],
    }),
    templateInstantiate: async (_ctx, params) => {
      asked.push(['templateInstantiate', params]);
      const isMissing = !('test' in params.values);
      return {
        text: isMissing ? null : '{ "made": true }\n',
        defaults: { tries: 3 },
        problems: isMissing
          ? [{ parameter: 'test', problem: { code: 'template.valueMissing', args: { parameter: 'test' } } }]
          : [],
        findings: [],
      };
    },
  };

  async function run(args: string[], answers?: string[]) {
    fake = fakeService({ ...services, root });
    server = await fakeServer(fake.service, { root, build: { version: '0.0.0', stamp: 0 } });
    let [out, error] = ['', ''];
    const code = await runCli(args, {
      terminal: {
        out: (text) => void (out += text),
        error: (text) => void (error += text),
        interactive: answers !== undefined,
        question: async () => answers?.shift() ?? '',
      },
      env: { HOME: root, SYMPHONY_HOME: server.state },
      cwd: root,
      build: { version: '0.0.0', stamp: 0 },
      node: sources,
      sidecar: '/nowhere',
      signal: new AbortController().signal,
      serve: async () => 0,
    });
    return { code, out, error };
  }

  it('runs a Melody with values by the types of its inputs', async () => {
    const { code, out, error } = await run([
      'run',
      'a.melody.json',
      '--approve',
      hash,
      '--input',
      'count=7',
      '--input',
      'name=7',
    ]);
    assert.equal(error, '');
    assert.equal(code, 0);
    const params = { path: 'a.melody.json', inputs: { count: 7, name: '7' }, approved: [hash], hash };
    assert.deepEqual(asked, [['melodyRun', params]]);
    assert.match(out, /count \(number\): given/);
  });

  it('starts nothing that is not approved, or that cannot run', async () => {
    const check = async (args: string[], code: number, part: RegExp) => {
      const found = await run(args);
      assert.equal(found.code, code);
      assert.match(found.error, part);
      assert.deepEqual(asked, []);
      await server.dispose();
    };
    await check(['run', 'a.melody.json'], 1, /not approved/);
    await check(['run', 'a.melody.json', '--input', 'count=x', '--approve', hash], 1, /count/);
    await check(['run', 'a.melody.json', '--input', 'count'], 2, /name=value/);
    await check(['run', '../a.melody.json'], 2, /not below/);
    await run(['template', 'list']);
  });

  it('asks a person for the value the run asks for, and says how where nobody is', async () => {
    isQuestion = true;
    const answered = await run(['run', 'a.melody.json', '--approve-all-shown'], ['12']);
    assert.equal(answered.code, 0);
    assert.deepEqual(asked[1], ['runInput', { run: 'run-1', node: 'count', value: 12 }]);
    await server.dispose();
    state = 'waiting';
    const alone = await run(['run', 'a.melody.json', '--approve-all-shown']);
    assert.equal(alone.code, 3);
    assert.match(alone.out, /symphony runs input run-1 count <value>/);
  });

  it('lists, searches and shows templates', async () => {
    assert.match((await run(['template', 'list'])).out, /bug-fix@1\.0\.0 {2}Fix a bug/);
    await server.dispose();
    await run(['template', 'search', 'fix', 'bug', '--tag', 'x']);
    assert.deepEqual(asked[1], ['templateList', { text: 'fix bug', limit: 200, offset: 0, tags: ['x'] }]);
    await server.dispose();
    assert.match(
      (await run(['template', 'show', 'bug-fix'])).out,
      / \*test {2}text[^]* tries {2}integer {2}Tries {2}3/,
    );
  });

  it('lists, arms and fires triggers, and shows what they did', async () => {
    assert.match(
      (await run(['trigger', 'list'])).out,
      /a\.melody\.json {2}t {2}cron {2}armed {2}due 1970-01-01 00:01/,
    );
    await server.dispose();
    assert.match(
      (await run(['trigger', 'arm', 'a.melody.json', 't'])).out,
      /Call http:\/\/x with this token: y/,
    );
    await server.dispose();
    const fired = await run(['trigger', 'fire', 'a.melody.json', 't', '--input', 'n=7']);
    assert.match(fired.out, /Run run-1 has started/);
    assert.deepEqual(asked.at(-1), [
      'triggerFire',
      { melody: 'a.melody.json', trigger: 't', inputs: { n: 7 } },
    ]);
    await server.dispose();
    assert.match(
      (await run(['trigger', 'history'])).out,
      /a\.melody\.json {2}t {2}started {2}run-1 {2}\(and 2 missed before\)/,
    );
    await server.dispose();
    assert.equal((await run(['trigger', 'disarm', 'a.melody.json', 't'])).code, 0);
  });

  it('makes a Melody of a template and never replaces a file', async () => {
    const { code, out } = await run([
      'template',
      'new',
      'bug-fix@^1',
      '--set',
      'test=7',
      '--set',
      'tries=7',
      '--out',
      'x',
    ]);
    assert.equal(code, 0);
    assert.deepEqual(asked[0]![1], { id: 'bug-fix', version: '^1', values: { test: '7', tries: 7 } });
    assert.equal(readFileSync(path.join(root, 'x'), 'utf8'), '{ "made": true }\n');
    assert.match(out, /tries = 3[^]*The Melody is in/);
    await server.dispose();
    const again = await run(['template', 'new', 'bug-fix', '--set', 'test=7', '--out', 'x']);
    assert.equal(again.code, 1);
    assert.match(again.error, /is there already/);
    await server.dispose();
    const missing = await run(['template', 'new', 'bug-fix']);
    assert.equal(missing.code, 1);
    assert.match(missing.error, /test needs a value/);
    await server.dispose();
    assert.equal((await run(['template', 'new', 'bug-fix', '--set', 'test=7'])).out, '{ "made": true }\n');
  });
});
