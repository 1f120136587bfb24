// npm run code [folder]: VS Code with the extension — the desktop's, if there is one, else code-server on 127.0.0.1.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { ensureCodeServer } from './code-server.mjs';
import { bold, main, onPath, root, run, step, Stop } from './lib/shell.mjs';
import { makePackage } from './package.mjs';
import { build, ensureDependencies, ensureSystem, node24, projectEnv } from './setup.mjs';

await main(async () => {
  const folder = path.resolve(process.argv[2] ?? process.cwd());
  if (!existsSync(folder)) throw new Stop(`There is no folder ${folder}.`);
  await ensureDependencies();
  await ensureSystem({ bubblewrap: true }, { optional: true });
  const env = projectEnv();
  const desktop = hasDisplay() ? onPath('code', 'code-insiders', 'codium') : undefined;
  return desktop ? openDesktop(desktop, folder, env) : serve(folder, env);
});

async function openDesktop(program, folder, env) {
  await build();
  step(`Opening ${folder} in ${program}…`);
  const { code } = await run(program, [`--extensionDevelopmentPath=${root}`, '--new-window', folder], {
    env,
    allow: 'any',
  });
  return code;
}

/** Installs the packaged extension into code-server and serves it until Ctrl+C; only who reads the password gets in. */
async function serve(folder, env) {
  const { entry } = await ensureCodeServer();
  const vsix = await makePackage();
  const home = path.join(os.homedir(), '.cache', 'symphony-dev', 'code');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const data = [
    '--user-data-dir',
    path.join(home, 'data'),
    '--extensions-dir',
    path.join(home, 'extensions'),
  ];
  // A variable named PORT or PASSWORD would overrule the configuration file; those of an editor would confuse the server.
  const clean = Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(VSCODE_|PORT$|PASSWORD$|HASHED_PASSWORD$)/.test(name)),
  );
  await run(node24(), [entry, ...data, '--install-extension', vsix, '--force'], { env: clean, quiet: true });
  const port = await freePort(Number(process.env['PORT'] ?? 8484));
  const password = randomBytes(12).toString('base64url');
  const config = path.join(home, 'config.yaml');
  writeFileSync(
    config,
    `bind-addr: 127.0.0.1:${port}\nauth: password\npassword: ${password}\ncert: false\n`,
    { mode: 0o600 },
  );
  const options = [
    '--config',
    config,
    ...data,
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-getting-started-override',
  ];
  const child = spawn(node24(), [entry, ...options, folder], {
    env: clean,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const url = `http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`;
  await answering(`http://127.0.0.1:${port}/healthz`, child);
  console.log(`\n  Open      ${bold(url)}\n  Password  ${bold(password)}\n\n  Ctrl+C ends it.`);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 0)));
}

async function answering(url, child) {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill();
  throw new Stop('code-server did not start within 30 seconds.');
}

/** The wanted port if it is free, else any. */
function freePort(wanted) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () => (wanted === 0 ? reject(new Stop('No port is free.')) : resolve(freePort(0))));
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
}
