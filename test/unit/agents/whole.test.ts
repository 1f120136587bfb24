import { strict as assert } from 'node:assert';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { finishTool, planInstruction, runAgent, systemPrompt, worktreeTools } from '../../../server/agents';
import { createGateway, startScriptedModel, type ScriptedModel } from '../../../server/llm';
import { createSandbox, type Sandbox } from '../../../server/sandbox';
import { silentLog } from '../../../server/base';
import { systemClock, systemRandom } from '../../../server/base/node';
import { Crash, fill, filesOf, Steps, type Files } from './fakes';

const start: Files = {
  'sum.mjs': 'export const sum = (a, b) => a - b;\r\n',
  'sum.test.mjs': `import { sum } from './sum.mjs';\nif (sum(2, 2) !== 4) { console.error('wrong sum'); process.exit(1); }\nconsole.log('all right');\n`,
};
const script = {
  name: 'test',
  rules: [
    {
      plan: '01-01',
      turns: [
        {
          say: 'I run the test first.',
          calls: [{ tool: 'run_command', input: { command: 'node sum.test.mjs' } }],
        },
        {
          expect: [{ tool: 'run_command', contains: 'wrong sum', isError: true }],
          calls: [
            { tool: 'search', input: { pattern: 'a - b' } },
            { tool: 'read_files', input: { files: [{ path: 'sum.mjs' }] } },
          ],
        },
        {
          expect: [
            { tool: 'search', contains: 'sum.mjs:1:', isError: false },
            { tool: 'read_files', contains: '1| export const sum' },
          ],
          calls: [
            {
              tool: 'replace',
              input: {
                path: 'sum.mjs',
                edits: [{ find: '(a, b) => a - b;\n', replace: '(a, b) => a + b;\n' }],
              },
            },
          ],
        },
        {
          expect: [{ tool: 'replace', isError: false }],
          calls: [{ tool: 'run_command', input: { command: 'node sum.test.mjs' } }],
        },
        {
          expect: [{ tool: 'run_command', contains: 'all right', isError: false }],
          calls: [{ tool: 'finish', input: { summary: 'sum adds.' } }],
        },
      ],
    },
  ],
};

describe('an agent with the scripted model, in the sandbox', function () {
  let base: string;
  let sandbox: Sandbox;
  let model: ScriptedModel;
  const heard: string[] = [];
  const repeated: string[] = [];
  let journal = new Steps();

  before(async function () {
    if (process.platform === 'win32') this.skip();
    base = await mkdtemp('/var/tmp/symphony-agent-');
    sandbox = await createSandbox({ log: silentLog, folder: base });
    model = await startScriptedModel({
      script,
      log: silentLog,
      onRequest: ({ idempotencyKey }) => {
        const key = String(idempotencyKey).split('/').at(-1)!;
        heard.push(key);
        if (journal.recorded.has(key)) repeated.push(key);
      },
    });
  });
  after(async () => {
    await model?.close();
    if (base !== undefined) await rm(base, { recursive: true, force: true });
  });

  /** Runs the agent, dying at each of `crashes` in turn, and gives what it left. */
  async function work(name: string, crashes: readonly number[]) {
    const worktree = path.join(base, name);
    const home = path.join(base, `${name}-home`);
    await mkdir(worktree);
    await mkdir(home);
    await fill(worktree, start);
    const steps = (journal = new Steps());
    const trees: Files[] = [];
    const gateway = createGateway({
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      keys: () => new Map(),
      providers: () => [],
      editor: { list: async () => [], chat: () => Promise.reject(new Error('not asked')) },
      scripted: async () => model,
    });
    const opened = gateway.open('scripted/sample');
    assert.ok(opened.ok);
    for (const crashAt of [...crashes, -1]) {
      steps.boundary = 0;
      steps.crashAt = crashAt;
      const node = steps.context();
      try {
        const outcome = await runAgent(node, {
          plan: '01-01',
          system: systemPrompt,
          instruction: planInstruction({ id: '01-01', title: 'Mend sum', text: 'x', verify: [] }),
          model: opened.value,
          tools: [...worktreeTools({ worktree, home, sandbox, node }), finishTool()],
          limits: { turns: 10, tokens: 100_000, usd: 1, minutes: 5 },
          afterChange: async () => `tree-${trees.push(await filesOf(worktree)) - 1}`,
          restore: (_ctx, tree) => fill(worktree, tree === null ? start : trees[Number(tree.slice(5))]!),
        });
        return { outcome, files: await filesOf(worktree), steps };
      } catch (thrown) {
        if (!(thrown instanceof Crash)) throw thrown;
      }
    }
    throw new Error('never finished');
  }

  it('mends a program, proven by running it', async () => {
    const { outcome, files, steps } = await work('plain', []);
    assert.equal(outcome.summary, 'sum adds.');
    assert.equal(outcome.turns, 5);
    assert.equal(outcome.usage.usd, 0);
    assert.equal(files['sum.mjs'], 'export const sum = (a, b) => a + b;\r\n');
    assert.equal(files['sum.test.mjs'], start['sum.test.mjs']);
    if (sandbox.level === 'isolated') assert.deepEqual(steps.asked, []);
  });

  it('does so through crashes, with no answered request sent again', async () => {
    heard.length = 0;
    // After the first reply was recorded; between a tool's work and its record; after a record.
    const { outcome, files } = await work('crashed', [2, 4, 1, 5, 3, 2]);
    assert.equal(outcome.summary, 'sum adds.');
    assert.equal(files['sum.mjs'], 'export const sum = (a, b) => a + b;\r\n');
    // A request whose answer was lost before it was recorded is sent again, one that was recorded never.
    assert.deepEqual(repeated, []);
    assert.ok(heard.length > 5);
    assert.equal(new Set(heard).size, 5);
  });
});
