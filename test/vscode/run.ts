/**
 * Runs test/vscode/suite with mocha inside the extension host of a real VS Code, in a copy of the sample.
 * Totals go to the file SYMPHONY_TOTALS. Exit code 0 when every test passed.
 */
import { rmSync } from 'node:fs';
import { fixtureScript, makeFixtureRepository } from '../fixtures/make';
import { bar, bundleSuite } from './bundle';
import { repository, runInHost } from './harness';

async function main(): Promise<number> {
  const extensionTestsPath = await bundleSuite();
  const folder = makeFixtureRepository('shop', { install: true });
  try {
    const { code, log } = await runInHost({
      folder,
      extensionDevelopmentPath: repository,
      extensionTestsPath,
      timeoutMs: Number(process.env['SYMPHONY_LIMIT'] ?? 600_000),
      env: passed({ SYMPHONY_SCRIPT: fixtureScript('shop') }),
      onLog: (line) => {
        if (line.startsWith(bar)) console.log(line.slice(bar.length));
      },
    });
    if (code !== 0 && !log.some((line) => line.startsWith(bar))) console.error(log.slice(-40).join('\n'));
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What of this environment the tests are meant to see, with more. */
function passed(more: Record<string, string>): Record<string, string> {
  const names = ['SYMPHONY_TOTALS', 'SYMPHONY_TIER', 'SYMPHONY_CORPUS'];
  const given = names.flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []));
  return { ...Object.fromEntries(given), ...more };
}

main().then(
  (code) => (process.exitCode = code),
  (thrown: unknown) => {
    console.error(thrown);
    process.exitCode = 1;
  },
);
