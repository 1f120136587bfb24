import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ChatReply } from '../../../schemas';
import { failed, ok, problem } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import type { NodeContext } from '../../../server/engine';
import { defaultFailureTables, respondTo } from '../../../server/engine/failure';
import type { Gateway } from '../../../server/llm';
import { LiveCalls, Metrics, prometheusText } from '../../../server/observe';
import { PoolService, type Amount } from '../../../server/pool';
import { PooledModels } from '../../../server/pooledModels';
import { ctx, refused } from './support';

const request = { messages: [], tools: [], maxOutputTokens: 1000, idempotencyKey: 'run-1/a/1/model:1' };
const node = {
  ...ctx,
  run: 'run-1',
  node: 'a',
  attempt: 1,
  facts: { phase: '03' },
} as unknown as NodeContext;

describe('models from the pool', () => {
  let folder = '';
  let service: PoolService;
  let limits: Partial<Amount>;
  let prepared: string[];
  let answer: () => Promise<Partial<ChatReply>>;
  let pooled: PooledModels;
  const metrics = new Metrics();
  const calls = new LiveCalls();

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'symphony-models-'));
    limits = {};
    prepared = [];
    answer = () =>
      Promise.resolve({ usage: { inputTokens: 700, outputTokens: 50, cachedTokens: 0, usd: 0.25 } });
    service = new PoolService({
      ...{ clock: systemClock, file: path.join(folder, 'pool.json'), metrics },
      budgets: ({ kind }) => (kind === 'day' ? limits : {}),
      health: defaultFailureTables.health,
    });
    await service.start(ctx);
    const gateway: Gateway = {
      open: (id) =>
        id === 'none'
          ? failed('model.unknown', { model: id, known: '' })
          : ok({ id, scripted: false, chat: async () => (await answer()) as ChatReply }),
      prepare: (id) => Promise.resolve(void prepared.push(id)),
      list: () => Promise.resolve([]),
    };
    pooled = new PooledModels({ pool: service, gateway, clock: systemClock, metrics, calls });
  });
  afterEach(async () => {
    await service.stop(ctx);
    rmSync(folder, { recursive: true, force: true });
  });

  async function opened(id = 'anthropic/claude-sonnet-5-5') {
    const found = await pooled.open(node, id);
    assert.ok(found.ok);
    return found.value;
  }

  it('are made ready once, counted where they are used, and given back', async () => {
    const [one, other] = [await opened(), await opened()];
    assert.deepEqual(prepared, ['anthropic/claude-sonnet-5-5']);
    await one.chat(ctx, request, () => undefined);
    await other.chat(ctx, request, () => undefined);
    one.release();
    const { rows, totals } = service.report();
    assert.deepEqual([totals['tokensToday'], totals['usdToday'], totals['leases']], [1500, 0.5, 1]);
    assert.equal(service.budgets.account({ kind: 'phase', id: '03' }).tokens, 1500);
    assert.equal(service.budgets.account({ kind: 'run', id: 'run-1' }).usd, 0.5);
    const row = rows.find(({ id }) => id.startsWith('model:'))!;
    assert.deepEqual([row.state, row.facts['uses'], row.facts['reliability']], ['hot', 2, 'healthy']);
    assert.match(prometheusText(metrics), /symphony_model_tokens_total\{model="[^"]+",direction="in"\} 1400/);
    other.release();
  });

  it('are not asked when the day’s budget does not allow it', async () => {
    limits = { tokens: 2000 };
    let asked = 0;
    answer = () =>
      Promise.resolve((asked++, { usage: { inputTokens: 900, outputTokens: 100, cachedTokens: 0 } }));
    const model = await opened();
    await model.chat(ctx, request, () => undefined);
    const { problem: why } = await refused(
      'model.budgetSpent',
      model.chat(ctx, request, () => undefined),
    );
    assert.equal(why.args['used'], 1000);
    assert.equal(asked, 1);
    limits = { tokens: 5000 };
    await model.chat(ctx, request, () => undefined);
    limits = { usd: 0.01 };
    await refused(
      'model.budgetSpent',
      model.chat(ctx, request, () => undefined),
    );
    model.release();
  });

  it('that fail again and again are not used any more, and what failed is in the trace', async () => {
    const model = await opened();
    answer = () => Promise.reject(problem('model.serverError', { provider: 'x', status: 500, tries: 4 }));
    for (let i = 0; i < 13; i++)
      await refused(
        'model.serverError',
        model.chat(ctx, request, () => undefined),
      );
    model.release();
    const found = await pooled.open(node, 'anthropic/claude-sonnet-5-5');
    assert.equal(found.ok ? '' : found.problem.code, 'model.blacklisted');
    assert.equal(calls.of('run-1').length, 13);
    // Another model is not to blame.
    (await opened('openai/gpt-6.1-sol')).release();
  });

  it('are not blamed for a key that is refused', async () => {
    const model = await opened();
    answer = () => Promise.reject(problem('model.unauthorized', { provider: 'x' }));
    for (let i = 0; i < 20; i++)
      await refused(
        'model.unauthorized',
        model.chat(ctx, request, () => undefined),
      );
    model.release();
    assert.equal(service.models.of(model.id).health, 'healthy');
  });

  it('that are refused have their fallback used where the workflow states one', () => {
    for (const code of ['model.blacklisted', 'model.budgetSpent'] as const) {
      const failure = {
        ...{ problem: { code, args: {} }, stage: 'start' as const, failures: 1, resumptions: 0 },
        ...{ score: 90, retry: { tries: 5 }, fallback: { node: 'other' } },
      };
      assert.deepEqual(respondTo(failure, defaultFailureTables), { do: 'fallback', node: 'other' });
    }
  });

  it('nobody knows are told as such', async () => {
    const found = await pooled.open(node, 'none');
    assert.equal(found.ok ? '' : found.problem.code, 'model.unknown');
  });
});
