/**
 * Measures the services of the Pit, one section after another: each file of `bench/pit/` has one, which prints
 * what it finds. Prints one JSON object a line; `-- pit --section=<name>` measures one section alone.
 */
import { readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Section } from './pit/section';

const only = process.argv.find((argument) => argument.startsWith('--section='))?.slice('--section='.length);
const print = (line: object): void => console.log(JSON.stringify(line));
const load = (): void =>
  print({ name: 'machine.load', value: Math.round(os.loadavg()[0]! * 10) / 10, unit: 'processes' });

async function main(): Promise<void> {
  load();
  const folder = path.join(__dirname, 'pit');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && file !== 'section.ts')
    .map((file) => file.slice(0, -3))
    .sort();
  for (const name of names) {
    if (only !== undefined && only !== name) continue;
    const found = (await import(pathToFileURL(path.join(folder, `${name}.ts`)).href)) as { section: Section };
    await found.section(print);
  }
  load();
}

void main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exitCode = 1;
});
