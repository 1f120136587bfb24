import { strict as assert } from 'node:assert';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Problem } from '../../../schemas';
import type { Plan } from '../../../server/stale';
import { createdWith, workflowOf } from '../engine/support';
import { problemFrom, temporaryFolder } from '../storage/support';
import {
  ctx,
  dayMs,
  endedRun,
  everything,
  hashOf,
  openWorld,
  policy,
  settingsWith,
  type World,
} from './world';

const folder = temporaryFolder();
let world: World;
beforeEach(async () => void (world = await openWorld(folder.at('home'))));
afterEach(() => world.close());

/** Contents that nothing refers to, as old as asked. */
async function loose(...texts: string[]): Promise<readonly string[]> {
  return Promise.all(texts.map((text) => world.artifacts.blobs.put(Buffer.from(text))));
}

/** What a plan would do, in words. */
const inWords = ({ items }: Plan): readonly string[] =>
  items.map(({ kind, decision, label }) => `${decision} ${kind} ${label}`).sort();

const oldContents = settingsWith([policy()]);

describe('cleaning', () => {
  it('changes nothing by looking, and says exactly what would go', async () => {
    const [hash] = await loose('old');
    const before = await everything(world);
    world.clock.move(40 * dayMs);
    before[(await loose('new'))[0]!] = 'new';
    await world.stale.configure(oldContents);
    const plan = await world.stale.evaluate(ctx);
    assert.deepEqual(inWords(plan), [`delete contents ${hash!.slice(0, 12)}`]);
    assert.deepEqual(plan.totals, { items: 1, archive: 0, delete: 1, bytes: 3 });
    assert.deepEqual(plan.kept, { 'stale.keep.recent': 1 });
    assert.deepEqual(
      plan.items[0]!.reasons.map(({ code }) => code),
      ['stale.rule.age', 'stale.value'],
    );
    assert.deepEqual(await everything(world), before);
    await problemFrom('stale.notConfirmed', () => world.stale.apply(ctx, plan, { confirmed: false }));
    assert.deepEqual(await everything(world), before);
  });

  it('removes what the plan names and brings the same bytes back', async () => {
    await loose('one', 'two');
    const [three] = await loose('three');
    await world.artifacts.hold('hold:me', [three!]);
    world.clock.move(40 * dayMs);
    await world.stale.configure(oldContents);
    const before = await everything(world);
    world.clock.move(40 * dayMs);
    const plan = await world.stale.evaluate(ctx);
    const heard: Problem[] = [];
    world.stale.onNotice((notice) => heard.push(notice));
    const cleaning = await world.stale.apply(ctx, plan, { confirmed: true });
    assert.deepEqual([cleaning.deleted, cleaning.bytes, cleaning.kept], [2, 6, []]);
    assert.deepEqual(
      heard.map(({ code }) => code),
      ['stale.cleaned'],
    );
    assert.deepEqual(Object.values(await everything(world)), ['three']);
    assert.equal(await world.stale.undo(ctx, cleaning.id), 2);
    assert.deepEqual(await everything(world), before);
    await problemFrom('stale.undoUnknown', () => world.stale.undo(ctx, cleaning.id));
    assert.deepEqual(readdirSync(folder.at('home/stale/trash')), []);
  });

  it('leaves what somebody used, tagged or began to hold after the plan was made', async () => {
    const [used, tagged, held, needed, free] = await loose('used', 'tagged', 'held', 'needed', 'free');
    world.clock.move(40 * dayMs);
    await world.stale.configure(oldContents);
    const plan = await world.stale.evaluate(ctx);
    assert.equal(plan.items.length, 5);
    await world.artifacts.get(used!);
    await world.artifacts.put(ctx, Buffer.from('tagged'), {
      ...{ name: 'a', type: 'text', run: null, node: null, inputs: [], tags: ['keep'], facts: {} },
    });
    await world.artifacts.hold('hold:me', [held!]);
    // Nobody tells the store of this one: a run names it, no more.
    await world.journal.append('run', 0, [
      createdWith(workflowOf({ a: '' })),
      { type: 'NodeCompleted', node: 'a', attempt: 1, output: { blob: needed! } },
    ]);
    const cleaning = await world.stale.apply(ctx, plan, { confirmed: true });
    assert.equal(cleaning.deleted, 1);
    assert.deepEqual(
      world.artifacts.stored(null, 10).map(({ hash }) => hash),
      [used!, tagged!, held!, needed!].sort(),
    );
    assert.deepEqual(await world.stale.recall(ctx, free!), Buffer.from('free'));
  });

  it('asks a second time where too much would go', async () => {
    await loose('a', 'b', 'c');
    world.clock.move(40 * dayMs);
    await world.stale.configure(settingsWith([policy({ name: 'rash' })], { mostPercent: 60 }));
    const plan = await world.stale.evaluate(ctx);
    assert.equal(plan.asks?.code, 'stale.tooMuch');
    const { args } = await problemFrom('stale.tooMuch', () =>
      world.stale.apply(ctx, plan, { confirmed: true }),
    );
    assert.deepEqual([args['policies'], args['delete'], args['all']], ['rash', 3, 3]);
    assert.equal(world.artifacts.stored(null, 10).length, 3);
    const cleaning = await world.stale.apply(ctx, plan, { confirmed: true, evenTooMuch: true });
    assert.equal(cleaning.deleted, 3);
  });

  it('does a part of a plan, and compresses what is to be archived', async () => {
    const [one, two] = await loose('one', 'two');
    world.clock.move(40 * dayMs);
    const plan = await world.stale.dryRun(ctx, settingsWith([policy({ ask: 'archive' })]));
    const cleaning = await world.stale.apply(ctx, plan, { confirmed: true, only: [one!] });
    const tiers = () => world.artifacts.stored(null, 10).map(({ hash, tier }) => `${hash === one} ${tier}`);
    assert.deepEqual([cleaning.archived, cleaning.deleted], [1, 0]);
    assert.deepEqual(tiers().sort(), ['false hot', 'true warm']);
    assert.equal(await world.stale.undo(ctx, cleaning.id), 1);
    assert.deepEqual(tiers().sort(), ['false hot', 'true hot']);
    assert.ok(two);
  });

  it('forgets what was removed when the undo window is over', async () => {
    await loose('old');
    world.clock.move(40 * dayMs);
    await world.stale.configure({ ...oldContents, offPeak: { ...oldContents.offPeak, enabled: false } });
    const cleaning = await world.stale.apply(ctx, await world.stale.evaluate(ctx), { confirmed: true });
    assert.equal(world.stale.report().totals['undoable'], 1);
    world.clock.move(8 * dayMs);
    await problemFrom('stale.undoUnknown', () => world.stale.undo(ctx, cleaning.id));
    await world.stale.evaluate(ctx);
    assert.deepEqual(readdirSync(folder.at('home/stale/trash')), []);
    assert.equal(world.stale.cleanings()[0]!.until, null);
    assert.equal(world.stale.report().totals['undoable'], 0);
  });

  it('removes nothing where the disk is too full to save it first', async () => {
    await loose('one', 'two');
    world.clock.move(40 * dayMs);
    await world.stale.configure(oldContents);
    const plan = await world.stale.evaluate(ctx);
    // Where a folder should be made there is a file: nothing can be written there, as on a full disk.
    rmSync(folder.at('home/stale/trash'), { recursive: true });
    writeFileSync(folder.at('home/stale/trash'), '');
    await problemFrom('data.readOnly', () => world.stale.apply(ctx, plan, { confirmed: true }));
    assert.deepEqual(Object.values(await everything(world)).sort(), ['one', 'two']);
    rmSync(folder.at('home/stale/trash'));
    world.clock.move(40 * dayMs);
    const cleaning = await world.stale.apply(ctx, await world.stale.evaluate(ctx), { confirmed: true });
    assert.equal(cleaning.deleted, 2);
  });
});

describe('what runs need', () => {
  it('is kept although nobody holds it, also by way of a list of files', async () => {
    await endedRun(world, 'run', ['proposal']);
    await world.artifacts.letGo('run:run');
    world.clock.move(400 * dayMs);
    const plan = await world.stale.dryRun(ctx, oldContents);
    assert.deepEqual(plan.items, []);
    assert.deepEqual(plan.kept, { 'stale.keep.named': 2, 'stale.keep.unruled': 1 });
  });

  it('is read once, so that looking does not count as use', async () => {
    await endedRun(world, 'run', ['proposal']);
    world.clock.move(50 * dayMs);
    await world.stale.evaluate(ctx);
    const uses = () => world.artifacts.stored(null, 10).map(({ uses: times }) => times);
    const after = uses();
    world.clock.move(50 * dayMs);
    await world.stale.evaluate(ctx);
    assert.deepEqual(uses(), after);
    assert.ok(hashOf('proposal') in (await everything(world)));
  });
});

describe('the quiet time', () => {
  const quiet = { enabled: true, from: '02:00', to: '05:00', apply: false };

  /** A day, hour by hour; each lets what it wakes be done. */
  async function aDay(): Promise<void> {
    for (let hour = 0; hour < 24; hour++) {
      world.clock.move(3_600_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await world.stale.dryRun(ctx, oldContents);
    }
  }

  it('makes the list once and tells of it', async () => {
    await world.close();
    const minuteOfDay = (now: number) => Math.floor(now / 60_000) % 1440;
    world = await openWorld(folder.at('quiet'), { minuteOfDay });
    const heard: string[] = [];
    world.stale.onNotice(({ code }) => heard.push(code));
    await loose('old');
    await world.stale.configure({ ...oldContents, offPeak: quiet });
    world.clock.move(40 * dayMs);
    await aDay();
    assert.deepEqual(heard, ['stale.notice']);
    assert.equal(world.artifacts.stored(null, 10).length, 1);
    await world.stale.configure({ ...oldContents, offPeak: { ...quiet, apply: true } });
    await aDay();
    assert.deepEqual(heard, ['stale.notice', 'stale.cleaned']);
    assert.equal(world.artifacts.stored(null, 10).length, 0);
  });
});

describe('stopping', () => {
  it('ends what is under way when there is no time left, and the next start goes on', async () => {
    await loose(...Array.from({ length: 40 }, (_, i) => `old ${i}`));
    world.clock.move(40 * dayMs);
    await world.stale.configure(oldContents);
    const plan = await world.stale.evaluate(ctx);
    const applied = world.stale.apply(ctx, plan, { confirmed: true }).catch((thrown: unknown) => thrown);
    await new Promise((resolve) => setTimeout(resolve, 10));
    await world.stale.stop({ signal: AbortSignal.abort(), log: ctx.log });
    assert.ok((await applied) instanceof Error);
    await problemFrom('cancelled', () => world.stale.evaluate(ctx));
    await world.stale.start(ctx);
    await world.stale.evaluate(ctx);
    assert.equal(world.artifacts.stored(null, 100).length, 40);
    assert.deepEqual(readdirSync(folder.at('home/stale/trash')), []);
  });

  it('is shown with its policies and cleanings', async () => {
    await loose('old');
    world.clock.move(40 * dayMs);
    await world.stale.configure(oldContents);
    const plan = await world.stale.evaluate(ctx);
    const { candidates, freeableBytes } = world.stale.report().totals;
    assert.deepEqual([candidates, freeableBytes], [1, plan.totals.bytes]);
    await world.stale.apply(ctx, plan, { confirmed: true });
    const { totals, rows } = world.stale.report();
    assert.deepEqual([totals['candidates'], totals['undoable']], [0, 1]);
    assert.deepEqual(
      rows.map(({ state }) => state),
      ['enabled', 'undoable'],
    );
  });
});
