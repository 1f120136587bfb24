// npm run test:electron: the suite of the extension host in a desktop VS Code, for people who have a display.
import { main, run } from './lib/shell.mjs';
import { build, ensureDependencies, node24, projectEnv } from './setup.mjs';

await main(async () => {
  await ensureDependencies();
  await build({ production: true });
  const { code } = await run(node24(), ['--import', 'tsx', 'test/vscode/electron.ts'], {
    env: projectEnv(),
    allow: 'any',
  });
  return code;
});
