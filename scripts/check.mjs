// npm run check: everything about the sources that can be known without an editor — types, lint, format, fences, unit tests.
import { readTotals, totalsFile, addTotals, mocha } from './lib/totals.mjs';
import { dim, filesLike, green, isMain, main, red, run, step } from './lib/shell.mjs';
import { ensureDependencies, node24, projectEnv } from './setup.mjs';

const tool = (name, file, ...args) => ({
  name,
  work: async (totals) => {
    const done = await run(node24(), [file, ...args], { env: projectEnv(), capture: true, allow: 'any' });
    addTotals(totals, {
      passed: done.code === 0 ? 1 : 0,
      failed: done.code === 0 ? 0 : 1,
      skipped: 0,
      failures: done.code === 0 ? [] : [name],
    });
    return done;
  },
});

const types = tool('types', 'node_modules/typescript/bin/tsc', '-b', 'tsconfig.json');
const lint = tool('lint', 'node_modules/eslint/bin/eslint.js', '.');
const format = tool('format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.');
const unit = {
  name: 'unit, fences, goldens, conformance',
  work: (totals, env) =>
    mocha(filesLike('test', /^test\/(unit|tidy|golden|conformance|corpus)\/.*(?<!\.outside)\.test\.ts$/), {
      totals,
      env,
      jobs: 2,
      capture: !process.env['SYMPHONY_VERBOSE'],
    }),
};

/** Runs all checks, two chains beside each other, and prints what failed. Returns whether all passed. */
export async function check(totals = totalsFile('check'), env = {}) {
  await ensureDependencies();
  step('Checking types, lint, format and unit tests…');
  let clean = true;
  const chain = async (parts) => {
    for (const part of parts) {
      const began = Date.now();
      const { code, output } = await part.work(totals, env);
      const time = dim(`${((Date.now() - began) / 1000).toFixed(1)} s`);
      console.log(`  ${code === 0 ? green('✓') : red('✗')} ${part.name} ${time}`);
      if (code !== 0) console.log(output.replace(/^/gm, '    '));
      clean &&= code === 0;
    }
  };
  await Promise.all([chain([types, lint]), chain([format, unit])]);
  return clean;
}

if (isMain(import.meta.url))
  void main(async () => {
    const totals = totalsFile('check');
    const clean = await check(totals);
    const { passed, failed, skipped } = readTotals(totals);
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return clean && failed === 0 ? 0 : 1;
  });
