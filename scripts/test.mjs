// npm test: sets up, builds and runs every tier; `--long` with full counts, resumable; `--only <tier>` one of them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { check } from './check.mjs';
import { ensureCodeServer } from './code-server.mjs';
import { bold, dim, filesLike, green, main, red, root, run, step, Stop } from './lib/shell.mjs';
import { addTotals, mocha, readTotals, totalsFile } from './lib/totals.mjs';
import { build, ensureDependencies, ensureSystem, node24, projectEnv } from './setup.mjs';

const tiers = [
  {
    name: 'check',
    about: 'types, lint, format, fences, unit, golden and conformance tests',
    needs: { bubblewrap: true },
    work: (totals, env) => check(totals, env),
  },
  {
    name: 'outside',
    about: 'rooms that wait for the world: other processes, watchers, sockets, long work in git',
    needs: { bubblewrap: true },
    work: (totals, env) => specs(/^test\/unit\/.*\.outside\.test\.ts$/, totals, env),
  },
  {
    name: 'webview',
    about: 'the webviews in a browser',
    needs: { chromium: true },
    work: (totals, env) => specs(/^test\/webview\/.*\.test\.tsx?$/, totals, env),
  },
  {
    name: 'sidecar',
    about: 'the sidecar and the command line as processes, killed at any moment',
    needs: { bubblewrap: true },
    work: (totals, env) => specs(/^test\/(sidecar|e2e\/headless)\/.*\.test\.ts$/, totals, env),
  },
  {
    name: 'simulation',
    about: 'histories of the engine under seeded faults, and planted bugs that they must find',
    needs: {},
    work: (totals, env) => specs(/^test\/simulation\/.*\.test\.ts$/, totals, env),
  },
  {
    name: 'host',
    about: 'mocha inside the extension host of a real VS Code',
    needs: { chromium: true, codeServer: true },
    work: inHost,
  },
  {
    name: 'workbench',
    about: 'a real VS Code driven from outside: the main job, screenshots, the packaged extension',
    needs: { chromium: true, codeServer: true, bubblewrap: true },
    work: (totals, env) => specs(/^test\/e2e\/[^/]*\.test\.ts$/, totals, env, 2),
  },
];

await main(async () => {
  const long = process.argv.includes('--long');
  const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
  const chosen = only === undefined ? tiers : tiers.filter(({ name }) => name === only);
  if (chosen.length === 0)
    throw new Stop(`There is no tier “${only}”. Tiers: ${tiers.map(({ name }) => name).join(', ')}.`);
  await ensureDependencies();
  for (const tier of chosen) await ensureSystem(tier.needs);
  if (chosen.some(({ needs }) => needs.codeServer)) await ensureCodeServer();
  // The tests see the bundles as they are shipped.
  await build({ production: true });

  const results = [];
  for (const tier of chosen) {
    const stamp = path.join(root, 'out/long', `${tier.name}.json`);
    const proved = long && !process.argv.includes('--fresh') ? provedBefore(stamp) : undefined;
    if (proved) {
      results.push({ tier, ...proved, seconds: 0, resumed: true });
      continue;
    }
    console.log(`\n${bold(`═══ ${tier.name}`)} ${dim(tier.about)}`);
    const began = Date.now();
    const totals = totalsFile(tier.name);
    await tier.work(totals, { SYMPHONY_TIER: long ? 'long' : 'short' });
    const result = { ...readTotals(totals), seconds: (Date.now() - began) / 1000 };
    results.push({ tier, ...result });
    if (long && result.failed === 0) recordProof(stamp, result);
  }
  return summary(results);
});

async function specs(pattern, totals, env, retries = 1) {
  const files = filesLike('test', pattern);
  if (files.length === 0) {
    addTotals(totals, {
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: [`no test file matches ${pattern.source}`],
    });
    return;
  }
  await mocha(files, { totals, env, retries });
}

/** Runs the suite inside the extension host; the mocha there reports its totals through the same file. */
async function inHost(totals, env) {
  const { code } = await run(node24(), ['--import', 'tsx', 'test/vscode/run.ts'], {
    env: projectEnv({ ...env, SYMPHONY_TOTALS: totals }),
    allow: 'any',
  });
  if (code !== 0 && readTotals(totals).failed === 0)
    addTotals(totals, {
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: [`the run in the extension host (exit code ${code})`],
    });
}

function summary(results) {
  console.log(`\n${bold('═══ summary')}`);
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { tier, passed, failed, skipped, failures, seconds, resumed } of results) {
    const mark = failed === 0 ? green('✓') : red('✗');
    const time = resumed ? 'proved before' : `${seconds.toFixed(0)} s`;
    console.log(
      `${mark} ${tier.name.padEnd(10)} ${`${passed} passed, ${failed} failed, ${skipped} skipped`.padEnd(36)} ${dim(time)}`,
    );
    for (const failure of failures ?? []) console.log(`    ${red(failure)}`);
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}

/** What a finished tier of the long run proved, if the sources are still the same. */
function provedBefore(stamp) {
  if (!existsSync(stamp)) return undefined;
  const proof = JSON.parse(readFileSync(stamp, 'utf8'));
  if (proof.sources === sources()) return proof;
  rmSync(stamp);
  return undefined;
}

function recordProof(stamp, result) {
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, JSON.stringify({ sources: sources(), ...result }));
  step('Recorded: an interrupted long run goes on after this tier.');
}

/** A name of the exact state of the sources: the commit and every change since. */
function sources() {
  const git = (...args) => execFileSync('git', args, { cwd: root, maxBuffer: 2 ** 28 });
  const hash = createHash('sha256').update(git('rev-parse', 'HEAD')).update(git('diff', 'HEAD'));
  for (const file of git('ls-files', '--others', '--exclude-standard', '-z')
    .toString()
    .split('\0')
    .filter(Boolean))
    hash.update(file).update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}
