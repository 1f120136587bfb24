import { strict as assert } from 'node:assert';
import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { silentLog } from '../../../server/base';
import { openConnection } from '../../../server/rpc/connection';

/** Timers that keep this process alive. */
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('a client that dies in the middle of a message', () => {
  it('leaves nothing that waits for the rest', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const arrived = once(server, 'connection') as Promise<[Socket]>;
    const client = connect((server.address() as { port: number }).port, '127.0.0.1');
    const [socket] = await arrived;
    const before = timers();
    const { connection, closed } = openConnection(socket, silentLog);
    connection.listen();
    client.write('Content-Length: 100\r\n\r\n{"jsonrpc"');
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.resetAndDestroy();
    await closed;
    server.close();
    assert.equal(timers(), before);
  });
});
