import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { silentLog } from '../../server/base';
import { systemClock } from '../../server/base/node';
import { createEditorModels, startServer, type SidecarService } from '../../server/rpc';
import { dataHome, greetSidecar, rootFile } from '../../schemas/link';
import type { Build } from '../../schemas';

export interface TestClient {
  readonly socket: Socket;
  readonly rpc: MessageConnection;
}

/** A server over a fake service in this process, with real sockets and the real handshake. */
export async function fakeServer(
  service: SidecarService,
  more: { idleMs?: number; build?: Build; root?: string; state?: string } = {},
) {
  const state = more.state ?? mkdtempSync(path.join(tmpdir(), 'symphony-rpc-'));
  const { folder, endpoint, token: tokenFile } = dataHome(state, service.workspace);
  const models = createEditorModels();
  const token = 'c'.repeat(64);
  mkdirSync(folder, { recursive: true });
  if (more.root !== undefined) {
    // Clients that look for the sidecar of this folder find this server.
    mkdirSync(path.join(state, 'roots'), { recursive: true });
    const record = { layout: 1, workspace: service.workspace, root: more.root };
    writeFileSync(rootFile(state, more.root), JSON.stringify(record));
    writeFileSync(tokenFile, token);
  }
  const build = more.build ?? { version: '1.0.0', stamp: 5 };
  const server = await startServer({
    service,
    models,
    home: { folder, endpoint },
    token,
    build,
    epoch: 'epoch-1',
    clock: systemClock,
    log: silentLog,
    env: {},
    temporary: folder,
    idleMs: more.idleMs ?? 60_000,
    checkResults: true,
  });
  const clients: TestClient[] = [];
  return {
    server,
    models,
    folder,
    state,
    /** A proven client that speaks JSON-RPC. */
    async client(prepare: (rpc: MessageConnection) => void = () => undefined): Promise<TestClient> {
      const socket = connect(server.address);
      await new Promise((resolve, reject) =>
        socket.once('connect', resolve as () => void).once('error', reject),
      );
      const outcome = await greetSidecar(socket, { token, build, client: 'test' });
      if (!outcome.ok) throw new Error(outcome.reason);
      const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
      rpc.onError(() => undefined);
      prepare(rpc);
      rpc.listen();
      const client = { socket, rpc };
      clients.push(client);
      return client;
    },
    async dispose() {
      for (const { socket } of clients) socket.destroy();
      await server.stop('asked');
      rmSync(state, { recursive: true, force: true });
    },
  };
}
