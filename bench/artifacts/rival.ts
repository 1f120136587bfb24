import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { npm, projectEnv } from '../../scripts/setup.mjs';

/** One package outside of the repository, installed once; undefined, and a sentence on stderr, when that fails. */
export async function installRival<T>(name: string, version: string): Promise<T | undefined> {
  const cache = process.env['SYMPHONY_DEV_CACHE'] ?? path.join(os.homedir(), '.cache', 'symphony-dev');
  const folder = path.join(cache, `bench-rival-${name}-${version}`);
  try {
    if (!existsSync(path.join(folder, 'node_modules', name))) {
      console.error(`Installing ${name} into ${folder} (once)…`);
      mkdirSync(folder, { recursive: true });
      const manifest = { private: true, dependencies: { [name]: version } };
      writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
      const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      const stdio = ['ignore', process.stderr, process.stderr] as const;
      execFileSync(npm, args, { cwd: folder, env: projectEnv(), stdio: [...stdio], timeout: 180_000 });
    }
    return createRequire(path.join(folder, 'package.json'))(name) as T;
  } catch (thrown) {
    console.error(`${name} could not be installed, so it is left out: ${String(thrown)}`);
    return undefined;
  }
}
