import type * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  ResponseError,
  RevealOutputChannelOn,
  type LanguageClientOptions,
} from 'vscode-languageclient/node';
import { noticeMethods } from '../../schemas/generated/methods';
import type { SidecarNotifications } from '../../schemas/wire';
import { lmChat, lmChunk, lmList } from '../../schemas/wire/models';
import { deferred } from '../deferred';
import { problem, problemOf } from '../problems';
import type { Attachment } from './link';
import type { ChatRequest, SessionHost } from './types';

/** One connection, from its `initialize` to its end. */
export interface Connection {
  readonly client: LanguageClient;
  /** Resolves when the socket has closed, for whatever reason. */
  readonly closed: Promise<void>;
  /** Says goodbye; the sidecar goes on living. */
  end(): Promise<void>;
}

/** JSON-RPC's “server error” range; the number says nothing, the data says everything. */
const problemCode = -32000;

/** How long a polite goodbye may take, in milliseconds. */
const goodbye = 1000;

/**
 * Speaks the language-server protocol over an attached socket.
 * The library’s own restarts and pop-ups are switched off: the session decides when to come back.
 */
export async function connect(
  attachment: Attachment,
  host: SessionHost,
  notice: (name: keyof SidecarNotifications, params: unknown) => void,
): Promise<Connection> {
  const { socket } = attachment;
  const ended = deferred();
  socket.once('close', () => ended.resolve());
  const options: LanguageClientOptions = {
    outputChannel: host.log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    errorHandler: {
      error: (error) => {
        host.log.warn(`connection: ${error.message}`);
        return { action: ErrorAction.Continue, handled: true };
      },
      closed: () => {
        ended.resolve();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
  };
  const streams = () => Promise.resolve({ reader: socket, writer: socket, detached: true });
  const client = new LanguageClient('symphony.sidecar', 'Symphony', streams, options);
  for (const [name, method] of Object.entries(noticeMethods)) {
    client.onNotification(method, (params: unknown) => notice(name as keyof SidecarNotifications, params));
  }
  answerModelRequests(client, host);
  try {
    await client.start();
  } catch (thrown) {
    socket.destroy();
    await client.dispose(goodbye).catch(() => undefined);
    throw problem('sidecar.failed', { detail: problemOf(thrown).args.detail ?? String(thrown) });
  }
  return {
    client,
    closed: ended.promise,
    async end() {
      await client.dispose(goodbye).catch((thrown: unknown) => host.log.debug(`goodbye: ${String(thrown)}`));
      socket.destroy();
    },
  };
}

/** The sidecar’s questions about the editor’s own models. */
function answerModelRequests(client: LanguageClient, host: SessionHost): void {
  client.onRequest(lmList.method, (_params: unknown, token: vscode.CancellationToken) =>
    answered(() => host.models.list(token)),
  );
  client.onRequest(lmChat.method, (params: unknown, token: vscode.CancellationToken) =>
    answered(() => {
      const request = lmChat.params.parse(params) as ChatRequest;
      return host.models.chat(request, token, (text) => {
        void client.sendNotification(lmChunk.method, { stream: request.stream, text });
      });
    }),
  );
}

/** Turns whatever is thrown into an error whose `data` holds the problem, as the sidecar's own errors are. */
async function answered<T>(work: () => Promise<T>): Promise<T | ResponseError<object>> {
  try {
    return await work();
  } catch (thrown) {
    const found = problemOf(thrown);
    return new ResponseError<object>(problemCode, found.code, { problem: found });
  }
}
