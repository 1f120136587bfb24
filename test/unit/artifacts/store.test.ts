import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nextTurn, openBlobs } from '../../../server/storage';
import { silentLog } from '../../../server/base';
import { problemFrom } from '../storage/support';
import { about, ctx, noise, said, sha256, stores, text } from './support';

const home = stores();

/** Names of all files below the folder of large contents. */
const files = (): string[] =>
  readdirSync(home.folder.at('artifacts'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

describe('artifacts', () => {
  it('give back small, large and empty bytes, also after a restart', async () => {
    const contents = [
      new Uint8Array(),
      text('a'),
      noise(300_000),
      text('word '.repeat(400_000)),
      noise(3_000_000),
    ];
    const store = await home.open();
    for (const [at, bytes] of contents.entries()) await store.put(ctx, bytes, about(`f${at}`));
    await store.stop(ctx);
    const again = await home.open();
    for (const bytes of contents)
      assert.deepEqual(Buffer.from((await again.get(sha256(bytes)))!), Buffer.from(bytes));
    assert.equal(files().length, 2, 'the two that are large when packed');
    assert.deepEqual(await again.check(ctx), []);
  });

  it('store equal bytes once, whatever they are called', async () => {
    const store = await home.open();
    const bytes = text('the same '.repeat(1000));
    const put = await Promise.all(
      Array.from({ length: 50 }, (_, at) => store.put(ctx, bytes, about(`f${at}`))),
    );
    assert.equal(new Set(put.map(({ hash }) => hash)).size, 1);
    const { artifacts, blobs, bytes: unique } = store.report().totals;
    assert.deepEqual([artifacts, blobs, unique], [50, 1, bytes.length]);
    assert.equal(store.stored(null, 10)[0]?.references, 50);
  });

  it('count versions by name within a run; the same again is the same version', async () => {
    const store = await home.open();
    const put = async (words: string, run: string | null) => {
      const { version } = await store.put(ctx, text(words), about('notes', { run }));
      return version;
    };
    assert.deepEqual(
      [
        await put('a', 'r'),
        await put('b', 'r'),
        await put('b', 'r'),
        await put('a', 'r'),
        await put('a', null),
      ],
      [1, 2, 2, 3, 1],
    );
    const versions = store.versions('r', 'notes').map(({ version, hash }) => [version, hash]);
    assert.deepEqual(versions, [
      [1, sha256('a')],
      [2, sha256('b')],
      [3, sha256('a')],
    ]);
    assert.equal(store.versions(null, 'notes').length, 1);
  });

  it('keep what is referred to, and remove what is not', async () => {
    const store = await home.open();
    const named = await store.put(ctx, text('named'), about('n'));
    const held = await store.blobs.put(text('held'));
    const large = await store.blobs.put(noise(400_000));
    const loose = await store.blobs.put(text('loose'));
    await store.hold('run:r', [held]);
    assert.equal(files().length, 1);
    assert.deepEqual(
      new Set(await store.remove(ctx, [named.hash, held, large, loose, 'f'.repeat(64)])),
      new Set([large, loose]),
    );
    assert.equal(files().length, 0);
    await store.letGo('run:r');
    await store.drop(ctx, [named.id], 'the run was archived');
    assert.deepEqual(
      new Set(await store.remove(ctx, [named.hash, held], 'old')),
      new Set([named.hash, held]),
    );
    assert.deepEqual(store.report().totals, {
      ...{ artifacts: 0, blobs: 0, bytes: 0, storedBytes: 0, saved: 0, indexLag: 0 },
    });
    assert.deepEqual(
      store.removals(10).map(({ what, why }) => `${what}: ${why}`),
      [
        'bytes: old',
        'bytes: old',
        'artifact: the run was archived',
        ...Array(2).fill('bytes: nothing refers to it'),
      ],
    );
    assert.deepEqual(await store.check(ctx), []);
  });

  it('read the same from either tier', async () => {
    const store = await home.open();
    const contents = [text('few words'), text('many words '.repeat(60_000)), noise(500_000)];
    for (const bytes of contents) {
      const { hash } = await store.put(ctx, bytes, about('x'));
      for (const tier of ['warm', 'warm', 'hot', 'warm'] as const) {
        await store.move(ctx, hash, tier);
        assert.deepEqual(Buffer.from((await store.get(hash))!), Buffer.from(bytes));
        assert.equal(store.stored(null, 10).find((one) => one.hash === hash)?.tier, tier);
      }
    }
    assert.deepEqual(await store.check(ctx), []);
    assert.equal(files().length, 1, 'what was moved away left nothing behind');
  });

  it('take in what was kept as files before', async () => {
    const legacy = home.folder.at('blobs');
    const before = await openBlobs({ folder: legacy, log: silentLog });
    const hashes = [await before.put(text('old')), await before.put(noise(600_000))];
    const store = await home.open({ legacy });
    for (const hash of hashes) {
      assert.equal(await store.blobs.has(hash), true);
      assert.equal(sha256((await store.get(hash))!), hash);
      assert.equal(await before.has(hash), false, 'it is stored once');
      assert.equal(sha256((await store.get(hash))!), hash);
    }
    assert.deepEqual(await store.remove(ctx, hashes), [], 'nobody knows who needs them');
    const fresh = await before.put(text('held at once'));
    await store.hold('run:r', [fresh]);
    assert.deepEqual(store.heldBy('run:r'), [fresh]);
  });

  it('move damaged bytes aside, name them, and are healed by the same bytes', async () => {
    for (const bytes of [text('small '.repeat(100)), noise(400_000)]) {
      const store = await home.open();
      const { hash } = await store.put(ctx, bytes, about('d'));
      await store.stop(ctx);
      damage(hash);
      const again = await home.open();
      const { args } = await problemFrom('data.corrupt', () => again.get(hash));
      assert.ok(readFileSync(String(args['backup'])).length > 0);
      assert.equal(await again.blobs.has(hash), false);
      await problemFrom('data.corrupt', () => again.get(hash));
      assert.deepEqual(await again.check(ctx), []);
      await again.put(ctx, bytes, about('d'));
      assert.equal(sha256((await again.get(hash))!), hash);
      await again.stop(ctx);
    }
  });

  it('refuse a database that is lost while contents are there', async () => {
    const store = await home.open();
    await store.put(ctx, noise(400_000), about('x'));
    await store.stop(ctx);
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(home.folder.at(`artifacts.db${suffix}`), { force: true });
    await problemFrom('data.corrupt', () => home.open());
    assert.equal(files().length, 1);
  });

  it('sweep files no row refers to at the next start, and no others', async () => {
    const store = await home.open();
    const { hash } = await store.put(ctx, noise(400_000), about('x'));
    await store.stop(ctx);
    const [kept] = files();
    for (const name of [
      `${kept}x`,
      path.join(path.dirname(kept!), `.${path.basename(kept!)}.0123456789ab.tmp`),
    ])
      writeFileSync(name, 'left by a crash');
    const again = await home.open();
    await again.stop(ctx);
    assert.deepEqual(files(), [kept]);
    assert.equal(sha256((await (await home.open()).get(hash))!), hash);
  });

  it('share one commit among all that is put within a turn', async () => {
    let planned = 0;
    const store = await home.open({
      schedule: (work, ms) => {
        if (ms === 0) planned++;
        return nextTurn(work, ms);
      },
    });
    await Promise.all(Array.from({ length: 200 }, (_, at) => store.put(ctx, text(`${at}`), about(`f${at}`))));
    assert.equal(planned, 1);
    assert.equal(store.report().totals['artifacts'], 200);
  });

  it('go on over a restart, and say when they are not running', async () => {
    const store = await home.open();
    await store.stop(ctx);
    assert.throws(() => store.ofRun('run-1'), { problem: { code: 'artifact.stopped', args: {} } });
    const put = store.blobs.put(text('again'));
    await store.start(ctx);
    assert.equal(said(await store.get(await put)), 'again');
  });
});

/** Flips a bit of what is stored under a hash. */
function damage(hash: string): void {
  const database = new DatabaseSync(home.folder.at('artifacts.db'));
  const row = database.prepare('SELECT id, file FROM blobs WHERE hash = ?').get(hash)!;
  if (row['file'] === null) {
    const bytes = Buffer.from(
      database.prepare('SELECT bytes FROM contents WHERE id = ?').get(row['id']!)!['bytes'] as Uint8Array,
    );
    bytes[bytes.length >> 1]! ^= 1;
    database.prepare('UPDATE contents SET bytes = ? WHERE id = ?').run(bytes, row['id']!);
  } else {
    const file = home.folder.at('artifacts', String(row['file']));
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
  }
  database.close();
}
