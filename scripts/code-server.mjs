// A real VS Code for the tests: code-server from npm, installed once into a cache folder outside the repository.
import {
  existsSync,
  linkSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onPath, run, step, Stop } from './lib/shell.mjs';
import { ensureSystem, npm, projectEnv } from './setup.mjs';

export const codeServerVersion = '4.139.1';

/** Raised whenever what is done to the gated copy changes, so that an older copy is not taken for a new one. */
const gate = 2;

const cache = process.env['SYMPHONY_DEV_CACHE'] ?? path.join(os.homedir(), '.cache', 'symphony-dev');
const home = path.join(cache, `code-server-${codeServerVersion}`);
const gatedHome = `${home}-gated-${gate}`;

/** Where things are, whether they are installed yet or not. */
export const codeServer = {
  /** The program a user starts; it also installs a VSIX. */
  entry: path.join(home, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
  /** VS Code's own server as code-server ships it: without the proposed-API check. */
  server: path.join(home, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js'),
  /** The same with the check restored, as in stock VS Code. */
  gated: path.join(gatedHome, 'out', 'server-main.js'),
};

/** Installs code-server and makes the gated copy, each only when it is missing. */
export async function ensureCodeServer() {
  await ensureSystem({ codeServerLibraries: true });
  if (!existsSync(codeServer.entry)) await install();
  if (!existsSync(codeServer.gated)) makeGatedCopy();
  return codeServer;
}

async function install() {
  step(`Installing code-server ${codeServerVersion} into ${home} (about two minutes, once)…`);
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(path.join(cache, 'draft-'));
  try {
    writeFileSync(path.join(draft, 'package.json'), '{ "private": true }\n');
    const args = [
      'install',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      '--loglevel=error',
      `code-server@${codeServerVersion}`,
    ];
    const options = { cwd: draft, quiet: true };
    const first = await run(npm, args, { ...options, env: projectEnv(), allow: 'any' });
    if (first.code !== 0) {
      // Without a way to nodejs.org the headers for its small native parts come from the system's Node.
      const headers = path.resolve(onPath('node') ?? '/usr/bin/node', '..', '..');
      if (!existsSync(path.join(headers, 'include', 'node', 'node_api.h')))
        throw new Stop(
          `code-server could not be installed:\n${first.output.split('\n').slice(-30).join('\n')}`,
        );
      await run(npm, args, { ...options, env: projectEnv({ npm_config_nodedir: headers }) });
    }
    if (!existsSync(path.join(draft, 'node_modules/code-server/lib/vscode/out/server-main.js')))
      throw new Stop('code-server was installed without VS Code inside. Are install scripts switched off?');
    publish(draft, home);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * This build of code-server allows every extension every proposed API; stock VS Code throws. The copy (hard
 * links, so it costs no space) has the check back in the extension host and in the workbench. It also shows
 * notifications, which the smoke test driver (needed to load an extension from its folder) would suppress.
 */
function makeGatedCopy() {
  step('Making a copy of code-server that refuses proposed API as stock VS Code does…');
  const draft = mkdtempSync(path.join(cache, 'draft-'));
  const host = 'out/vs/workbench/api/node/extensionHostProcess.js';
  const workbench = 'out/vs/code/browser/workbench/workbench.js';
  try {
    linkTree(path.dirname(path.dirname(codeServer.server)), draft);
    replaceFile(path.join(draft, host), (text) => restoreGate(text, host));
    replaceFile(path.join(draft, workbench), (text) => showToasts(restoreGate(text, workbench), workbench));
    publish(draft, gatedHome);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function showToasts(text, file) {
  const parts = text.split('isNotificationsCenterVisible&&!this.environmentService.enableSmokeTestDriver&&');
  if (parts.length !== 2)
    throw new Stop(`${file}: expected one place that holds back notifications, found ${parts.length - 1}.`);
  return parts.join('isNotificationsCenterVisible&&');
}

/** Turns `isProposedApiEnabled` (recognised by the function that throws after it) from “always” into the real test. */
export function restoreGate(text, file) {
  const name = '[\\w$]+';
  const pattern = new RegExp(
    `function (${name})\\((${name}),(${name})\\)\\{return!0\\}` +
      `(?=function ${name}\\(${name},${name}\\)\\{if\\(!\\1\\(${name},${name}\\)\\)throw new Error\\(\`Extension '[^']*' CANNOT use API proposal)`,
    'g',
  );
  const found = [...text.matchAll(pattern)];
  if (found.length !== 1)
    throw new Stop(`${file}: expected one place of the proposed-API check, found ${found.length}.`);
  return text.replace(
    pattern,
    (_, enabled, extension, proposal) =>
      `function ${enabled}(${extension},${proposal}){return(${extension}.enabledApiProposals||[]).includes(${proposal})}`,
  );
}

function linkTree(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else linkOrCopy(source, target);
  }
}

function linkOrCopy(source, target) {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

/** Writes a new file in place of a hard link, so that the original keeps its bytes. */
function replaceFile(file, change) {
  const text = change(readFileSync(file, 'utf8'));
  const { mode } = lstatSync(file);
  unlinkSync(file);
  writeFileSync(file, text, { mode });
}

/** Gives a finished draft its name in one step; another process that was faster wins. */
function publish(draft, target) {
  try {
    renameSync(draft, target);
  } catch (thrown) {
    if (!existsSync(target)) throw thrown;
  }
}
