import { APICallError } from '@ai-sdk/provider';
import type { ProblemError } from '../base';
import { problem } from '../base';
import type { Code } from '../../schemas/codes';

/** A failed try: the problem to show if it was the last, and whether another one can help. */
export class Fault extends Error {
  constructor(
    readonly code: Code,
    readonly args: Record<string, string | number>,
    readonly retry: {
      /** How many tries in all this kind of fault is worth. */
      readonly tries: number;
      /** How long the provider asked to wait. */
      readonly afterMs?: number;
    },
    options?: ErrorOptions,
  ) {
    super(code, options);
  }

  /** The problem after `tries` tries. */
  toProblem(tries: number): ProblemError {
    return problem(this.code, { ...this.args, tries }, this);
  }
}

const transient = new Set([408, 409, 500, 502, 503, 504, 520, 522, 524, 529]);
const many = { tries: 4 };
const once = { tries: 1 };

/**
 * What a thrown thing or a stream's error part means. `hide` masks keys in whatever a server sent back.
 * Retried: 429, 5xx, 529, broken connections, cut streams. Never retried: 400, 401, 403, 404, rubbish.
 */
export function faultOf(
  thrown: unknown,
  provider: string,
  now: number,
  hide: (text: string) => string,
): Fault {
  if (thrown instanceof Fault) return thrown;
  const status = statusOf(thrown);
  const detail = hide(messageOf(thrown)).slice(0, 300);
  if (status === 401) return new Fault('model.unauthorized', { provider }, once);
  if (status === 429) {
    const afterMs = retryAfterMs(headersOf(thrown), now);
    return new Fault('model.rateLimited', { provider }, afterMs === undefined ? many : { ...many, afterMs });
  }
  if (status !== undefined && transient.has(status)) {
    const afterMs = retryAfterMs(headersOf(thrown), now);
    return new Fault(
      'model.serverError',
      { provider, status },
      afterMs === undefined ? many : { ...many, afterMs },
    );
  }
  if (status !== undefined && status >= 300 && provider === 'scripted')
    return new Fault('model.scriptedUnknown', { detail }, once);
  if (status !== undefined && status >= 300)
    return new Fault('model.refused', { provider, status, detail }, once);
  const system = systemCode(thrown);
  if (system === 'ECONNREFUSED' || system === 'ENOTFOUND' || system === 'EAI_AGAIN')
    return new Fault('model.unreachable', { provider, detail: system }, many);
  if (system !== undefined || /terminated|socket|network|ended without/i.test(messageOf(thrown)))
    return new Fault('model.cutOff', { provider }, many);
  return new Fault('model.rubbish', { provider, detail }, once);
}

/** How long to wait by `retry-after-ms` or `retry-after` (seconds or a date); at most two minutes. */
export function retryAfterMs(
  headers: Readonly<Record<string, string>> | undefined,
  now: number,
): number | undefined {
  const exact = Number(headers?.['retry-after-ms'] ?? NaN);
  const text = headers?.['retry-after'];
  const seconds = Number(text ?? NaN);
  const ms = !Number.isNaN(exact)
    ? exact
    : !Number.isNaN(seconds)
      ? seconds * 1000
      : text === undefined
        ? NaN
        : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(120_000, Math.max(0, ms));
}

function statusOf(thrown: unknown): number | undefined {
  const holder = thrown as { statusCode?: unknown; code?: unknown; type?: unknown; error?: unknown } | null;
  if (typeof holder !== 'object' || holder === null) return undefined;
  // A 200 that could not be read is no status of its own.
  if (typeof holder.statusCode === 'number') return holder.statusCode >= 300 ? holder.statusCode : undefined;
  if (typeof holder.code === 'number') return holder.code;
  const word = [holder.type, holder.code].find((name) => typeof name === 'string' && name in namedStatus);
  return word === undefined ? undefined : namedStatus[word as keyof typeof namedStatus];
}

/** Names of errors that providers send inside a stream, where there is no status line any more. */
const namedStatus = {
  overloaded_error: 529,
  api_error: 500,
  server_error: 500,
  internal_server_error: 500,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  authentication_error: 401,
  invalid_request_error: 400,
};

const headersOf = (thrown: unknown): Record<string, string> | undefined =>
  APICallError.isInstance(thrown) ? thrown.responseHeaders : undefined;

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  const message = (thrown as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : String(JSON.stringify(thrown));
}

/** The operating system's or undici's code somewhere in the chain of causes. */
function systemCode(thrown: unknown): string | undefined {
  for (let at = thrown, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
    const code = (at as NodeJS.ErrnoException).code;
    if (typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code)) return code;
  }
  return undefined;
}
