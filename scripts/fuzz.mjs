// npm run fuzz -- frames [--count N] [--seed S]: sends seeded, mutated frames to the bus and says what became of them.
import { main, run } from './lib/shell.mjs';
import { ensureDependencies, node24, projectEnv } from './setup.mjs';

await main(async () => {
  await ensureDependencies();
  const { code } = await run(
    node24(),
    ['--expose-gc', '--import', 'tsx', 'test/fuzz/cli.ts', ...process.argv.slice(2)],
    { env: projectEnv(), allow: 'any' },
  );
  return code;
});
