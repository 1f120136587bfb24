import type { ParamsOf, RequestSpec, ResultOf } from '../schemas/define';
import type { RecordedEvent } from '../schemas/journal/events';
import type { boardPatch, boardSnapshot } from '../schemas/wire/board';
import type { runAnswer, runCommand, runList, runShow } from '../schemas/wire/run';
import type { ShownProblem, Strings } from './strings';

export type Wire<S extends RequestSpec> = { params: ParamsOf<S>; result: ResultOf<S> };

/** Requests of a page by their method: what goes along and what comes back. */
export type Calls<R> = { readonly [M in keyof R]: { params: unknown; result: unknown } };

/** What the board may ask its host. `ui/*` requests are answered by the editor client itself. */
export interface Requests {
  'board/snapshot': Wire<typeof boardSnapshot>;
  'run/command': Wire<typeof runCommand>;
  'run/answer': Wire<typeof runAnswer>;
  'run/list': Wire<typeof runList>;
  'run/show': Wire<typeof runShow>;
  /** Says that the page listens; `init` follows. */
  'ui/ready': { params: Record<string, never>; result: unknown };
  /** Opens the proposed changes; `plan` narrows them to one plan. */
  'ui/openReview': { params: { run: string; plan?: string }; result: unknown };
  /** Opens the file of a plan. */
  'ui/openPlan': { params: { run: string; plan: string }; result: unknown };
  /** Opens the files a question is about. */
  'ui/openFiles': { params: { run: string; question: string }; result: unknown };
}

/** What the host pushes to the board without being asked. */
export interface Pushes {
  init: { run: string | null; strings: Strings; title: string };
  'board/patch': ParamsOf<typeof boardPatch>;
  events: { events: readonly RecordedEvent[] };
}

/** The editor's side of a webview, as `acquireVsCodeApi()` gives it. */
export interface Host {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** A request the host answered with a problem. */
export class RequestFailed extends Error {
  constructor(readonly problem: ShownProblem) {
    super(problem.message ?? problem.code);
  }
}

/** A request nobody answered in time. */
export class NoAnswer extends Error {}

/** A page's way to its host; `R` and `P` are what this page asks and is told. */
export interface Rpc<R extends Calls<R> = Requests, P = Pushes> {
  ask<M extends keyof R & string>(method: M, params: R[M]['params']): Promise<R[M]['result']>;
  on<M extends keyof P & string>(method: M, listener: (params: P[M]) => void): void;
}

export interface RpcOptions {
  /** Milliseconds until an unanswered request counts as failed. */
  readonly timeout?: number;
}

/**
 * A typed caller over `postMessage`. Rejects with `RequestFailed` when the host answers with a problem
 * and with `NoAnswer` when it does not answer within the timeout.
 */
export function connect<R extends Calls<R> = Requests, P = Pushes>(
  host: Pick<Host, 'postMessage'>,
  page: EventTarget,
  options: RpcOptions = {},
): Rpc<R, P> {
  const timeout = options.timeout ?? 15_000;
  const waiting = new Map<
    number,
    { settle: (answer: Answer) => void; timer: ReturnType<typeof setTimeout> }
  >();
  const listeners = new Map<string, ((params: never) => void)[]>();
  let lastId = 0;

  page.addEventListener('message', (event) => {
    const message: unknown = (event as MessageEvent).data;
    if (typeof message !== 'object' || message === null) return;
    if ('id' in message && typeof message.id === 'number') {
      const call = waiting.get(message.id);
      if (!call) return;
      clearTimeout(call.timer);
      waiting.delete(message.id);
      call.settle(message as Answer);
    } else if ('method' in message && typeof message.method === 'string') {
      const { params } = message as { params?: unknown };
      for (const listener of listeners.get(message.method) ?? []) listener(params as never);
    }
  });

  return {
    ask: (method, params) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new NoAnswer(method));
        }, timeout);
        const settle = (answer: Answer): void => {
          if (answer.problem) reject(new RequestFailed(answer.problem));
          else resolve(answer.result as never);
        };
        waiting.set(id, { settle, timer });
        host.postMessage({ id, method, params });
      }),
    on: (method, listener) => {
      listeners.set(method, [...(listeners.get(method) ?? []), listener]);
    },
  };
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly problem?: ShownProblem;
}
