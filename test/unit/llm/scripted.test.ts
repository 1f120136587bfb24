import { strict as assert } from 'node:assert';
import { request as httpRequest } from 'node:http';
import { createGateway, startScriptedModel, type ChatRequest, type ScriptedModel } from '../../../server/llm';
import { problemOf, silentLog } from '../../../server/base';
import { systemClock, systemRandom } from '../../../server/base/node';
import type { ChatMessage } from '../../../schemas/wire/models';

const script = {
  name: 'sample',
  rules: [
    {
      plan: '01-01',
      turns: [
        { say: 'I look first. 👀', calls: [{ tool: 'read_files', input: { files: [{ path: 'a.js' }] } }] },
        {
          expect: [{ tool: 'read_files', contains: 'needle', isError: false }],
          calls: [
            { tool: 'replace', input: { path: 'a.js', edits: [{ find: 'needle', replace: '“x”\n' }] } },
            { tool: 'finish', input: { summary: 'done' } },
          ],
        },
      ],
    },
  ],
};
const ctx = { signal: new AbortController().signal, log: silentLog };
const spec = (name: string) => ({ name, description: name, schema: { type: 'object', properties: {} } });
const tools = ['read_files', 'replace', 'finish'].map(spec);
const user: ChatMessage = { role: 'user', text: 'Plan: 01-01\n\nDo it.' };
const looked: ChatMessage = {
  role: 'assistant',
  text: 'I look first. 👀',
  calls: [{ id: 'call_01_01_0_0', tool: 'read_files', input: { files: [{ path: 'a.js' }] } }],
};
const read = (text: string, isError = false): ChatMessage => ({
  role: 'tool',
  results: [{ id: 'call_01_01_0_0', tool: 'read_files', text, isError }],
});

describe('the scripted model', () => {
  let server: ScriptedModel;
  const heard: string[] = [];
  before(async () => {
    server = await startScriptedModel({
      script,
      log: silentLog,
      onRequest: ({ plan, turn, idempotencyKey }) => heard.push(`${plan} ${turn} ${idempotencyKey}`),
    });
  });
  after(() => server.close());

  async function ask(messages: ChatMessage[], offered = tools) {
    const gateway = createGateway({
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      keys: () => new Map(),
      providers: () => [],
      editor: { list: async () => [], chat: () => Promise.reject(new Error('not asked')) },
      scripted: async () => server,
    });
    const model = gateway.open('scripted/sample');
    assert.ok(model.ok);
    const request: ChatRequest = { messages, tools: offered, maxOutputTokens: 100, idempotencyKey: 'key-1' };
    try {
      return await model.value.chat(ctx, request, () => undefined);
    } catch (thrown) {
      return problemOf(thrown);
    }
  }

  it('answers the first turn of a plan, the same each time', async () => {
    const first = await ask([{ role: 'system', text: 's' }, user]);
    const again = await ask([{ role: 'system', text: 's' }, user]);
    assert.ok('calls' in first);
    assert.deepEqual(first, again);
    assert.equal(first.text, 'I look first. 👀');
    assert.deepEqual(first.calls, (looked as { calls: unknown }).calls);
    assert.equal(first.usage.usd, 0);
    assert.deepEqual(heard, ['01-01 0 key-1', '01-01 0 key-1']);
  });

  it('goes on from what it was shown', async () => {
    const reply = await ask([user, looked, read('1| needle')]);
    assert.ok('calls' in reply);
    assert.deepEqual(
      reply.calls.map(({ id, tool }) => `${id} ${tool}`),
      ['call_01_01_1_0 replace', 'call_01_01_1_1 finish'],
    );
    assert.deepEqual(reply.calls[0]!.input, script.rules[0]!.turns[1]!.calls[0]!.input);
  });

  const refused: readonly [title: string, messages: ChatMessage[], offered: typeof tools, detail: RegExp][] =
    [
      ['no plan named', [{ role: 'user', text: 'Hello' }], tools, /does not begin/],
      ['an unknown plan', [{ role: 'user', text: 'Plan: 09-09\n' }], tools, /no rule/],
      ['a tool not offered', [user], [spec('list')], /not offered/],
      ['an unexpected result', [user, looked, read('nothing here')], tools, /expected .*needle/],
      ['an error where success was expected', [user, looked, read('needle gone', true)], tools, /expected/],
      ['more turns than written', [user, looked, read('needle'), looked, read('needle')], tools, /2 turns/],
    ];
  for (const [title, messages, offered, detail] of refused)
    it(`refuses ${title}`, async () => {
      const problem = await ask(messages, offered);
      assert.ok('code' in problem);
      assert.equal(problem.code, 'model.scriptedUnknown');
      assert.match(String(problem.args['detail']), detail);
    });

  const post = (headers: Record<string, string>, path = '/v1/chat/completions') =>
    new Promise<number>((resolve, reject) => {
      const url = new URL(server.baseUrl);
      const request = httpRequest(
        { host: '127.0.0.1', port: url.port, path, method: 'POST', headers },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      request.once('error', reject);
      request.end('{}');
    });

  it('serves nobody without the key, under another name or at another place', async () => {
    const host = new URL(server.baseUrl).host;
    const authorization = `Bearer ${server.key}`;
    assert.equal(await post({ host, authorization }), 400);
    assert.equal(await post({ host }), 401);
    assert.equal(await post({ host, authorization: 'Bearer x' }), 401);
    assert.equal(await post({ host: host.replace('127.0.0.1', 'localhost'), authorization }), 403);
    assert.equal(await post({ host: 'evil.example', authorization }), 403);
    assert.equal(await post({ host, authorization }, '/v1/models'), 404);
  });

  it('streams byte for byte what OpenAI would', async () => {
    const response = await fetch(`${server.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}` },
      body: JSON.stringify({
        model: 'sample',
        stream: true,
        messages: [{ role: 'user', content: 'Plan: 01-01' }],
        tools: [{ type: 'function', function: { name: 'read_files' } }],
      }),
    });
    const chunk = (delta: string, finish = 'null') =>
      `data: {"id":"chatcmpl-01-01-0","object":"chat.completion.chunk","created":1735689600,"model":"sample","choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]}\n\n`;
    const expected = [
      chunk('{"role":"assistant","content":""}'),
      chunk('{"content":"I look first"}'),
      chunk('{"content":". 👀"}'),
      chunk(
        '{"tool_calls":[{"index":0,"id":"call_01_01_0_0","type":"function","function":{"name":"read_files","arguments":""}}]}',
      ),
      chunk('{"tool_calls":[{"index":0,"function":{"arguments":"{\\"files\\":[{\\"path\\":\\"a.js\\""}}]}'),
      chunk('{"tool_calls":[{"index":0,"function":{"arguments":"}]}"}}]}'),
      chunk('{}', '"tool_calls"'),
      'data: {"id":"chatcmpl-01-01-0","object":"chat.completion.chunk","created":1735689600,"model":"sample","choices":[],"usage":{"prompt_tokens":37,"completion_tokens":11,"total_tokens":48,"prompt_tokens_details":{"cached_tokens":0}}}\n\n',
      'data: [DONE]\n\n',
    ];
    assert.equal(await response.text(), expected.join(''));
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
  });

  it('refuses a malformed script', async () => {
    await assert.rejects(startScriptedModel({ script: { name: 'x', rules: [{}] }, log: silentLog }));
  });
});
