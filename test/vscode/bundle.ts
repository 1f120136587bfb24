import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { repository } from './harness/server';

/**
 * Bundles every test of test/vscode/suite for the extension host (it knows no TypeScript) into out/vscode
 * and returns the file to name as `extensionTestsPath`: it runs mocha there with the totals reporter.
 * While one works on a test, SYMPHONY_SUITE chooses files by how their names begin, SYMPHONY_GREP tests by their titles.
 */
export async function bundleSuite(): Promise<string> {
  const suite = path.join(repository, 'test/vscode/suite');
  const out = path.join(repository, 'out/vscode');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const only = process.env['SYMPHONY_SUITE'] ?? '';
  const tests = readdirSync(suite).filter((file) => file.endsWith('.test.ts') && file.startsWith(only));
  await build({
    entryPoints: tests.map((file) => path.join(suite, file)),
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
    // Tests find fixtures from where their source lies, not from where the bundle lies.
    define: { __dirname: JSON.stringify(suite) },
  });
  writeFileSync(path.join(out, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(path.join(out, 'index.js'), runner(tests.map((file) => file.replace(/\.ts$/, '.cjs'))));
  return path.join(out, 'index');
}

/** The program of the extension host. Each line it prints carries a bar, so that the harness can tell it from the workbench's. */
const runner = (files: readonly string[]): string => `
const path = require('node:path');
const { format } = require('node:util');
const Mocha = require('mocha');
const Totals = require(${JSON.stringify(path.join(repository, 'scripts/lib/totals-reporter.cjs'))});
exports.run = () =>
  new Promise((resolve, reject) => {
    Mocha.reporters.Base.consoleLog = (...args) => {
      for (const line of format(...args).split('\\n')) console.log('${bar}' + line);
    };
    const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, retries: ${process.env['SYMPHONY_SUITE'] ? 0 : 1}, grep: ${JSON.stringify(process.env['SYMPHONY_GREP'] ?? '')}, color: true, reporter: Totals, forbidOnly: true });
    for (const file of ${JSON.stringify(files)}) mocha.addFile(path.join(__dirname, file));
    mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(failures + ' tests failed'))));
  });
`;

/** Marks the lines mocha prints in the extension host. */
export const bar = '│ ';
