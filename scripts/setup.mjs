// Brings a fresh machine to the point where the project builds, runs and tests: npm dependencies, Node 24, system packages.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onPath, root, run, step, Stop, yellow } from './lib/shell.mjs';

const modules = path.join(root, 'node_modules');
const stamp = path.join(modules, '.symphony-setup');

/** Debian packages by what they are for. */
const packages = {
  bubblewrap: {
    wanted: ['bubblewrap'],
    why: 'isolates the commands of agents',
    present: () => onPath('bwrap'),
  },
  chromium: {
    wanted: ['chromium'],
    why: 'shows the workbench to the tests',
    present: () => findChromium(),
  },
  redis: {
    wanted: ['redis-server'],
    why: 'keeps the queue of a rival that is measured',
    present: () => onPath('redis-server'),
  },
  codeServerLibraries: {
    wanted: [
      'libkrb5-dev',
      'libsecret-1-dev',
      'libx11-dev',
      'libxkbfile-dev',
      'pkg-config',
      'build-essential',
      'python3',
    ],
    why: 'lets npm build code-server',
    present: async () => {
      if (!onPath('pkg-config', 'pkgconf') || !onPath('make') || !onPath('g++', 'c++') || !onPath('python3'))
        return false;
      const found = await run('pkg-config', ['--exists', 'krb5', 'libsecret-1', 'x11', 'xkbfile'], {
        quiet: true,
        allow: 'any',
      });
      return found.code === 0;
    },
  },
};

/** Installs the locked npm dependencies unless exactly these are there already. */
export async function ensureDependencies() {
  // A linked node_modules belongs to another checkout, which looks after it.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(node24())) return;
  step('Installing npm dependencies (about half a minute)…');
  await run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { quiet: true });
  if (!existsSync(node24()))
    throw new Stop(
      'npm ci did not bring Node 24 (node_modules/.bin/node). Are install scripts switched off?',
    );
  writeFileSync(stamp, lock);
}

/** Node 24 of the dev-dependencies, whatever Node runs this script. */
export const node24 = () => path.join(modules, '.bin', process.platform === 'win32' ? 'node.exe' : 'node');

export const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** This environment with the project's own programs (Node 24 among them) first on PATH. */
export const projectEnv = (more = {}) => ({
  ...process.env,
  PATH: `${path.join(modules, '.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
  ...more,
});

/** Chromium or Chrome as installed on this machine; `SYMPHONY_CHROMIUM` names another one. */
export const findChromium = () =>
  process.env['SYMPHONY_CHROMIUM'] ??
  onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');

/**
 * Makes sure of the named system packages (`{ chromium: true, … }`): installs what is missing as root on
 * Debian, else says what to install. What is `optional` is only a warning when it cannot be installed.
 */
export async function ensureSystem(needs, { optional = false } = {}) {
  const missing = [];
  for (const [name, entry] of Object.entries(packages))
    if (needs[name] && !(await entry.present())) missing.push(entry);
  if (missing.length === 0) return;
  const wanted = missing.flatMap((entry) => entry.wanted);
  const sentence = `${wanted.join(', ')} (${missing.map((entry) => entry.why).join('; ')})`;
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    const advice = `Please install ${sentence}. On Debian: sudo apt-get install ${wanted.join(' ')}`;
    if (!optional) throw new Stop(`${advice}. Then try again.`);
    return console.warn(`${yellow('!')} ${advice}`);
  }
  step(`Installing ${sentence}…`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', ...wanted];
  const first = await run('apt-get', install, { quiet: true, allow: 'any', env });
  if (first.code === 0) return;
  // Package lists of a fresh machine are empty or old; fetching them once is the usual cure.
  await run('apt-get', ['update'], { quiet: true, env });
  await run('apt-get', install, { quiet: true, env });
}

/** Builds the bundles into dist/. */
export async function build({ production = false } = {}) {
  step('Building…');
  await run(node24(), ['esbuild.mjs', ...(production ? ['--production'] : [])], {
    env: projectEnv(),
    quiet: true,
  });
}
