/** A child that talks to the bus of its parent over descriptor 3, and to nobody otherwise. */
import net from 'node:net';
import { silentLog } from '../../server/base';
import { systemClock, systemRandom } from '../../server/base/node';
import { attachPeer } from '../../server/bus';

const peer = attachPeer(new net.Socket({ fd: 3 }), {
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
});
peer.handle('child.add', (payload) => {
  const { a, b } = payload as { readonly a: number; readonly b: number };
  return a + b;
});
peer.handle('child.count', async function* () {
  for (let i = 0; i < 300; i++) yield i;
});
peer.handle('child.die', () => process.kill(process.pid, 'SIGKILL'));
