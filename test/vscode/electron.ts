/** Runs the same suite in a desktop VS Code, which @vscode/test-electron downloads unless VSCODE_EXECUTABLE names one. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { fixtureScript, makeFixtureRepository } from '../fixtures/make';
import { bundleSuite } from './bundle';
import { repository } from './harness/server';

async function main(): Promise<void> {
  const extensionTestsPath = await bundleSuite();
  const folder = makeFixtureRepository('shop', { install: true });
  const home = mkdtempSync(path.join(os.tmpdir(), 'symphony-electron-'));
  const executable = process.env['VSCODE_EXECUTABLE'];
  try {
    await runTests({
      ...(executable ? { vscodeExecutablePath: executable } : {}),
      extensionDevelopmentPath: repository,
      extensionTestsPath,
      extensionTestsEnv: {
        SYMPHONY_HOME: path.join(home, 'symphony'),
        SYMPHONY_SCRIPT: fixtureScript('shop'),
      },
      launchArgs: [folder, '--user-data-dir', path.join(home, 'user'), '--disable-workspace-trust'],
    });
  } finally {
    for (const made of [folder, home]) rmSync(made, { recursive: true, force: true });
  }
}

main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exitCode = 1;
});
