import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { npm, projectEnv } from '../../scripts/setup.mjs';

/**
 * The rivals and what they need, each of one version. LangGraph 1.4.18 is the newest whose own needs are all
 * published; its saver asks for better-sqlite3 12, which has no binary for Node 24, so 13 takes its place.
 */
const manifest = {
  private: true,
  dependencies: {
    '@langchain/core': '1.2.13',
    '@langchain/langgraph': '1.4.18',
    '@langchain/langgraph-checkpoint': '1.1.5',
    '@langchain/langgraph-checkpoint-sqlite': '1.0.4',
    '@langchain/langgraph-sdk': '1.12.0',
    'better-sqlite3': '13.2.0',
    bullmq: '6.7.0',
    ioredis: '5.11.1',
    zod: '4.6.7',
  },
  overrides: { 'better-sqlite3': '13.2.0' },
};

/** Installs the rivals outside the repository, once; undefined, and a sentence on stderr, when that fails. */
export function installRivals(): string | undefined {
  const cache = process.env['SYMPHONY_DEV_CACHE'] ?? path.join(os.homedir(), '.cache', 'symphony-dev');
  const folder = path.join(cache, 'bench-rivals');
  const done = path.join(folder, 'installed.json');
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  if (existsSync(done) && readFileSync(done, 'utf8') === text) return folder;
  console.error(`Installing the rivals into ${folder} (once)…`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), text);
    // Their binaries come within the packages: nothing of them is run at installation.
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const stdio = ['ignore', process.stderr, process.stderr] as const;
    execFileSync(npm, args, { cwd: folder, env: projectEnv(), stdio: [...stdio], timeout: 300_000 });
    writeFileSync(done, text);
    return folder;
  } catch (thrown) {
    console.error(`The rivals could not be installed, so they are left out: ${String(thrown)}`);
    return undefined;
  }
}

export interface Redis {
  readonly port: number;
  stop(): Promise<void>;
}

/** A Redis of its own in `folder`, syncing once a second; undefined, and a sentence on stderr, without one. */
export async function startRedis(folder: string): Promise<Redis | undefined> {
  try {
    const port = await freePort();
    const server = spawn(
      'redis-server',
      [
        ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
        ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
      ].flat(),
      { stdio: 'ignore' },
    );
    process.once('exit', () => server.kill('SIGKILL'));
    await listening(server, port);
    return { port, stop: () => stopped(server) };
  } catch (thrown) {
    console.error(`BullMQ is left out, because there is no Redis: ${String(thrown)}`);
    return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

async function listening(server: ChildProcess, port: number): Promise<void> {
  let failure: Error | undefined;
  server.once('error', (thrown) => (failure = thrown));
  for (let round = 0; round < 100; round++) {
    if (failure !== undefined) throw failure;
    if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stopped(server);
  throw new Error('redis-server does not listen');
}

async function stopped(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
}
