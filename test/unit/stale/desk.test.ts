import { strict as assert } from 'node:assert';
import * as wire from '../../../schemas/wire/stale';
import { StaleDesk } from '../../../server/staleDesk';
import { problemFrom, temporaryFolder } from '../storage/support';
import { ctx, dayMs, openWorld, policy, settingsWith, type World } from './world';

const folder = temporaryFolder();
let world: World;
let desk: StaleDesk;
beforeEach(async () => {
  world = await openWorld(folder.at('home'));
  desk = new StaleDesk(world.stale);
  for (const text of ['a', 'b', 'c']) await world.artifacts.blobs.put(Buffer.from(text));
  world.clock.move(40 * dayMs);
  await world.stale.configure(settingsWith([policy()]));
});
afterEach(() => world.close());

describe('what is said of retention on the wire', () => {
  it('pages through one plan, and is as declared', async () => {
    const first = await desk.staleEvaluate(ctx, { plan: null, from: 0, most: 2 });
    assert.deepEqual(wire.staleEvaluate.result.parse(first), first);
    const rest = await desk.staleEvaluate(ctx, { plan: first.plan, from: 2, most: 2 });
    assert.deepEqual([first.items.length, rest.items.length, rest.plan], [2, 1, first.plan]);
    assert.equal(new Set([...first.items, ...rest.items].map(({ id }) => id)).size, 3);
    await problemFrom('stale.planUnknown', () => desk.staleEvaluate(ctx, { plan: 'x', from: 0, most: 1 }));
  });

  it('applies what was confirmed, in part, once', async () => {
    const { plan, items } = await desk.staleEvaluate(ctx, { plan: null, from: 0, most: 9 });
    const asked = { plan, only: [items[0]!.id], confirmed: false, evenTooMuch: false };
    const { args } = await problemFrom('stale.notConfirmed', () => desk.staleApply(ctx, asked));
    assert.deepEqual([args['archive'], args['delete']], [0, 1]);
    const { cleaning } = await desk.staleApply(ctx, { ...asked, confirmed: true });
    assert.deepEqual(wire.staleCleaning.parse(cleaning), cleaning);
    assert.equal(cleaning.deleted, 1);
    await problemFrom('stale.planUnknown', () => desk.staleApply(ctx, { ...asked, confirmed: true }));
    assert.deepEqual(await desk.staleUndo(ctx, { cleaning: cleaning.id }), { restored: 1 });
  });
});
