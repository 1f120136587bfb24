#!/usr/bin/env node
// Runs the command line with a Node that has node:sqlite: this one if it is new enough, else one beside it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const home = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const program = path.join(home, 'dist', 'cli.cjs');

function fail(message, fix) {
  process.stderr.write(`${message}\n${fix}\n`);
  process.exit(1);
}

/** Whether this program is a Node that can run the sidecar. */
function suits(command) {
  const script =
    "process.exit(+process.versions.node.split('.')[0] >= 24 && process.getBuiltinModule('node:sqlite') ? 0 : 1)";
  return spawnSync(command, ['-e', script], { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

function* candidates() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  yield path.join(home, 'node_modules', 'node', 'bin', name);
  yield path.join(home, 'node_modules', '.bin', name);
  for (const folder of (process.env.PATH ?? '').split(path.delimiter))
    if (path.isAbsolute(folder)) yield path.join(folder, name);
}

if (!existsSync(program)) fail(`${program} is not there.`, 'Build it first: npm install && npm run build');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // The usual case costs no second process.
  const { createRequire } = await import('node:module');
  createRequire(import.meta.url)(program);
} else {
  const node = [...new Set(candidates())].find((candidate) => existsSync(candidate) && suits(candidate));
  if (node === undefined)
    fail(
      `No Node.js with node:sqlite was found (this one is ${process.version}).`,
      'Install Node 24 or newer, or run “npm install” in the checkout.',
    );
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', program, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  // The terminal sends Ctrl-C to both; only the inner program decides what it means.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
