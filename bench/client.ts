/**
 * Measures the client in a real extension host and the sidecar as a process; prints one JSON object a line.
 * kB are 1,000 bytes, MB are 1,000,000; times are milliseconds. Budgets are in ARCHITECTURE.md.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { attach, type AttachOptions } from '../schemas/link';
import { makePackage } from '../scripts/package.mjs';
import { fixtureGit } from '../test/fixtures/make';
import { endAll, repository } from '../test/vscode/harness';
import { measureInHosts } from './client/hosts';

const kb = (file: string): number => statSync(path.join(repository, 'dist', file)).size / 1000;
const print = (name: string, value: number, unit: string): void =>
  console.log(JSON.stringify({ name, value: Math.round(value * 10) / 10, unit }));

/** The value below which this share of the sorted samples lies. */
function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!;
}

async function main(): Promise<void> {
  print('client.bundle_kb', kb('extension.cjs') + kb('session.cjs'), 'kB');
  print('vsix.mb', statSync(await quietly(makePackage)).size / 1_000_000, 'MB');
  await measureSidecar();
  // The measurements are of no use on a machine that is busy with something else, so they say how busy it was.
  print('machine.load', os.loadavg()[0]!, 'processes');
  const hosts = await measureInHosts(12);
  print('client.activate_ms', percentile(hosts.activateMs, 0.95), 'ms');
  print('client.activate_median_ms', percentile(hosts.activateMs, 0.5), 'ms');
  print('client.activate_asked_ms', percentile(hosts.askedMs, 0.5), 'ms');
  print('client.activate_kb', Math.max(...hosts.loadedBytes) / 1000, 'kB');
  print('client.host_rss_added_mb', percentile(hosts.rssAdded, 0.5) / 1_000_000, 'MB');
}

/** Cold starts until the first attachment is proven, attachments to a running one, memory at rest. */
async function measureSidecar(): Promise<void> {
  const ready: number[] = [];
  const attached: number[] = [];
  const memory: number[] = [];
  for (let start = 0; start < 10; start++) {
    const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'symphony-bench-')));
    const root = path.join(folder, 'project');
    mkdirSync(root);
    fixtureGit(root, 'init', '--quiet');
    const options: AttachOptions = {
      root,
      build: { version: '0.0.0', stamp: 0 },
      client: 'test',
      node: { command: process.execPath, env: {} },
      sidecar: path.join(repository, 'dist/sidecar.cjs'),
      env: { HOME: folder, PATH: process.env['PATH'], SYMPHONY_HOME: path.join(folder, 'home') },
      start: true,
      signal: new AbortController().signal,
      log: () => undefined,
    };
    try {
      const timed = async (into: number[]) => {
        const began = performance.now();
        const attachment = await attach(options);
        into.push(performance.now() - began);
        return attachment;
      };
      const first = await timed(ready);
      for (let again = 0; again < 10; again++) (await timed(attached)).socket.destroy();
      if (start < 3) {
        await new Promise((resolve) => setTimeout(resolve, 3000));
        memory.push(residentBytes(first.endpoint.pid));
      }
      first.socket.destroy();
    } finally {
      await endAll(folder);
      rmSync(folder, { recursive: true, force: true });
    }
  }
  print('sidecar.ready_ms', percentile(ready, 0.95), 'ms');
  print('sidecar.ready_median_ms', percentile(ready, 0.5), 'ms');
  print('sidecar.attach_ms', percentile(attached, 0.95), 'ms');
  print('sidecar.idle_rss_mb', Math.max(...memory) / 1_000_000, 'MB');
}

/** Resident memory of a process in bytes (Linux). */
const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

/** Standard output belongs to the results. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const log = console.log;
  console.log = console.error;
  try {
    return await work();
  } finally {
    console.log = log;
  }
}

main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exitCode = 1;
});
