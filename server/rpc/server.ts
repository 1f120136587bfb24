import { lstat, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock, Log } from '../base';
import { readIfThere, writeFileAtomic } from '../base/node';
import { endpoint as endpointSchema, type Build, type Endpoint } from '../../schemas';
import {
  greetClient,
  removeSocket,
  socketPath,
  sweepSockets,
  type DataHome,
  type Environment,
} from '../../schemas/link';
import { openConnection } from './connection';
import { dispatch } from './dispatch';
import type { EditorModelRouter } from './editor-models';
import { createHandlers } from './handlers';
import { watchIdle } from './idle';
import type { SidecarService } from './service';
import { ClientSession } from './session';

export type StopReason = 'idle' | 'signal' | 'asked' | 'handedOver' | 'failed';

export interface ServerOptions {
  readonly service: SidecarService;
  readonly models: EditorModelRouter;
  readonly home: Pick<DataHome, 'folder' | 'endpoint'>;
  readonly token: string;
  readonly build: Build;
  readonly epoch: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Environment;
  readonly temporary: string;
  /** How long to stay without clients, work and armed triggers, in milliseconds. */
  readonly idleMs: number;
  readonly checkResults: boolean;
}

export interface RunningServer {
  readonly address: string;
  clients(): number;
  /** Ends cleanly; calling it again waits for the same end. */
  stop(reason: StopReason): Promise<void>;
  /** Resolves when the server has ended. */
  readonly stopped: Promise<StopReason>;
}

/** Sockets that have not proven themselves yet; more are turned away. */
const strangers = 64;

/**
 * Listens for clients of the workspace and announces the address in the endpoint file. The caller must
 * own the workspace's lock: leftovers of killed sidecars are removed here.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { service, log, clock, epoch, build } = options;
  const connected = new Set<Socket>();
  const waiting = new Set<Socket>();
  const startedAt = clock.now();
  const place = {
    platform: process.platform,
    env: options.env,
    workspace: service.workspace,
    folder: options.home.folder,
    temporary: options.temporary,
  };
  const swept = await sweepSockets(place);
  if (swept.length > 0) log.info('removed sockets of killed sidecars', { count: swept.length });
  const address = await socketPath(place);
  let announceStopped = (_reason: StopReason): void => undefined;
  const stopped = new Promise<StopReason>((resolve) => (announceStopped = resolve));
  let stopping: Promise<void> | undefined;
  const stop = (reason: StopReason) => (stopping ??= end(reason));
  const quiet = () => connected.size === 0 && waiting.size === 0 && !service.busy() && !service.armed();
  const idle = watchIdle(clock, options.idleMs, quiet, () => void stop('idle'));
  const host = {
    build,
    epoch,
    startedAt,
    pid: process.pid,
    clients: () => connected.size,
    rssBytes: () => process.memoryUsage.rss(),
    stopSoon: (reason: 'asked' | 'handedOver') => void stop(reason),
  };
  // From here on clients may come at any moment: everything their welcome uses is in place.
  const server = createServer((socket) => void welcome(socket));
  await listenPrivately(server, address);
  server.on('error', (thrown) => log.error('the listener failed', { detail: thrown.message }));
  const mine: Endpoint = { layout: 1, address, pid: process.pid, epoch, build, root: service.root };
  await writeFileAtomic(options.home.endpoint, JSON.stringify(mine), { mode: 0o600 });

  async function welcome(socket: Socket): Promise<void> {
    if (waiting.size >= strangers || stopping !== undefined) return void socket.destroy();
    waiting.add(socket);
    try {
      const { workspace } = service;
      const outcome = await greetClient(socket, { token: options.token, build, epoch, workspace });
      if (!outcome.ok) return log.warn('a client was turned away', { reason: outcome.reason });
      serve(socket, outcome.client);
    } catch (thrown) {
      log.error('a client could not be welcomed', { detail: String(thrown) });
      socket.destroy();
    } finally {
      waiting.delete(socket);
    }
  }

  function serve(socket: Socket, client: string): void {
    connected.add(socket);
    const { connection, closed } = openConnection(socket, log);
    const gone = new AbortController();
    const session = new ClientSession(connection, closed, service, options.models);
    const { checkResults } = options;
    dispatch(connection, createHandlers(service, host, session), {
      log: log.child({ client }),
      clock,
      gone: gone.signal,
      checkResults,
    });
    log.info('a client attached', { client, clients: connected.size });
    void closed.then(() => {
      connected.delete(socket);
      gone.abort();
      log.info('a client left', { client, clients: connected.size });
    });
    connection.listen();
  }

  async function end(reason: StopReason): Promise<void> {
    log.info('ending', { reason });
    idle.dispose();
    await removeOwnEndpoint(options.home.endpoint, epoch);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of waiting) socket.destroy();
    for (const socket of connected) socket.end();
    const grace = setTimeout(() => connected.forEach((socket) => socket.destroy()), 500);
    await closed;
    clearTimeout(grace);
    await removeSocket(address);
    await service.stop().catch((thrown: unknown) => {
      log.error('the service did not stop cleanly', { detail: String(thrown) });
    });
    announceStopped(reason);
  }

  log.info('listening', { pid: process.pid, epoch, build });
  return { address, clients: () => connected.size, stop, stopped };
}

/** Listens so that nobody but the owner can connect, and makes sure that it is this socket it listens on. */
async function listenPrivately(server: Server, address: string): Promise<void> {
  const mask = process.umask(0o077);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(address, () => {
        server.off('error', reject);
        resolve();
      });
      // Node binds within this call, so the mask is needed no longer than that.
      process.umask(mask);
    });
  } finally {
    process.umask(mask);
  }
  if (process.platform === 'win32') return;
  const state = await lstat(address);
  if (!state.isSocket() || state.uid !== process.getuid?.() || (state.mode & 0o077) !== 0)
    throw new Error(`${address} is not the private socket that was made`);
}

/** A successor may have announced itself already; its announcement stays. */
async function removeOwnEndpoint(file: string, epoch: string): Promise<void> {
  const bytes = await readIfThere(file);
  if (bytes === undefined) return;
  try {
    if (endpointSchema.parse(JSON.parse(bytes.toString('utf8'))).epoch === epoch) await unlink(file);
  } catch {
    // Nothing readable, so nothing of ours.
  }
}
