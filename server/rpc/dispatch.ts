import {
  ErrorCodes,
  LSPErrorCodes,
  ResponseError,
  type CancellationToken,
  type Connection,
} from 'vscode-languageserver';
import { problem, problemOf, ProblemError, type Clock, type Context, type Log } from '../base';
import {
  clientRequests,
  codes,
  fillText,
  type ClientRequestName,
  type ClientRequests,
  type ParamsOf,
  type Problem,
  type RequestSpec,
  type ResultOf,
} from '../../schemas';

/** One handler per request of the registry; a missing one does not compile. */
export type Handlers = {
  readonly [K in ClientRequestName]: (
    ctx: Context,
    params: ParamsOf<ClientRequests[K]>,
  ) => Promise<ResultOf<ClientRequests[K]>>;
};

export interface DispatchOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted when the client is gone; cancels its reads, never its writes. */
  readonly gone: AbortSignal;
  /** Whether results are checked against their schemas too; for development and tests. */
  readonly checkResults: boolean;
}

/** The JSON-RPC error code of every problem; the problem itself is in `data.problem`. */
export const problemErrorCode = -32000;

/** Answers every request of the registry on `connection` through `handlers`. */
export function dispatch(connection: Connection, handlers: Handlers, options: DispatchOptions): void {
  let lastWrite: Promise<unknown> = Promise.resolve();
  for (const name of Object.keys(clientRequests) as ClientRequestName[]) {
    const spec: RequestSpec = clientRequests[name];
    const handler = handlers[name] as (ctx: Context, params: unknown) => Promise<unknown>;
    connection.onRequest(spec.method, (params: unknown, token: CancellationToken) => {
      const answer = () => respond(spec, handler, params ?? {}, token, options);
      if (spec.runs === 'read') return answer();
      // Writes of one client queue up, so that “execute, then cancel” can never arrive the other way round.
      const turn = lastWrite.then(answer);
      lastWrite = turn;
      return turn;
    });
  }
  connection.onRequest((method: string) =>
    toResponseError({ code: 'request.unknown', args: { method } }, ErrorCodes.MethodNotFound),
  );
}

/** Parses, calls, checks. Never rejects: what went wrong is the answer. */
async function respond(
  spec: RequestSpec,
  handler: (ctx: Context, params: unknown) => Promise<unknown>,
  raw: unknown,
  token: CancellationToken,
  options: DispatchOptions,
): Promise<unknown> {
  const { clock } = options;
  const log = options.log.child({ method: spec.method });
  const started = clock.monotonic();
  const abort = new AbortController();
  const cancel = () => abort.abort(problem('cancelled'));
  if (token.isCancellationRequested) cancel();
  const listening = token.onCancellationRequested(cancel);
  if (spec.runs === 'read') options.gone.addEventListener('abort', cancel, { once: true });
  try {
    abort.signal.throwIfAborted();
    const params = valid(spec, spec.params.safeParse(raw));
    const result = await handler({ signal: abort.signal, log }, params);
    if (options.checkResults) valid(spec, spec.result.safeParse(result));
    log.debug('answered', { milliseconds: Math.round(clock.monotonic() - started) });
    return result;
  } catch (thrown) {
    if (!(thrown instanceof ProblemError) && !abort.signal.aborted)
      log.error('a request failed unexpectedly', { detail: (thrown as Error)?.stack ?? String(thrown) });
    const found: Problem = abort.signal.aborted ? { code: 'cancelled', args: {} } : problemOf(thrown);
    log.info('refused', { code: found.code, milliseconds: Math.round(clock.monotonic() - started) });
    return toResponseError(
      found,
      found.code === 'cancelled' ? LSPErrorCodes.RequestCancelled : problemErrorCode,
    );
  } finally {
    listening.dispose();
    options.gone.removeEventListener('abort', cancel);
  }
}

/** The parsed value, or a thrown `request.invalid` that names the place and what is wrong there. */
function valid(
  spec: RequestSpec,
  parsed: { success: true; data: unknown } | { success: false; error: { issues: readonly Issue[] } },
): unknown {
  if (parsed.success) return parsed.data;
  const detail = parsed.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join('.') || 'params'}: ${issue.message}`)
    .join('; ');
  throw problem('request.invalid', { method: spec.method, detail });
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function toResponseError(found: Problem, code: number): ResponseError<{ problem: Problem }> {
  return new ResponseError(code, fillText(codes[found.code].message, found.args), { problem: found });
}
