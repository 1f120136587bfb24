import { strict as assert } from 'node:assert';
import { createGateway, usdOf, type GatewayOptions } from '../../../server/llm';
import { retryAfterMs } from '../../../server/llm/faults';
import { silentLog } from '../../../server/base';
import { systemClock, systemRandom } from '../../../server/base/node';

const ctx = { signal: new AbortController().signal, log: silentLog };
const gateway = (changes: Partial<GatewayOptions> = {}) =>
  createGateway({
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    keys: () => new Map([['openrouter', 'k']]),
    providers: () => [{ name: 'lab', baseUrl: 'http://127.0.0.1:9999/v1' }],
    editor: {
      list: async () => [{ id: 'copilot/gpt', label: 'GPT', maxInputTokens: 1 }],
      chat: async (_ctx, model) => ({
        text: model,
        calls: [],
        usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0 },
        finish: 'stop',
      }),
    },
    scripted: async () => undefined,
    env: { ANTHROPIC_API_KEY: 'k' },
    ...changes,
  });

describe('the gateway', () => {
  const cases: readonly [id: string, expected: string][] = [
    ['anthropic/claude-sonnet-4-5', 'ok'],
    ['openrouter/anthropic/claude-sonnet-4.5', 'ok'],
    ['openai/gpt-5', 'model.noKey'],
    ['moonshot/kimi', 'model.noKey'],
    ['ollama/qwen3-coder', 'ok'],
    ['vllm/any/thing', 'ok'],
    ['lab/model', 'ok'],
    ['editor/copilot/gpt', 'ok'],
    ['scripted/sample', 'ok'],
    ['scripted/other', 'model.unknown'],
    ['nobody/x', 'model.unknown'],
    ['anthropic/', 'model.unknown'],
    ['anthropic', 'model.unknown'],
    ['', 'model.unknown'],
    ['/x', 'model.unknown'],
  ];
  for (const [id, expected] of cases)
    it(`opens “${id}”: ${expected}`, () => {
      const outcome = gateway().open(id);
      assert.equal(outcome.ok ? 'ok' : outcome.problem.code, expected);
      if (outcome.ok) assert.equal(outcome.value.id, id);
    });

  it('says what each provider still needs', async () => {
    const views = await gateway().list(ctx);
    assert.deepEqual(
      views.map(({ name, state }) => `${name} ${state}`),
      [
        'anthropic ready',
        'openai needsKey',
        'moonshot needsKey',
        'openrouter ready',
        'ollama ready',
        'vllm ready',
        'lab ready',
        'editor ready',
        'scripted sampleOnly',
      ],
    );
  });

  it('passes the editor’s models on, slashes and all', async () => {
    const model = gateway().open('editor/copilot/gpt');
    assert.ok(model.ok);
    const request = { messages: [], tools: [], maxOutputTokens: 1, idempotencyKey: 'k' };
    assert.equal((await model.value.chat(ctx, request, () => undefined)).text, 'copilot/gpt');
  });

  it('refuses the scripted model where it is not offered', async () => {
    const model = gateway().open('scripted/sample');
    assert.ok(model.ok && model.value.scripted);
    const request = { messages: [], tools: [], maxOutputTokens: 1, idempotencyKey: 'k' };
    await assert.rejects(
      model.value.chat(ctx, request, () => undefined),
      /model\.scriptedUnknown/,
    );
  });

  it('knows prices, and knows where it knows none', () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000, cachedTokens: 500_000 };
    assert.equal(usdOf('anthropic', 'claude-sonnet-4-5-20250929', usage), 16.65);
    assert.equal(usdOf('scripted', 'sample', usage), 0);
    assert.equal(usdOf('openrouter', 'claude-sonnet-4-5', usage), undefined);
  });

  it('reads every form of Retry-After', () => {
    const at = Date.parse('2026-11-20T10:00:00Z');
    assert.equal(retryAfterMs({ 'retry-after': '3' }, at), 3000);
    assert.equal(retryAfterMs({ 'retry-after': 'Fri, 20 Nov 2026 10:00:05 GMT' }, at), 5000);
    assert.equal(retryAfterMs({ 'retry-after': '99999' }, at), 120_000);
    assert.equal(retryAfterMs({ 'retry-after': 'soon' }, at), undefined);
    assert.equal(retryAfterMs({}, at), undefined);
  });
});
