import { strict as assert } from 'node:assert';
import type { ChatMessage, ToolSpec } from '../../../schemas/wire/models';
import type { ChatRequest } from '../../../server/llm';
import { createGateway } from '../../../server/llm';
import { problemOf, silentLog, type Context, type Log } from '../../../server/base';
import { systemClock, systemRandom } from '../../../server/base/node';
import { cuts, fails, fallsSilent, says, sendsRaw, startProvider, type Format, type Play } from './servers';

const secret = 'sk-canary-3f9a77c1';
const tool: ToolSpec = {
  name: 'list',
  description: 'Lists files.',
  schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};
const conversation: ChatMessage[] = [
  { role: 'system', text: 'You work.' },
  { role: 'user', text: 'Plan: 01-01' },
  { role: 'assistant', text: '', calls: [{ id: 'c0', tool: 'list', input: { path: '.' } }] },
  { role: 'tool', results: [{ id: 'c0', tool: 'list', text: 'no such folder', isError: true }] },
];
const request: ChatRequest = {
  messages: conversation,
  tools: [tool],
  maxOutputTokens: 1000,
  idempotencyKey: 'run/node/1/model:1',
};
const names: Record<Format, string> = {
  anthropic: 'anthropic/claude-sonnet-4-5',
  openai: 'openai/gpt-5',
  compatible: 'moonshot/kimi-k3',
};
const every = Object.keys(names) as Format[];

/** Asks a model of `format` whose server plays `plays`; gives the reply or the problem, and all that was seen. */
async function ask(
  format: Format,
  plays: readonly Play[],
  options: { idleMs?: number; signal?: AbortSignal; messages?: ChatMessage[] } = {},
) {
  const server = await startProvider(plays);
  const provider = names[format].split('/')[0]!;
  const lines: string[] = [];
  const log: Log = { ...silentLog, debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  function keep(message: string, facts?: object) {
    lines.push(message + JSON.stringify(facts ?? {}));
  }
  const ctx: Context = { signal: options.signal ?? new AbortController().signal, log };
  const gateway = createGateway({
    clock: systemClock,
    random: systemRandom,
    log,
    keys: () => new Map([[provider, secret]]),
    providers: () => [{ name: provider, baseUrl: server.baseUrl }],
    editor: { list: async () => [], chat: () => Promise.reject(new Error('not asked')) },
    scripted: async () => undefined,
    idleMs: options.idleMs ?? 5000,
    firstPauseMs: 4,
  });
  let text = '';
  try {
    const model = gateway.open(names[format]);
    assert.ok(model.ok);
    const asked = { ...request, messages: options.messages ?? conversation };
    const reply = await model.value.chat(ctx, asked, (piece) => (text += piece));
    return { reply, problem: undefined, text, seen: server.seen, lines };
  } catch (thrown) {
    return { reply: undefined, problem: problemOf(thrown), text, seen: server.seen, lines };
  } finally {
    await server.close();
  }
}

const good = { text: 'Hello ✓ world', calls: [{ id: 'c1', tool: 'list', input: '{"path":"src/ü"}' }] };

describe('a turn of a model', () => {
  for (const format of every) {
    it(`speaks ${format}`, async () => {
      const { reply, text, seen, lines } = await ask(format, [says(format, good)]);
      assert.deepEqual(reply, {
        text: 'Hello ✓ world',
        calls: [{ id: 'c1', tool: 'list', input: { path: 'src/ü' } }],
        usage: {
          inputTokens: 100,
          outputTokens: 10,
          cachedTokens: 80,
          usd: { anthropic: 0.000234, openai: 0.000135, compatible: 0.000234 }[format],
        },
        finish: 'tools',
      });
      assert.equal(text, 'Hello ✓ world');
      const [{ headers, body, path }] = seen as [(typeof seen)[0]];
      assert.equal(headers['idempotency-key'], request.idempotencyKey);
      assert.equal(headers[format === 'anthropic' ? 'x-api-key' : 'authorization']?.includes(secret), true);
      const sent = JSON.stringify(body);
      assert.match(sent, /Error: no such folder/);
      assert.match(sent, /You work\./);
      assert.equal((sent + path + lines.join()).includes(secret), false, 'the key is in headers alone');
      if (format === 'anthropic') assert.match(sent, /"cache_control":\{"type":"ephemeral"\}/);
    });

    it(`gives ${format} back what it thought`, async () => {
      const first = await ask(format, [says(format, { ...good, thought: 'hmm, ü' })]);
      const { reply } = first;
      assert.equal(reply?.thoughts?.length, 1, JSON.stringify(first.problem ?? reply));
      assert.equal(first.text, good.text, 'thoughts are not shown');
      const { text, calls, thoughts } = reply!;
      const back: ChatMessage[] = [
        ...conversation.slice(0, 2),
        { role: 'assistant', text, calls, ...(thoughts === undefined ? {} : { thoughts }) },
        { role: 'tool', results: [{ id: 'c1', tool: 'list', text: 'ok', isError: false }] },
      ];
      const { seen } = await ask(format, [says(format, good)], { messages: back });
      const sent = JSON.stringify(seen[0]!.body);
      const expected = {
        anthropic: '{"type":"thinking","thinking":"hmm, ü","signature":"signed"},{"type":"text"',
        openai: '"encrypted_content":"sealed"',
        compatible: '"reasoning_content":"hmm, ü"',
      }[format];
      assert.ok(sent.includes(expected), sent);
    });

    it(`knows an answer cut by its limit in ${format}`, async () => {
      const { reply } = await ask(format, [says(format, { text: 'half', finish: 'length' })]);
      assert.equal(reply?.finish, 'length');
    });

    it(`keeps malformed tool input of ${format} as text`, async () => {
      const { reply } = await ask(format, [
        says(format, { calls: [{ id: 'c1', tool: 'list', input: '{"path": oops' }] }),
      ]);
      assert.deepEqual(reply?.calls, [{ id: 'c1', tool: 'list', input: '{"path": oops' }]);
    });
  }
});

const faults: readonly [title: string, plays: (format: Format) => Play[], code: string, requests: number][] =
  [
    ['401', () => [fails(401, 'authentication_error', `bad key ${secret}`)], 'model.unauthorized', 1],
    ['403', () => [fails(403, 'permission_error', `not for ${secret}`)], 'model.refused', 1],
    ['404', () => [fails(404, 'not_found_error', 'no such model')], 'model.refused', 1],
    ['400', () => [fails(400, 'invalid_request_error', 'too long')], 'model.refused', 1],
    [
      '429 for ever',
      () => [fails(429, 'rate_limit_error', 'slow down', { 'retry-after': '0' })],
      'model.rateLimited',
      4,
    ],
    ['500 for ever', () => [fails(500, 'api_error', 'oops')], 'model.serverError', 4],
    ['529 for ever', () => [fails(529, 'overloaded_error', 'busy')], 'model.serverError', 4],
    ['a page of HTML', () => [sendsRaw('<html>Sign in</html>', 'text/html')], 'model.rubbish', 1],
    ['malformed JSON', () => [sendsRaw('data: {"id": tru\n\ndata: [DONE]\n\n')], 'model.rubbish', 1],
    [
      'a redirect',
      () => [(response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()],
      'model.refused',
      1,
    ],
    ['silence before the first byte', (format) => [fallsSilent(format, good, 0)], 'model.silent', 2],
    ['silence in the middle', (format) => [fallsSilent(format, good, 4)], 'model.silent', 2],
    ['a reset in the middle', (format) => [cuts(format, good, 4, 'reset')], 'model.cutOff', 4],
    ['an end in the middle', (format) => [cuts(format, good, 4, 'end')], 'model.cutOff', 4],
  ];

describe('a faulty model', () => {
  for (const format of every)
    for (const [title, plays, code, requests] of faults)
      it(`${format}: ${title} → ${code}`, async () => {
        const { problem, seen, lines } = await ask(format, plays(format), { idleMs: 120 });
        assert.equal(problem?.code, code, JSON.stringify(problem));
        assert.equal(seen.length, requests);
        assert.equal((JSON.stringify(problem) + lines.join()).includes(secret), false);
      });

  for (const format of every)
    it(`${format}: goes on after 429, 500, 503 or a cut`, async () => {
      for (const first of [
        fails(429, 'rate_limit_error', 'slow', { 'retry-after': '0' }),
        fails(503, 'api_error', 'x'),
        cuts(format, good, 5, 'reset'),
      ]) {
        const { reply, seen } = await ask(format, [first, says(format, good)]);
        assert.equal(reply?.finish, 'tools');
        assert.equal(seen.length, 2);
      }
    });

  it('waits as long as the provider asks', async () => {
    const began = performance.now();
    const { reply } = await ask('anthropic', [
      fails(429, 'rate_limit_error', 'slow', { 'retry-after-ms': '300' }),
      says('anthropic', good),
    ]);
    assert.ok(reply);
    assert.ok(performance.now() - began >= 290);
  });

  it('says where nothing listens', async () => {
    const server = await startProvider([says('compatible', good)]);
    await server.close();
    const gateway = createGateway({
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      keys: () => new Map(),
      providers: () => [{ name: 'mine', baseUrl: server.baseUrl }],
      editor: { list: async () => [], chat: () => Promise.reject(new Error('not asked')) },
      scripted: async () => undefined,
      firstPauseMs: 1,
    });
    const model = gateway.open('mine/org/model');
    assert.ok(model.ok);
    const ctx = { signal: new AbortController().signal, log: silentLog };
    const thrown = await model.value.chat(ctx, request, () => undefined).catch((error: unknown) => error);
    assert.deepEqual(problemOf(thrown), {
      code: 'model.unreachable',
      args: { provider: 'mine', detail: 'ECONNREFUSED', tries: 4 },
    });
  });

  it('stops at once when the caller cancels', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new DOMException('cancelled', 'AbortError')), 60);
    const { problem, seen } = await ask('openai', [fallsSilent('openai', good, 3)], { signal: stop.signal });
    assert.equal(problem?.code, 'cancelled');
    assert.equal(seen.length, 1);
  });
});
