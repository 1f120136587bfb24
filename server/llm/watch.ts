import type { Clock } from '../base';
import { Fault } from './faults';

export interface Watch {
  readonly clock: Clock;
  readonly provider: string;
  /** No byte for so long is a silent model. */
  readonly idleMs: number;
  /** An answer longer than this is no answer. */
  readonly maxBytes: number;
}

export interface Watched {
  readonly fetch: typeof globalThis.fetch;
  /** Aborts when the caller does or the model falls silent. */
  readonly signal: AbortSignal;
  /** Rejects with the fault when the model falls silent; to be raced with the work. */
  readonly silence: Promise<never>;
  end(): void;
}

/**
 * A `fetch` that counts bytes: it refuses redirects (a key must not follow one to another host), bounds
 * the answer, and aborts when no byte came for `idleMs`. One watcher wakes per idle period, not per chunk.
 */
export function watchedFetch(signal: AbortSignal, fetch: typeof globalThis.fetch, watch: Watch): Watched {
  const stop = new AbortController();
  const ended = new AbortController();
  const onAbort = () => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  let heard = watch.clock.monotonic();

  const silence = (async (): Promise<never> => {
    for (;;) {
      const left = heard + watch.idleMs - watch.clock.monotonic();
      if (left <= 0) break;
      await watch.clock.sleep(left, ended.signal);
    }
    const seconds = Math.max(1, Math.round(watch.idleMs / 1000));
    const fault = new Fault('model.silent', { provider: watch.provider, seconds }, { tries: 2 });
    stop.abort(fault);
    throw fault;
  })();
  silence.catch(() => undefined);

  return {
    signal: stop.signal,
    silence,
    end() {
      signal.removeEventListener('abort', onAbort);
      ended.abort(new Error('the turn is over'));
      // Lets go of the connection when the stream was not read to its end.
      stop.abort(new Error('the turn is over'));
    },
    fetch: async (input, init) => {
      heard = watch.clock.monotonic();
      const response = await fetch(input, { ...init, redirect: 'manual' });
      heard = watch.clock.monotonic();
      if (response.body === null) return response;
      const type = response.headers.get('content-type') ?? '';
      // A captive portal or a wrong base URL answers 200 with a page; its silence about models is no cut stream.
      if (response.ok && /^(text\/html|application\/json)/i.test(type)) {
        const detail = `the content type is ${type.slice(0, 60)}, not text/event-stream`;
        throw new Fault('model.rubbish', { provider: watch.provider, detail }, { tries: 1 });
      }
      let bytes = 0;
      const counted = response.body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            heard = watch.clock.monotonic();
            bytes += chunk.length;
            if (bytes > watch.maxBytes) {
              const detail = `the answer is longer than ${watch.maxBytes} bytes`;
              controller.error(
                new Fault('model.rubbish', { provider: watch.provider, detail }, { tries: 1 }),
              );
            } else controller.enqueue(chunk);
          },
        }),
      );
      return new Response(counted, {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers,
      });
    },
  };
}
