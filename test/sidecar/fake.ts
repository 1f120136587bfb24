/**
 * A sidecar that misbehaves on purpose, as a real process. `SYMPHONY_FAKE` says how; it finds its data
 * home as a real one does.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { greetClient, dataHome, rootFile, sidecarExit } from '../../schemas/link';

const mode = process.env.SYMPHONY_FAKE ?? '';
const state = process.env.SYMPHONY_HOME!;
const root = process.argv[process.argv.indexOf('--root') + 1]!;
const workspace = 'ws-fake';
const home = dataHome(state, workspace);
const token = 'a'.repeat(64);
const build = { version: '0.0.1', stamp: 5 };

function announce(address: string, announcedToken = token): void {
  mkdirSync(path.join(state, 'roots'), { recursive: true });
  mkdirSync(home.folder, { recursive: true });
  writeFileSync(home.token, announcedToken);
  const record = { layout: 1, address, pid: process.pid, epoch: 'epoch-fake', build, root };
  writeFileSync(home.endpoint, JSON.stringify(record));
  writeFileSync(rootFile(state, root), JSON.stringify({ layout: 1, workspace, root }));
}

function listen(serve: (socket: Socket) => void): void {
  const address = path.join(state, `fake-${process.pid}.sock`);
  createServer((socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  }).listen(address, () => announce(address));
  // A test that was interrupted must not leave it behind for ever.
  setTimeout(() => process.exit(0), 30_000);
}

const side = { token, build, epoch: 'epoch-fake', workspace };
const modes: Record<string, () => void> = {
  crash() {
    process.stderr.write('this sidecar is broken\n');
    process.exit(1);
  },
  refuse() {
    const problem = { code: 'data.readOnly', args: { path: '/nowhere' } };
    process.stderr.write(`noise\n${JSON.stringify({ problem })}\n`);
    process.exit(sidecarExit.refused);
  },
  neverListens: () => setTimeout(() => process.exit(0), 30_000),
  hang: () => listen(() => undefined),
  rubbish: () => listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  flood: () => listen((socket) => socket.write('x'.repeat(10_000))),
  tooOld: () => listen((socket) => void greetClient(socket, { ...side, protocol: 0, oldest: 0 })),
  tooNew: () => listen((socket) => void greetClient(socket, { ...side, protocol: 9, oldest: 7 })),
  wrongToken: () => listen((socket) => void greetClient(socket, { ...side, token: 'b'.repeat(64) })),
  lockHeld: () => process.exit(sidecarExit.lockHeld),
  good: () => listen((socket) => void greetClient(socket, side)),
  /** Starts once with lock trouble, then well: what the loser of a race against an ending sidecar sees. */
  secondTry() {
    const mark = path.join(state, 'tried');
    if (existsSync(mark)) return modes.good!();
    writeFileSync(mark, '');
    process.exit(sidecarExit.lockHeld);
  },
  crashOnShutdown() {
    process.on('SIGTERM', () => {
      throw new Error('broken while ending');
    });
    modes.good!();
  },
};
modes[mode]!();
