// npm run package: makes symphony-<version>.vsix and checks that nothing is in it that the extension does not need.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { isMain, main, root, run, step, Stop } from './lib/shell.mjs';
import { ensureDependencies, node24, projectEnv } from './setup.mjs';

const mostBytes = 5_000_000;

/** What the package consists of; each pattern must find something, and each file must match one. */
const contents = [
  /^package\.json$/,
  /^package\.nls\.json$/,
  /^README\.md$/,
  /^CHANGELOG\.md$/,
  /^LICENSE$/,
  /^dist\/(extension|session|review|sidecar|cli)\.cjs$/,
  /^dist\/\w+\.(js|css|ttf)$/,
  /^media\/[\w/-]+\.(svg|png|md)$/,
  /^l10n\/[\w.-]+\.json$/,
  /^sample\/scripted-model\.json$/,
  /^schemas\/generated\/(melody|template)\.schema\.json$/,
];

const vsce = (...args) =>
  run(node24(), ['node_modules/@vscode/vsce/vsce', ...args], { env: projectEnv(), quiet: true });

/** The files the package would hold, as vsce sees them. */
export async function packagedFiles() {
  const { stdout } = await vsce('ls', '--no-dependencies');
  return stdout.split('\n').filter((line) => line !== '' && !/^(>|npm |Executing )/.test(line));
}

/** Builds the package and returns its path. */
export async function makePackage() {
  await ensureDependencies();
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const file = path.join(root, `symphony-${version}.vsix`);
  step('Building and packaging…');
  await vsce(
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    file,
  );
  const files = await packagedFiles();
  const foreign = files.filter((name) => !contents.some((pattern) => pattern.test(name)));
  if (foreign.length > 0)
    throw new Stop(`The package holds files it should not: ${foreign.join(', ')}. Look at .vscodeignore.`);
  const absent = contents.filter((pattern) => !files.some((name) => pattern.test(name)));
  if (absent.length > 0) throw new Stop(`The package lacks ${absent.map(String).join(', ')}.`);
  const { size } = statSync(file);
  if (size > mostBytes) throw new Stop(`${file} has ${size} bytes; at most ${mostBytes} are allowed.`);
  step(`${path.relative(process.cwd(), file)}: ${files.length} files, ${(size / 1e6).toFixed(2)} MB`);
  return file;
}

if (isMain(import.meta.url)) void main(async () => void (await makePackage()));
