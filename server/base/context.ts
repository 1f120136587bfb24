/** Structured log: a sentence and named facts. Secrets never go in; adapters redact what looks like one. */
export interface Log {
  debug(message: string, facts?: object): void;
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
  child(facts: object): Log;
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

/** The first argument of every operation that takes time: how to stop it and where it writes its log. */
export interface Context {
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** A context for clean-up: the same log, but no longer cancellable. */
export function shielded(ctx: Context): Context {
  return { signal: new AbortController().signal, log: ctx.log };
}
