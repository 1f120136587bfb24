// Sums up what the parts of a test run append to one file: a line of JSON each.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root, run } from './shell.mjs';
import { node24, projectEnv } from '../setup.mjs';

/** A fresh file for the totals of one tier. */
export function totalsFile(tier) {
  const file = path.join(root, 'out', 'totals', `${tier}.jsonl`);
  mkdirSync(path.dirname(file), { recursive: true });
  rmSync(file, { force: true });
  return file;
}

/** Adds one line of totals. */
export const addTotals = (file, line) => appendFileSync(file, `${JSON.stringify(line)}\n`);

/** The sum of a totals file. */
export function readTotals(file) {
  const sum = { passed: 0, failed: 0, skipped: 0, failures: [] };
  if (existsSync(file))
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const one = JSON.parse(line);
      for (const key of ['passed', 'failed', 'skipped']) sum[key] += one[key];
      sum.failures.push(...one.failures);
    }
  return sum;
}

/**
 * Runs mocha on test files with the totals reporter; a run that ends without totals counts as one failure.
 * Tests that drive real processes or a real editor meet races of the machine, so a failing one is tried again
 * `retries` times, and the output tells which.
 */
export async function mocha(specs, { totals, env = {}, capture = false, jobs = 1, retries = 1 } = {}) {
  const before = readTotals(totals);
  const { code, output } = await run(
    node24(),
    [
      'node_modules/mocha/bin/mocha.js',
      ...(jobs > 1 ? ['--parallel', '--jobs', String(jobs)] : []),
      ...['--retries', String(retries)],
      ...['--reporter', 'scripts/lib/totals-reporter.cjs'],
      ...specs,
    ],
    { env: projectEnv({ ...env, SYMPHONY_TOTALS: totals }), allow: 'any', capture },
  );
  const after = readTotals(totals);
  const ran = after.passed + after.failed + after.skipped > before.passed + before.failed + before.skipped;
  if (!ran || (code !== 0 && after.failed === before.failed))
    addTotals(totals, {
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: [`mocha ${specs.join(' ')} (exit code ${code})`],
    });
  return { code, output };
}
