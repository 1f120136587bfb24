import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { pathToFileURL } from 'node:url';
import { editText } from './cli/editor';
import { thisBuild, type NodeProgram } from '../schemas/link';
import { runCli } from './cli/index';

/** From sources the sidecar runs through tsx, from a build it lies beside this file. */
const fromSources = __filename.endsWith('.ts');
const sidecar = path.join(__dirname, fromSources ? 'main.ts' : 'sidecar.cjs');
const node: NodeProgram = {
  command: process.execPath,
  args: fromSources ? ['--import', pathToFileURL(createRequire(__filename).resolve('tsx')).href] : [],
  env: process.env.ELECTRON_RUN_AS_NODE === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' },
};

const interrupt = new AbortController();
// The second Ctrl-C means it, whatever is still going on.
process.on('SIGINT', () =>
  interrupt.signal.aborted ? process.exit(130) : interrupt.abort(new Error('interrupted')),
);
process.stdout.on('error', () => process.exit(0));

void runCli(process.argv.slice(2), {
  terminal: {
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    interactive: process.stdin.isTTY && process.stdout.isTTY,
    colours: process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
    ...(process.stdout.columns === undefined ? {} : { columns: process.stdout.columns }),
    async question(text, signal) {
      const reader = createInterface({ input: process.stdin, output: process.stdout });
      reader.on('SIGINT', () => interrupt.abort(new Error('interrupted')));
      try {
        return await reader.question(text, { signal });
      } finally {
        reader.close();
      }
    },
  },
  edit: editText,
  env: process.env,
  cwd: process.cwd(),
  build: thisBuild,
  node,
  sidecar,
  signal: interrupt.signal,
  serve: (root) =>
    new Promise((resolve, reject) => {
      const args = [...(node.args ?? []), sidecar, 'serve', '--root', path.resolve(root)];
      const child = spawn(node.command, args, { stdio: 'inherit', env: { ...process.env, ...node.env } });
      process.on('SIGTERM', () => child.kill('SIGTERM'));
      child.once('error', reject).once('exit', (code) => resolve(code ?? 1));
    }),
}).then((code) => {
  process.exitCode = code;
  // Standard input that was asked from keeps the process; the answer is given, so it may end.
  process.stdin.unref?.();
});
