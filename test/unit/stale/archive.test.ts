import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { recalling } from '../../../server/stale';
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
  storedSizes,
  type World,
} from './world';

const folder = temporaryFolder();
let world: World;
beforeEach(async () => void (world = await openWorld(folder.at('home'))));
afterEach(() => world.close());

const texts = ['first proposal', 'second proposal', 'x'.repeat(100_000)];
/** What an artifact of a run is told by. */
const named = (run: string, tags: readonly string[] = [], name = 'a') => ({
  ...{ name, type: 'text', run, node: null, inputs: [], tags, facts: {} },
});

const total = (sizes: ReadonlyMap<string, number>, hashes: readonly string[]): number =>
  hashes.reduce((sum, hash) => sum + sizes.get(hash)!, 0);

const oldRuns = settingsWith([policy({ of: 'runs' })]);

describe('the archive of a run', () => {
  it('takes the place of its bytes, and reading brings them back', async () => {
    const hashes = await endedRun(world, 'run', texts);
    const before = await everything(world);
    const sizes = storedSizes(world);
    const archived = await world.stale.archive(ctx, 'run');
    assert.equal(archived.freed, total(sizes, hashes.slice(1)));
    assert.deepEqual(Object.keys(await everything(world)), [hashes[0]], 'what reviews list stays');
    assert.deepEqual(
      world.stale.archived().map(({ run }) => run),
      ['run'],
    );
    assert.equal(world.journal.read('run').length, 4, 'the journal keeps its events');
    const blobs = recalling(ctx, world.artifacts.blobs, world.stale);
    assert.equal(Buffer.from((await blobs.get(hashes[1]!))!).toString(), texts[0]);
    assert.deepEqual(await everything(world), before);
    assert.deepEqual(world.stale.archived(), []);
    assert.deepEqual(world.artifacts.heldBy('run:run'), [...hashes].sort());
    assert.deepEqual(world.artifacts.heldBy('archive:run'), []);
    assert.equal(existsSync(archived.path), false);
  });

  it('is a file that people can open', async () => {
    const hashes = await endedRun(world, 'run', texts);
    const before = await everything(world);
    const { path, bytes } = await world.stale.archive(ctx, 'run');
    const file = readFileSync(path);
    assert.equal(file.length, bytes);
    assert.ok(bytes < 10_000);
    const lines = zstdDecompressSync(file).toString().trimEnd().split('\n');
    const header = JSON.parse(lines[0]!) as { contents: { blob: string; size: number }[] };
    const { contents, ...first } = header;
    assert.deepEqual(first, { symphony: 'run', version: 2, run: 'run', events: 4 });
    const sizes = contents.map(({ blob, size }) => `${hashes.indexOf(blob)} ${size}`);
    assert.deepEqual(sizes.sort(), [
      `0 ${before[hashes[0]!]!.length}`,
      ...texts.map((text, i) => `${i + 1} ${text.length}`),
    ]);
    assert.match(lines.at(-1)!, /^\{"sha256":"[0-9a-f]{64}"\}$/);
  });

  it('can be opened with the usual program', function () {
    try {
      execFileSync('zstd', ['--version']);
    } catch {
      this.skip();
    }
    return endedRun(world, 'run', texts)
      .then(() => world.stale.archive(ctx, 'run'))
      .then(({ path }) => {
        const text = execFileSync('zstd', ['-dc', path]).toString();
        assert.match(text, /^\{"symphony":"run","version":2,/);
      });
  });

  it('leaves what another run needs, and what is tagged', async () => {
    await endedRun(world, 'one', ['shared', 'own', 'tagged']);
    await endedRun(world, 'two', ['shared']);
    await world.artifacts.put(ctx, Buffer.from('tagged'), named('one', ['keep']));
    await world.stale.archive(ctx, 'one');
    const left = Object.values(await everything(world)).filter((text) => !text.startsWith('{'));
    assert.deepEqual(left.sort(), ['shared', 'tagged']);
    await world.stale.archive(ctx, 'two');
    assert.deepEqual(await world.stale.restore(ctx, 'one'), 4);
    assert.equal(Buffer.from((await world.artifacts.get(hashOf('own')))!).toString(), 'own');
    assert.equal(Buffer.from((await world.artifacts.get(hashOf('shared')))!).toString(), 'shared');
  });

  it('takes artifacts along and gives them back as they were', async () => {
    await endedRun(world, 'run', ['proposal']);
    const { artifacts } = world;
    await artifacts.put(ctx, Buffer.from('said once'), { ...named('run'), facts: { seq: 3 } });
    await artifacts.put(ctx, Buffer.from('said again'), {
      ...named('run', ['x']),
      inputs: [hashOf('proposal')],
    });
    await artifacts.put(ctx, Buffer.from('{}'), { ...named('run', [], 'run.json'), type: 'run' });
    const shown = () =>
      artifacts.ofRun('run').map(({ name, version, hash, tags, facts, inputs }) => ({
        name,
        version,
        hash,
        tags,
        facts,
        inputs,
      }));
    const [before, bytes] = [shown(), await everything(world)];
    await world.stale.archive(ctx, 'run');
    assert.deepEqual(
      artifacts.ofRun('run').map(({ name }) => name),
      ['run.json'],
    );
    assert.equal(await artifacts.get(hashOf('said once')), undefined);
    await world.stale.restore(ctx, 'run');
    assert.deepEqual(
      shown().sort((a, b) => (a.name < b.name ? -1 : a.version - b.version)),
      before,
    );
    assert.deepEqual(await everything(world), bytes);
    assert.deepEqual(await artifacts.check(ctx), []);
  });

  it('is not made of a run that goes on, is held, or lacks a content', async () => {
    await problemFrom('run.unknown', () => world.stale.archive(ctx, 'none'));
    await endedRun(world, 'run', texts);
    world.held.set('run', { code: 'stale.keep.open', args: { run: 'run' } });
    const { args } = await problemFrom('stale.runKept', () => world.stale.archive(ctx, 'run'));
    assert.deepEqual(args, { run: 'run', why: 'stale.keep.open' });
    world.held.clear();
    const [offer] = world.artifacts.stored(null, 10).filter(({ size }) => size > 150 && size < 1000);
    await world.artifacts.letGo('run:run');
    await world.artifacts.remove(ctx, [offer!.hash]);
    await problemFrom('runFile.blobMissing', () => world.stale.archive(ctx, 'run'));
    assert.deepEqual(world.stale.archived(), []);
    await problemFrom('stale.notArchived', () => world.stale.restore(ctx, 'run'));
  });

  it('that is damaged is told, and takes nothing along', async () => {
    await endedRun(world, 'run', texts);
    const { path } = await world.stale.archive(ctx, 'run');
    const whole = readFileSync(path);
    const before = await everything(world);
    const damages = [whole.subarray(0, -5), Buffer.alloc(0), Buffer.concat([whole, whole])];
    for (let i = 1; i < 8; i++) {
      const bytes = Buffer.from(whole);
      bytes[Math.floor((bytes.length * i) / 8)]! ^= 0x10;
      damages.push(bytes);
    }
    for (const bytes of damages) {
      writeFileSync(path, bytes);
      const { args } = await problemFrom('stale.archiveDamaged', () => world.stale.restore(ctx, 'run'));
      assert.equal(args['path'], path);
      assert.deepEqual(await everything(world), before);
    }
    writeFileSync(path, whole);
    assert.equal(await world.stale.restore(ctx, 'run'), 4);
  });

  it('is made by policy, undone, and deleted by policy only with a way back', async () => {
    const hashes = await endedRun(world, 'run', texts);
    const before = await everything(world);
    const sizes = storedSizes(world);
    world.clock.move(40 * dayMs);
    const plan = await world.stale.dryRun(ctx, oldRuns);
    assert.deepEqual(
      plan.items.map(({ kind, decision, bytes }) => [kind, decision, bytes]),
      [['runs', 'archive', plan.totals.bytes]],
    );
    const first = await world.stale.apply(ctx, plan, { confirmed: true });
    assert.deepEqual([first.archived, first.bytes], [1, total(sizes, hashes.slice(1))]);
    assert.equal(await world.stale.undo(ctx, first.id), 1);
    assert.deepEqual(await everything(world), before);

    await world.stale.archive(ctx, 'run');
    world.clock.move(40 * dayMs);
    const second = await world.stale.dryRun(ctx, settingsWith([policy({ of: 'archives' })]));
    const cleaning = await world.stale.apply(ctx, second, { confirmed: true });
    assert.deepEqual([cleaning.deleted, world.stale.archived()], [1, []]);
    assert.equal(await world.stale.undo(ctx, cleaning.id), 1);
    assert.equal(await world.stale.restore(ctx, 'run'), 4);
    assert.deepEqual(await everything(world), before);
  });

  it('of a run that goes on again is not deleted', async () => {
    await endedRun(world, 'run', texts);
    await world.stale.archive(ctx, 'run');
    world.clock.move(40 * dayMs);
    const deleting = settingsWith([policy({ of: 'archives' })]);
    const before = await world.stale.dryRun(ctx, deleting);
    assert.equal(before.items.length, 1);
    await world.journal.append('run', 4, [{ type: 'GenerationBegun', generation: 2, nodes: ['a'] }]);
    const cleaning = await world.stale.apply(ctx, before, { confirmed: true });
    assert.deepEqual([cleaning.deleted, cleaning.kept.map(({ why }) => why.code)], [0, ['stale.runKept']]);
    assert.deepEqual((await world.stale.dryRun(ctx, deleting)).items, []);
  });

  it('is found again by the next process', async () => {
    await endedRun(world, 'run', texts);
    await world.stale.archive(ctx, 'run');
    await world.close();
    world = await openWorld(folder.at('home'), { clock: world.clock });
    assert.deepEqual(
      world.stale.archived().map(({ run }) => run),
      ['run'],
    );
    assert.equal(await world.stale.restore(ctx, 'run'), 4);
  });

  it('has a harmless name whatever the run is called', async () => {
    await endedRun(world, '../../../evil', texts);
    const { path } = await world.stale.archive(ctx, '../../../evil');
    assert.ok(path.startsWith(folder.at('home/stale/archives/run-')));
    assert.equal(await world.stale.restore(ctx, '../../../evil'), 4);
  });
});
