import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log, Random } from '../../base';
import { systemClock, systemRandom } from '../../base/node';
import { choose, completionRequest, scriptSchema, type Chosen, type CompletionRequest } from './script';

export interface ScriptedOptions {
  /** The script as read from its file; see `scriptSchema` for the format. */
  readonly script: unknown;
  readonly log: Log;
  /** Hears every request that was understood, for counting in tests. */
  readonly onRequest?: (request: {
    readonly plan: string;
    readonly turn: number;
    readonly idempotencyKey: string | undefined;
  }) => void;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  readonly random?: Random;
}

export interface ScriptedModel {
  readonly baseUrl: string;
  readonly key: string;
  close(): Promise<void>;
}

/** A conversation with the sample's whole files stays far below this. */
const maxRequestBytes = 16 * 1024 * 1024;

/**
 * Serves a script in OpenAI's chat-completions streaming format on 127.0.0.1. Whoever asks must know the
 * random key and name the exact host (a web page whose name was rebound to this address cannot).
 * Throws a ZodError when the script is malformed.
 */
export async function startScriptedModel(options: ScriptedOptions): Promise<ScriptedModel> {
  const script = scriptSchema.parse(options.script);
  const key = `scripted-${Buffer.from((options.random ?? systemRandom).bytes(24)).toString('hex')}`;
  let host = '';
  const stop = new AbortController();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.headers.host !== host) return refuse(response, 403, 'wrong host');
    if (!sameSecret(request.headers.authorization ?? '', `Bearer ${key}`))
      return refuse(response, 401, 'wrong key');
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions')
      return refuse(response, 404, `no such endpoint: ${request.method} ${request.url}`);
    const body = await bodyOf(request);
    if (body === undefined) return refuse(response, 413, 'the request is too long');
    const parsed = parse(body);
    if (typeof parsed === 'string') return refuse(response, 400, parsed);
    const chosen = choose(script, parsed);
    if (typeof chosen === 'string') {
      options.log.warn('the scripted model has no answer', { detail: chosen });
      return refuse(response, 400, chosen);
    }
    const idempotencyKey = request.headers['idempotency-key'];
    options.onRequest?.({
      plan: chosen.plan,
      turn: chosen.turn,
      idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey : undefined,
    });
    if (chosen.answer.delayMs !== undefined) await systemClock.sleep(chosen.answer.delayMs, stop.signal);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for (const chunk of chunksOf(chosen, parsed.model, body.length))
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    response.end('data: [DONE]\n\n');
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      options.log.debug('an answer of the scripted model was given up', { detail: String(thrown) });
      response.destroy();
    });
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    baseUrl: `http://${host}/v1`,
    key,
    close: () =>
      new Promise((resolve) => {
        stop.abort(new Error('the scripted model is closed'));
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parse(body: string): CompletionRequest | string {
  try {
    const result = completionRequest.safeParse(JSON.parse(body));
    return result.success ? result.data : `not a streaming chat-completions request: ${result.error.message}`;
  } catch {
    return 'the request is not JSON';
  }
}

/** OpenAI's chunks for an answer: role, text in pieces, calls in pieces, reason, usage. */
export function* chunksOf(chosen: Chosen, model: string, requestBytes: number): Generator<object> {
  const { plan, turn, answer } = chosen;
  // `created` is fixed: equal requests get equal bytes.
  const base = {
    id: `chatcmpl-${plan}-${turn}`,
    object: 'chat.completion.chunk',
    created: 1735689600,
    model,
  };
  const delta = (delta: object, finish_reason: string | null = null) => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  });
  yield delta({ role: 'assistant', content: answer.say === undefined ? null : '' });
  for (const content of pieces(answer.say ?? '', 12)) yield delta({ content });
  let written = answer.say?.length ?? 0;
  for (const [index, { tool, input }] of answer.calls.entries()) {
    const id = `call_${plan.replace(/\W/g, '_')}_${turn}_${index}`;
    const text = JSON.stringify(input);
    written += text.length;
    yield delta({
      tool_calls: [{ index, id, type: 'function', function: { name: tool, arguments: '' } }],
    });
    for (const part of pieces(text, 24))
      yield delta({ tool_calls: [{ index, function: { arguments: part } }] });
  }
  yield delta({}, answer.calls.length > 0 ? 'tool_calls' : 'stop');
  // Four characters to a token, the usual rule of thumb, so that counters move as they would.
  const prompt_tokens = Math.ceil(requestBytes / 4);
  const completion_tokens = Math.max(1, Math.ceil(written / 4));
  yield {
    ...base,
    choices: [],
    usage: {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      prompt_tokens_details: { cached_tokens: 0 },
    },
  };
}

/** A text in pieces of at most `size` characters, never cutting a surrogate pair. */
function pieces(text: string, size: number): string[] {
  const characters = [...text];
  return Array.from({ length: Math.ceil(characters.length / size) }, (_, i) =>
    characters.slice(i * size, (i + 1) * size).join(''),
  );
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxRequestBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const type = status === 401 ? 'authentication_error' : 'invalid_request_error';
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type, param: null, code: null } }));
}

function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
