// npm run bench -- <name> [--json]: measures on this machine; bench/<name>.ts prints one JSON object a line.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ensureCodeServer } from './code-server.mjs';
import { filesLike, main, root, step, Stop } from './lib/shell.mjs';
import { build, ensureDependencies, ensureSystem, node24, projectEnv } from './setup.mjs';

await main(async () => {
  const [name] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const known = filesLike('bench', /^bench\/[\w-]+\.ts$/).map((file) => file.slice(6, -3));
  if (!name || !known.includes(name))
    throw new Stop(`npm run bench -- <name> [--json]; names: ${known.join(', ')}`);
  const json = process.argv.includes('--json');
  // Whoever reads JSON wants nothing else on standard output.
  if (json) console.log = console.error;
  await ensureDependencies();
  await ensureSystem({ chromium: name === 'client' });
  if (name === 'client') await ensureCodeServer();
  // Without it one rival is left out.
  if (name === 'engine')
    await ensureSystem({ redis: true }, { optional: true }).catch((thrown) => console.warn(thrown.message));
  // The others measure the sources.
  if (name === 'client') await build({ production: true });
  step(`Measuring ${name}…`);
  // Measures a part of what the name stands for, where it has parts.
  const sections = process.argv.filter((argument) => argument.startsWith('--section='));
  const child = spawn(node24(), ['--import', 'tsx', `bench/${name}.ts`, ...sections], {
    cwd: root,
    env: projectEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout }))
    process.stdout.write(`${json ? line : readable(line)}\n`);
  return child.exitCode ?? (await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1))));
});

function readable(line) {
  if (!line.startsWith('{')) return line;
  const { name, value, unit, shape, rival, rival_value: other, ratio } = JSON.parse(line);
  return `  ${name.padEnd(28)} ${String(value).padStart(10)} ${unit}${shape ? `   (${shape})` : ''}${rival ? `   (${rival}: ${other}, ratio ${ratio})` : ''}`;
}
