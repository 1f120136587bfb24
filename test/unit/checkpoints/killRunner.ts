/** Restores a checkpoint in a process of its own, to be killed: `killRunner.ts <top> <home> <checkpoint>`. */
import { systemIds } from '../../../server/base/node';
import { ctx } from '../git/fixture';
import { openCheckpoints } from './fixture';

void (async () => {
  const [top, home, checkpoint] = process.argv.slice(2) as [string, string, string];
  const { checkpoints } = await openCheckpoints(top, home, { ids: systemIds });
  const { from } = await checkpoints.preview(ctx, { checkpoint });
  process.stdout.write('ready\n');
  await checkpoints.restore(ctx, { checkpoint, from, dirty: [] });
  process.stdout.write('done\n');
})();
