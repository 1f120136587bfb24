// npm run simulate -- [--seeds N] [--from S] | --seed S [--trace]: plays histories of the engine under seeded faults.
import { main, run } from './lib/shell.mjs';
import { ensureDependencies, node24, projectEnv } from './setup.mjs';

await main(async () => {
  await ensureDependencies();
  const { code } = await run(node24(), ['--import', 'tsx', 'simulation/cli.ts', ...process.argv.slice(2)], {
    env: projectEnv(),
    allow: 'any',
  });
  return code;
});
