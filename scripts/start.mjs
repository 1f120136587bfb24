// npm start: sets up, builds and runs the main job without an editor, on a fresh copy of the bundled sample.
import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bold, main, root, run, step, Stop } from './lib/shell.mjs';
import { build, ensureDependencies, ensureSystem, node24, npm, projectEnv } from './setup.mjs';

await main(async () => {
  const model = argument('--model') ?? 'scripted/sample';
  if (!existsSync(path.join(root, 'sample/shop')))
    throw new Stop('sample/shop is missing from this checkout.');
  await ensureDependencies();
  await ensureSystem({ bubblewrap: true }, { optional: true });
  await build();
  const copy = await copySample();
  step(`Executing phase 1 of the sample with ${model}…\n`);
  const { code } = await run(
    node24(),
    ['bin/symphony.mjs', 'execute', '1', '--root', copy, '--model', model, '--approve-all-shown'],
    { env: projectEnv(), allow: 'any' },
  );
  console.log(`\nThe copy is kept in ${bold(copy)}`);
  console.log(`From this checkout “symphony” is:   ${bold('node bin/symphony.mjs')}`);
  console.log(`Review the changes in VS Code:  ${bold(`npm run code -- ${copy}`)}`);
  return code;
});

/** Copies the sample outside the checkout, installs its dependencies and commits it. */
async function copySample() {
  const copy = mkdtempSync(path.join(os.tmpdir(), 'symphony-sample-'));
  step(`Copying the sample to ${copy}…`);
  const source = path.join(root, 'sample/shop');
  cpSync(source, copy, {
    recursive: true,
    filter: (file) => !path.relative(source, file).startsWith('node_modules'),
  });
  const here = { cwd: copy, quiet: true };
  await run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], here);
  const git = (...args) => run('git', args, here);
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git(
    '-c',
    'user.name=Symphony Sample',
    '-c',
    'user.email=sample@localhost',
    'commit',
    '--quiet',
    '-m',
    'The shop as it is',
  );
  return copy;
}

function argument(name) {
  const at = process.argv.indexOf(name);
  if (at === -1) return undefined;
  const value = process.argv[at + 1];
  if (!value || value.startsWith('--'))
    throw new Stop(`${name} needs a value, for example: npm start -- ${name} anthropic/claude-sonnet-4-5`);
  return value;
}
