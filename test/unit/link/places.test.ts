import { strict as assert } from 'node:assert';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  cleanEnvironment,
  maxSocketBytes,
  removeSocket,
  rootKey,
  socketPath,
  stateFolder,
  sweepSockets,
  type Environment,
} from '../../../schemas/link';

describe('places', () => {
  function check(env: Environment, platform: NodeJS.Platform, expected: string) {
    assert.equal(stateFolder(env, platform, platform === 'win32' ? 'C:\\Users\\ada' : '/home/ada'), expected);
  }

  it('follows SYMPHONY_HOME, then the platform', () => {
    check({ SYMPHONY_HOME: '/data' }, 'linux', '/data');
    check({ SYMPHONY_HOME: 'relative' }, 'linux', '/home/ada/.local/state/symphony');
    check({ XDG_STATE_HOME: '/state' }, 'linux', '/state/symphony');
    check({}, 'linux', '/home/ada/.local/state/symphony');
    check({ XDG_STATE_HOME: '/state' }, 'darwin', '/home/ada/Library/Application Support/Symphony');
    check({ LOCALAPPDATA: 'D:\\Local' }, 'win32', 'D:\\Local\\Symphony');
    check({}, 'win32', 'C:\\Users\\ada\\AppData\\Local\\Symphony');
  });

  it('names a folder by 32 hex digits', () => {
    assert.match(rootKey('/home/ada/project'), /^[0-9a-f]{32}$/);
    assert.notEqual(rootKey('/home/ada/project'), rootKey('/home/ada/Project'));
  });

  it('lets harmless variables through and no others', () => {
    const env = {
      PATH: '/bin',
      XDG_RUNTIME_DIR: '/run/1',
      SYMPHONY_HOME: '/s',
      ANTHROPIC_API_KEY: 'k',
      SYMPHONY_TOKEN: 't',
      GIT_DIR: '/x',
      NODE_OPTIONS: '--require /evil',
      VSCODE_PID: '1',
    };
    const kept = { PATH: '/bin', XDG_RUNTIME_DIR: '/run/1', SYMPHONY_HOME: '/s' };
    assert.deepEqual(cleanEnvironment(env, 'linux'), kept);
  });
});

describe('socket paths', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'sy-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const place = (more: object = {}) => ({
    platform: process.platform,
    env: {},
    workspace: 'ws-0123456789abcdef',
    folder,
    temporary: folder,
    ...more,
  });

  it('prefer the runtime folder, then the data folder', async () => {
    const runtime = path.join(folder, 'run');
    const address = await socketPath(place({ env: { XDG_RUNTIME_DIR: runtime } }));
    assert.equal(path.dirname(address), path.join(runtime, 'symphony'));
    assert.equal(statSync(path.dirname(address)).mode & 0o777, 0o700);
    assert.equal(path.dirname(await socketPath(place())), folder);
  });

  it('are never in a folder others may enter', async () => {
    const runtime = path.join(folder, 'run');
    mkdirSync(path.join(runtime, 'symphony'), { recursive: true });
    chmodSync(path.join(runtime, 'symphony'), 0o777);
    const address = await socketPath(place({ env: { XDG_RUNTIME_DIR: runtime } }));
    assert.equal(path.dirname(address), folder);
  });

  it('move to a private temporary folder when they would be too long, and can be listened on', async () => {
    const deep = path.join(folder, 'd'.repeat(120));
    const address = await socketPath(place({ folder: deep }));
    assert.ok(Buffer.byteLength(address) <= maxSocketBytes);
    assert.equal(statSync(path.dirname(address)).mode & 0o777, 0o700);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(address, resolve));
    await new Promise((resolve) => server.close(resolve));
    await removeSocket(address);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('of killed sidecars are swept, and nothing else is', async () => {
    const keep = path.join(folder, '456789abcdef-x.sock');
    writeFileSync(keep, 'a file, no socket');
    const other = path.join(folder, 'another00000-x.sock');
    const servers = [await socketPath(place()), other].map((address) => createServer().listen(address));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const swept = await sweepSockets(place());
    assert.equal(swept.length, 1);
    assert.deepEqual(readdirSync(folder).sort(), ['456789abcdef-x.sock', 'another00000-x.sock']);
    for (const server of servers) server.close();
  });
});
