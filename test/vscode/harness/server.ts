import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { codeServer } from '../../../scripts/code-server.mjs';
import { node24, projectEnv } from '../../../scripts/setup.mjs';
import { endAll, processesOf, type FoundProcess } from './processes';

export const repository = path.resolve(__dirname, '../../..');

export interface ServerOptions {
  /** Adds to or overrides the settings every test starts with. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether folders open in Restricted Mode until they are trusted; default: trust is switched off. */
  readonly trust?: boolean;
  /** A packaged extension to install as a user would. */
  readonly vsix?: string;
  /** Folders of further extensions, copied to where installed ones lie. */
  readonly beside?: readonly string[];
  /** Adds to the environment of the server and so of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** `false` takes code-server as shipped, which allows proposed API; only the bench and probes want that. */
  readonly gated?: boolean;
}

/** A running VS Code server with data folders of its own. */
export interface Server {
  readonly port: number;
  /** Everything this server and its extensions write lies below it; also `SYMPHONY_HOME` (its `home`). */
  readonly folder: string;
  /** `SYMPHONY_HOME` of the extension host. */
  readonly home: string;
  /** What the server printed so far. */
  log(): string;
  /** Every living process that belongs to this server: hosts, sidecars, commands of agents. */
  processes(): readonly FoundProcess[];
  /** Process ids of the extension hosts. */
  extensionHosts(): readonly number[];
  /** Ends the server process with SIGKILL and starts it again on the same port and folders. */
  restart(): Promise<void>;
  /** Ends the server and every process that belongs to its folder, and removes the folder. */
  stop(): Promise<void>;
}

const quiet = {
  'files.autoSave': 'off',
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'window.commandCenter': false,
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'git.openRepositoryInParentFolders': 'never',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
};

/** Starts VS Code's server from the code-server cache (`npm test` installs it) and waits until it listens. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'symphony-vscode-')));
  const home = path.join(folder, 'home');
  const data = path.join(folder, 'data');
  const extensions = path.join(folder, 'extensions');
  for (const made of [home, extensions, path.join(data, 'data/User'), path.join(data, 'data/Machine')])
    mkdirSync(made, { recursive: true, mode: 0o700 });
  for (const extension of options.beside ?? [])
    cpSync(extension, path.join(extensions, path.basename(extension)), { recursive: true });
  const settings = {
    ...quiet,
    'security.workspace.trust.enabled': options.trust === true,
    ...options.settings,
  };
  for (const scope of ['User', 'Machine'])
    writeFileSync(path.join(data, 'data', scope, 'settings.json'), JSON.stringify(settings, null, 2));
  const port = await freePort();
  const program = options.gated === false ? codeServer.server : codeServer.gated;
  const env = cleanEnv({ SYMPHONY_HOME: home, ...options.env });
  const folders = ['--server-data-dir', data, '--extensions-dir', extensions];
  if (options.vsix)
    await finished(
      spawn(node24(), [program, ...folders, '--install-extension', options.vsix], { env, stdio: 'pipe' }),
    );

  let printed = '';
  let child: ChildProcess;
  const start = async () => {
    child = spawn(node24(), [program, ...folders, ...flags(port)], {
      env,
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.once('error', (thrown) => (printed += `${thrown.message}\n`));
    child.stdout!.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await listening(port, child, () => printed);
  };
  const release = onEnding(() => {
    for (const { pid } of processesOf(folder)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    await start();
  } catch (thrown) {
    release();
    await endAll(folder);
    throw thrown;
  }
  return {
    port,
    folder,
    home,
    log: () => printed,
    processes: () => processesOf(folder),
    extensionHosts: () =>
      processesOf(folder)
        .filter(({ command }) => command.includes('--type=extensionHost'))
        .map(({ pid }) => pid),
    restart: async () => {
      await endGroup(child);
      await start();
    },
    stop: async () => {
      release();
      await endGroup(child);
      await endAll(folder);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

const flags = (port: number): string[] => [
  ...['--host', '127.0.0.1', '--port', String(port)],
  '--without-connection-token',
  '--accept-server-license-terms',
  ...['--telemetry-level', 'off'],
  // The page reads its payload (development extension, tests) only with this flag.
  '--enable-smoke-test-driver',
];

/** The environment without anything that would make the server believe it runs inside an editor or a test. */
function cleanEnv(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(projectEnv()).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS|MOCHA|SYMPHONY_|npm_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...more };
}

/** Cleans up even where a test run is ended from outside; returns how to take that back. */
function onEnding(clean: () => void): () => void {
  const ended = (signal: NodeJS.Signals) => {
    release();
    clean();
    process.kill(process.pid, signal);
  };
  const release = () => {
    process.off('exit', clean);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, ended);
  };
  process.once('exit', clean);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, ended);
  return release;
}

/** A port nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function listening(port: number, child: ChildProcess, printed: () => string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.pid === undefined || child.exitCode !== null)
      throw new Error(`The VS Code server ended at once:\n${printed()}`);
    const answer = await fetch(`http://127.0.0.1:${port}/version`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The VS Code server did not listen within 30 s:\n${printed()}`);
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGKILL');
  await gone;
}

function finished(child: ChildProcess): Promise<void> {
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`Installing the extension failed (${code}):\n${printed}`)),
    );
  });
}
