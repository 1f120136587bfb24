/** A process of its own that archives, cleans and undoes until it is killed, and prints what it acknowledged. */
import { writeSync } from 'node:fs';
import { sha256 } from '../../server/base/node';
import {
  ctx,
  dayMs,
  endedRun,
  HandClock,
  openWorld,
  policy,
  settingsWith,
  type World,
} from '../unit/stale/world';

/** Everything goes as soon as it can, and everything can be brought back. */
const greedy = settingsWith(
  [
    policy({ name: 'runs', of: 'runs', rules: [{ rule: 'maxAge', days: 1 }] }),
    policy({ name: 'contents', rules: [{ rule: 'maxAge', days: 1 }] }),
  ],
  { undoDays: 3650 },
);

async function live(folder: string, life: number): Promise<void> {
  const world = await openWorld(folder, { clock: new HandClock(Date.UTC(2026, 0, 1) + life * 36 * dayMs) });
  await world.stale.configure(greedy);
  for (let turn = 0; ; turn++) await step(world, `r${life}-${turn}`, life * 7 + turn);
}

async function step(world: World, run: string, chance: number): Promise<void> {
  const { artifacts, stale, clock } = world;
  const large = `${run} is large. `.repeat(20_000);
  const hashes = await endedRun(world, run, [`${run} alone`, 'of all runs', large]);
  const named = { type: 'text', run, node: null, inputs: [], tags: [], facts: {} };
  const { hash } = await artifacts.put(ctx, Buffer.from(`${run} has a name`), { name: 'a', ...named });
  // Nobody refers to these.
  const loose = await Promise.all(
    [1, 2, 3].map((i) => artifacts.blobs.put(Buffer.from(`${run} loose ${i}`))),
  );
  // Synchronous, so that nothing acknowledged is lost in a buffer of this process.
  writeSync(1, `${[...hashes, hash, ...loose].join('\n')}\n`);
  clock.move(2 * dayMs);
  const archived = stale.archived();
  switch (chance % 4) {
    case 0:
      await stale.archive(ctx, run);
      break;
    case 1:
      if (archived.length > 0) await stale.restore(ctx, archived[0]!.run);
      break;
    case 2: {
      const done = stale.cleanings().find(({ until }) => until !== null);
      if (done !== undefined) await stale.undo(ctx, done.id);
      break;
    }
    default:
      await stale.recall(ctx, sha256(Buffer.from('of all runs')));
  }
  const plan = await stale.evaluate(ctx);
  await stale.apply(ctx, plan, { confirmed: true, evenTooMuch: true });
}

void live(process.argv[2]!, Number(process.argv[3]));
