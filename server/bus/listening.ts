import net, { type Socket } from 'node:net';
import { problem, type Context, type Log } from '../base';
import { greetClient, greetSidecar, removeSocket } from '../../schemas/link';
import type { Build } from '../../schemas/wire/handshake';
import type { ListenOptions, Listening, PeerInfo } from './types';

/** Listens on a socket or pipe; who proves to hold the token is handed on, with a name of its own. */
export async function listenOn(
  ctx: Context,
  options: ListenOptions,
  log: Log,
  proven: (socket: Socket, info: PeerInfo) => void,
): Promise<Listening> {
  ctx.signal.throwIfAborted();
  const { address, token, build, epoch, workspace, peers, most = 256 } = options;
  const sockets = new Set<Socket>();
  let count = 0;
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    if (sockets.size >= most) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    greetClient(socket, { token, build, epoch, workspace }).then(
      (outcome) => {
        if (outcome.ok) proven(socket, { ...peers, name: `${peers.name}-${++count}` });
        else log.warn('refused a connection to the bus', { address, reason: outcome.reason });
      },
      (thrown) => {
        log.error('a handshake of the bus failed', { thrown: String(thrown) });
        socket.destroy();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown) =>
      reject(problem('bus.address', { address, detail: thrown.message }, thrown)),
    );
    server.listen(address, resolve);
  });
  server.on('error', (thrown) => log.error('the address of the bus failed', { thrown: thrown.message }));
  return {
    address,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroySoon();
      });
      await removeSocket(address);
    },
  };
}

/** Connects to a bus and proves to hold the token. Throws `bus.unreachable` or `bus.untrusted`. */
export async function dial(address: string, token: string, build: Build): Promise<Socket> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const connecting = net.connect(address);
    connecting.once('connect', () => {
      connecting.off('error', reject);
      resolve(connecting);
    });
    connecting.once('error', (thrown) =>
      reject(problem('bus.unreachable', { address, detail: thrown.message }, thrown)),
    );
  });
  const outcome = await greetSidecar(socket, { token, build, client: 'peer' });
  if (!outcome.ok) throw problem('bus.untrusted', { address, reason: outcome.reason });
  return socket;
}
