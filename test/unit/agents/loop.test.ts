import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  finishTool,
  planInstruction,
  askInstruction,
  runAgent,
  systemPrompt,
  worktreeTools,
  type AgentTask,
  type Tool,
} from '../../../server/agents';
import type { ChatRequest } from '../../../server/llm';
import type { ChatReply } from '../../../schemas/wire';
import { problemOf } from '../../../server/base';
import type { Sandbox } from '../../../server/sandbox';
import { call, Crash, fill, filesOf, inFolder, scriptOf, Steps, type Files } from './fakes';

const start: Files = { 'a.txt': 'one\ntwo\nthree\n', 'src/b.txt': 'x' };
const limits = { turns: 20, tokens: 100_000, usd: 10, minutes: 30 };
const noSandbox: Sandbox = {
  level: 'isolated',
  detail: '',
  run: () => Promise.reject(new Error('no command expected')),
};

/** A worktree whose trees are whole copies kept in memory. */
function worktree(folder: string) {
  const trees: Files[] = [];
  const restored: (string | null)[] = [];
  return {
    restored,
    afterChange: async () => `tree-${trees.push(await filesOf(folder)) - 1}`,
    restore: async (_ctx: unknown, tree: string | null) => {
      restored.push(tree);
      await fill(folder, tree === null ? start : trees[Number(tree.slice(5))]!);
    },
  };
}

async function agent(
  replies: readonly Partial<ChatReply>[],
  changes: Partial<AgentTask> & { steps?: Steps; extra?: Tool[]; seen?: ChatRequest[] } = {},
) {
  return inFolder(async (folder) => {
    await fill(folder, start);
    const steps = changes.steps ?? new Steps();
    const node = steps.context();
    const outcome = await runAgent(node, {
      plan: '01-01',
      system: 's',
      instruction: 'Plan: 01-01',
      model: scriptOf(replies, changes.seen),
      tools: [
        ...worktreeTools({ worktree: folder, home: folder, sandbox: noSandbox, node }),
        ...(changes.extra ?? [finishTool()]),
      ],
      limits,
      ...worktree(folder),
      ...changes,
    }).catch(problemOf);
    return { outcome, files: await filesOf(folder), steps };
  });
}

const finish = { calls: [call('finish', { summary: 'all done' })] };
const read = { text: 'I look.', calls: [call('read_files', { files: [{ path: 'a.txt' }] })] };
const change = {
  calls: [
    call('replace', { path: 'a.txt', edits: [{ find: 'two', replace: '2' }] }),
    call('write_file', { path: 'new/c.txt', content: 'fresh' }),
  ],
};

describe('the agent loop', () => {
  it('reads, changes, finishes, and counts what it used', async () => {
    const { outcome, files, steps } = await agent([read, change, finish]);
    assert.ok('summary' in outcome, JSON.stringify(outcome));
    assert.equal(outcome.summary, 'all done');
    assert.equal(outcome.turns, 3);
    assert.deepEqual(outcome.usage, { inputTokens: 30, outputTokens: 15, cachedTokens: 0, usd: 0.03 });
    assert.equal(files['a.txt'], 'one\n2\nthree\n');
    assert.equal(files['new/c.txt'], 'fresh');
    assert.deepEqual(
      [...steps.recorded.keys()],
      ['model:1', 'tool:1:0', 'model:2', 'tool:2:0', 'tool:2:1', 'model:3', 'tool:3:0'],
    );
    assert.match(steps.recorded.get('tool:2:0')!, /"tree":"tree-0"/);
  });

  it('goes on after a vetoed finish, with the reason in hand', async () => {
    const seen: ChatRequest[] = [];
    let tries = 0;
    const veto = finishTool(async () =>
      tries++ === 0 ? { text: 'npm test failed', isError: true } : undefined,
    );
    const { outcome } = await agent([finish, finish], { extra: [veto], seen });
    assert.ok('summary' in outcome);
    assert.equal(outcome.turns, 2);
    assert.match(JSON.stringify(seen[1]!.messages), /npm test failed/);
  });

  const endings: readonly [
    title: string,
    replies: Partial<ChatReply>[],
    changes: Partial<AgentTask>,
    code: string,
  ][] = [
    ['too many turns', [read, change, read, change], { limits: { ...limits, turns: 2 } }, 'agent.turnLimit'],
    ['too many tokens', [read, change], { limits: { ...limits, tokens: 15 } }, 'agent.tokenLimit'],
    ['too much money', [read, change], { limits: { ...limits, usd: 0.01 } }, 'agent.costLimit'],
    ['too much time', [read, change], { limits: { ...limits, minutes: 0 } }, 'agent.timeLimit'],
    ['going round in circles', [read], {}, 'agent.stuck'],
    ['talk without work', [{ text: 'Well…' }], {}, 'agent.gaveUp'],
    [
      'unknown tools for ever',
      Array.from({ length: 12 }, (_, i) => ({ calls: [call(`t${i}`, {})] })),
      {},
      'agent.gaveUp',
    ],
    [
      'unreadable input for ever',
      Array.from({ length: 12 }, (_, i) => ({ calls: [call('list', `{${i}`)] })),
      {},
      'agent.gaveUp',
    ],
  ];
  for (const [title, replies, changes, code] of endings)
    it(`ends with ${code} for ${title}`, async () => {
      const { outcome } = await agent(replies, changes);
      assert.ok('code' in outcome, JSON.stringify(outcome));
      assert.equal(outcome.code, code);
    });

  it('tells the model about unknown tools, bad input and a cut answer, and goes on', async () => {
    const seen: ChatRequest[] = [];
    const { outcome } = await agent(
      [
        {
          calls: [
            call('rm', {}),
            call('list', '{"pa'),
            call('list', { depth: 'deep' }),
            call('list', { path: '../..' }),
          ],
        },
        { text: 'half a', finish: 'length' },
        finish,
      ],
      { seen },
    );
    assert.ok('summary' in outcome, JSON.stringify(outcome));
    const [, second, third] = seen.map(({ messages }) => JSON.stringify(messages.at(-1)));
    assert.match(second!, /There is no tool rm/);
    assert.match(second!, /not a JSON object/);
    assert.match(second!, /depth: /);
    assert.match(second!, /outside the agent’s worktree/);
    assert.match(third!, /cut off/);
  });

  it('resumes at every boundary with the same files and no repeated request', async () => {
    const script = [
      read,
      change,
      { calls: [call('read_files', { files: [{ path: 'src/b.txt' }] })] },
      {
        calls: [
          call('write_file', { path: 'src/b.txt', content: 'y\n' }),
          call('replace', { path: 'a.txt', edits: [{ find: '2', replace: 'II' }] }),
        ],
      },
      finish,
    ];
    const whole = await agent(script);
    const boundaries = whole.steps.boundary;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: boundaries - 1 }), { minLength: 1, maxLength: 3 }),
        async (crashes) => {
          await inFolder(async (folder) => {
            await fill(folder, start);
            const steps = new Steps();
            const seen: ChatRequest[] = [];
            const recordedAt: string[] = [];
            const tree = worktree(folder);
            let outcome;
            for (const crashAt of [...crashes, -1]) {
              steps.boundary = 0;
              steps.crashAt = crashAt;
              const node = steps.context();
              outcome = await runAgent(node, {
                plan: '01-01',
                system: 's',
                instruction: 'Plan: 01-01',
                model: {
                  ...scriptOf(script, seen),
                  chat: (ctx, request, onText) => {
                    const key = request.idempotencyKey.split('/').at(-1)!;
                    if (steps.recorded.has(key)) recordedAt.push(key);
                    return scriptOf(script, seen).chat(ctx, request, onText);
                  },
                },
                tools: [
                  ...worktreeTools({ worktree: folder, home: folder, sandbox: noSandbox, node }),
                  finishTool(),
                ],
                limits,
                ...tree,
              }).catch((thrown: unknown) => {
                if (!(thrown instanceof Crash)) throw thrown;
                return undefined;
              });
            }
            assert.equal(outcome?.summary, 'all done');
            assert.deepEqual(await filesOf(folder), whole.files);
            assert.deepEqual(recordedAt, [], 'a recorded reply was asked for again');
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('restores before the first new step and never later', async () => {
    await inFolder(async (folder) => {
      await fill(folder, start);
      const steps = new Steps();
      const tree = worktree(folder);
      const task = (node: ReturnType<Steps['context']>) => ({
        plan: '01-01',
        system: 's',
        instruction: 'Plan: 01-01',
        model: scriptOf([read, change, finish]),
        tools: [...worktreeTools({ worktree: folder, home: folder, sandbox: noSandbox, node }), finishTool()],
        limits,
        ...tree,
      });
      // Dies in tool:2:1, after it wrote its file and before that is recorded.
      steps.crashAt = 13;
      const first = steps.context();
      await assert.rejects(runAgent(first, task(first)), Crash);
      assert.equal((await filesOf(folder))['new/c.txt'], 'fresh');
      steps.crashAt = -1;
      const second = steps.context();
      await runAgent(second, task(second));
      assert.deepEqual(tree.restored, [null, 'tree-0']);
      const third = steps.context();
      await runAgent(third, task(third));
      assert.equal(tree.restored.length, 2, 'a whole replay changes nothing');
    });
  });
});

describe('prompts', () => {
  it('begin with the plan’s name alone on the first line', () => {
    const plan = planInstruction({
      id: '01-02',
      title: 'Add\nmore',
      text: 'a\n```\nb',
      verify: ['npm test'],
    });
    assert.equal(plan.split('\n')[0], 'Plan: 01-02');
    assert.match(plan, /````\na\n```\nb\n````/);
    const ask = askInstruction({
      path: 'a.ts',
      lines: { first: 2, last: 4 },
      instruction: 'Mend',
      content: 'x',
    });
    assert.equal(ask.split('\n')[0], 'Plan: ask');
    assert.match(ask, /a\.ts, lines 2 to 4/);
  });

  it('have a system part without time or place', () => {
    assert.doesNotMatch(systemPrompt, /\b20\d\d\b|\/(home|tmp|root)\//);
  });
});
