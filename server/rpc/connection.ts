import type { Socket } from 'node:net';
import { createConnection, type Connection } from 'vscode-languageserver';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import type { Log } from '../base';

/** A JSON-RPC connection over a proven socket; language-server messages and ours share it. */
export interface OpenConnection {
  readonly connection: Connection;
  /** Resolves once when the client is gone, for whatever reason. */
  readonly closed: Promise<void>;
}

/**
 * Speaks JSON-RPC on `socket`. It builds on the language server's neutral connection with a watchdog
 * of its own, because the one for Node ends the process when a client stops, exits or dies, and a
 * sidecar outlives its clients. Call `connection.listen()` after registering handlers.
 */
export function openConnection(socket: Socket, log: Log): OpenConnection {
  let announceClosed = (): void => undefined;
  const closed = new Promise<void>((resolve) => (announceClosed = resolve));
  const watchDog = {
    shutdownReceived: false,
    initialize: () => undefined,
    exit: () => void socket.end(),
  };
  // Its own logger would send every remark to the client, also to one that is gone.
  const logger = {
    error: (message: string) => log.warn('json-rpc', { detail: message }),
    warn: (message: string) => log.warn('json-rpc', { detail: message }),
    info: (message: string) => log.debug('json-rpc', { detail: message }),
    log: (message: string) => log.debug('json-rpc', { detail: message }),
  };
  const reader = new StreamMessageReader(socket);
  // A peer that dies in the middle of a message would leave its timer, and so this process, waiting for the rest for ever.
  reader.partialMessageTimeout = 0;
  const connection = createConnection(() => {
    const inner = createProtocolConnection(reader, new StreamMessageWriter(socket), logger);
    inner.onError(([error]) => {
      log.warn('a client broke the protocol', { detail: error.message });
      socket.destroy();
    });
    const onClosed = () => {
      // Rejects what we still ask of this client; without it those promises would wait for ever.
      inner.dispose();
      announceClosed();
    };
    // A socket that went away between the handshake and here announces nothing any more.
    if (socket.closed) queueMicrotask(onClosed);
    else socket.once('close', onClosed);
    return inner;
  }, watchDog);
  connection.onInitialize(() => ({ capabilities: {}, serverInfo: { name: 'symphony' } }));
  return { connection, closed };
}
