import type { Connection } from 'vscode-languageserver';
import { problem, ProblemError, type Context } from '../base';
import type { ChatRequest, EditorModels } from '../llm/types';
import { chatReply, codes, lmChat, lmChunk, lmList, type ChatReply, type Problem } from '../../schemas';

/** Asks whatever editor windows are connected for their own language models. */
export interface EditorModelRouter extends EditorModels {
  /** An editor that offers models; call the result when it is gone. */
  connect(connection: Connection, closed: Promise<void>): () => void;
}

interface Editor {
  readonly connection: Connection;
  readonly gone: Promise<typeof goneMark>;
}

const goneMark = Symbol('gone');

/**
 * Routes to the editor that connected last; when its window closes in the middle of a request the next
 * one is asked from the start, so pieces of text may come twice (the reply itself comes once).
 */
export function createEditorModels(): EditorModelRouter {
  const editors: Editor[] = [];
  const texts = new Map<number, (piece: string) => void>();
  let streams = 0;

  /** Asks editors in turn until one answers; undefined when none is left. */
  async function ask<T>(
    ctx: Context,
    method: string,
    params: object,
    parse: (raw: unknown) => T,
  ): Promise<T | undefined> {
    const tried = new Set<Editor>();
    for (;;) {
      const editor = editors.findLast((candidate) => !tried.has(candidate));
      if (editor === undefined) return undefined;
      tried.add(editor);
      const answer = await Promise.race([editor.gone, request(ctx, editor.connection, method, params)]);
      if (answer !== goneMark) return parse(answer);
      ctx.log.info('an editor closed while its model was asked');
    }
  }

  return {
    connect(connection, closed) {
      const editor: Editor = { connection, gone: closed.then(() => goneMark) };
      editors.push(editor);
      connection.onNotification(lmChunk.method, (raw: unknown) => {
        const chunk = lmChunk.params.safeParse(raw);
        if (chunk.success) texts.get(chunk.data.stream)?.(chunk.data.text);
      });
      return () => {
        const at = editors.indexOf(editor);
        if (at >= 0) editors.splice(at, 1);
      };
    },

    async list(ctx) {
      const parse = (raw: unknown) => lmList.result.safeParse(raw).data?.models ?? [];
      return (await ask(ctx, lmList.method, {}, parse)) ?? [];
    },

    async chat(ctx, model, chat: ChatRequest, onText): Promise<ChatReply> {
      const stream = ++streams;
      texts.set(stream, onText);
      try {
        const params = { stream, model, messages: chat.messages, tools: chat.tools };
        const reply = await ask(ctx, lmChat.method, params, (raw) => chatReply.safeParse(raw));
        if (reply === undefined) throw problem('model.editorGone', { model });
        if (reply.success) return reply.data;
        const detail = reply.error.issues[0]?.message ?? 'not a reply';
        throw problem('model.rubbish', { provider: 'editor', detail });
      } finally {
        texts.delete(stream);
      }
    },
  };
}

/** One request to one editor; cancelled there when `ctx` is aborted. Answers `goneMark` when its connection broke. */
async function request(
  ctx: Context,
  connection: Connection,
  method: string,
  params: object,
): Promise<unknown> {
  const cancellation = cancellationOf(ctx.signal);
  try {
    ctx.signal.throwIfAborted();
    return await connection.sendRequest(method, params, cancellation.token);
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    const remote = remoteProblem(thrown);
    if (remote !== undefined) throw new ProblemError(remote, { cause: thrown });
    if (isGone(thrown)) return goneMark;
    throw problem('model.rubbish', { provider: 'editor', detail: (thrown as Error).message }, thrown);
  } finally {
    cancellation.dispose();
  }
}

/** What a client's error answer carries, if it is one of ours. */
function remoteProblem(thrown: unknown): Problem | undefined {
  const found = (thrown as { data?: { problem?: Problem } }).data?.problem;
  return found !== undefined && found.code in codes ? found : undefined;
}

/** Errors of JSON-RPC connections that were closed (1), disposed (2) or whose answers were dropped (-32097). */
function isGone(thrown: unknown): boolean {
  const { code } = thrown as { code?: unknown };
  return code === 1 || code === 2 || code === -32097 || code === -32099;
}

/** An `AbortSignal` in the shape JSON-RPC asks for. */
function cancellationOf(signal: AbortSignal) {
  const listeners = new Set<() => void>();
  const onAbort = () => listeners.forEach((listener) => listener());
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    token: {
      get isCancellationRequested() {
        return signal.aborted;
      },
      onCancellationRequested(listener: (event: unknown) => unknown) {
        const call = () => void listener(undefined);
        listeners.add(call);
        return { dispose: () => void listeners.delete(call) };
      },
    },
    dispose: () => signal.removeEventListener('abort', onAbort),
  };
}
