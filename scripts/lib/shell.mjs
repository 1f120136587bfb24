// How the scripts run other programs and speak to a person; Node built-ins alone, so that they work before any install.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

const colour = process.stdout.isTTY && !process.env['NO_COLOR'];
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = (text) => paint('1', text);
export const dim = (text) => paint('2', text);
export const green = (text) => paint('32', text);
export const red = (text) => paint('31', text);
export const yellow = (text) => paint('33', text);

/** Says what is being done; one line, at the time it begins. */
export const step = (text) => console.log(`${bold('▸')} ${text}`);

/** A failure a person can act on; shown without a stack. */
export class Stop extends Error {}

/** Runs a script's main function; a `Stop` becomes its sentence and exit code 1. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (thrown) {
    console.error(`${red('✗')} ${thrown instanceof Stop ? thrown.message : thrown.stack}`);
    process.exitCode = 1;
  }
}

/**
 * Runs a program and waits for it.
 * `quiet` keeps its output unless it fails; `capture` returns it instead of showing it; `allow` lists
 * exit codes that are not failures (default: 0; 'any' accepts all).
 */
export function run(
  file,
  args,
  { cwd = root, env = process.env, quiet, capture, allow = [0], timeoutMs } = {},
) {
  return new Promise((resolve, reject) => {
    const keeps = quiet || capture;
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', keeps ? 'pipe' : 'inherit', keeps ? 'pipe' : 'inherit'],
    });
    const forget = endWith(child);
    const out = [];
    const all = [];
    child.stdout?.on('data', (chunk) => (out.push(chunk), all.push(chunk)));
    child.stderr?.on('data', (chunk) => all.push(chunk));
    const timer = timeoutMs && setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', (thrown) => {
      forget();
      reject(new Stop(`${file} could not be started: ${thrown.message}`));
    });
    child.once('close', (code, signal) => {
      forget();
      clearTimeout(timer);
      const exit = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
      if (allow !== 'any' && !allow.includes(exit)) {
        const tail = Buffer.concat(all).toString('utf8').trim().split('\n').slice(-40).join('\n');
        return reject(
          new Stop(`${[file, ...args].join(' ')} ended with exit code ${exit}.${tail && `\n${tail}`}`),
        );
      }
      resolve({
        code: exit,
        stdout: Buffer.concat(out).toString('utf8'),
        output: Buffer.concat(all).toString('utf8'),
      });
    });
  });
}

/** Passes the ending signals of this process on to a child, so that Ctrl+C leaves nothing behind. */
function endWith(child) {
  const end = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, end);
  };
}

/** The first program of these names on PATH, as an absolute path, or undefined. */
export function onPath(...names) {
  for (const name of names)
    for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here; the next folder may have it.
      }
    }
  return undefined;
}

/** Whether a module is the program that was started, not a library of another one. */
export const isMain = (url) =>
  process.argv[1] !== undefined &&
  existsSync(process.argv[1]) &&
  realpathSync(process.argv[1]) === fileURLToPath(url);

/** The files below a folder of the repository whose path (with `/`) matches, sorted; none when it is missing. */
export function filesLike(folder, pattern) {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { recursive: true })
    .map((file) => `${folder}/${file.split(path.sep).join('/')}`)
    .filter((file) => !file.includes('/node_modules/') && pattern.test(file))
    .sort();
}
