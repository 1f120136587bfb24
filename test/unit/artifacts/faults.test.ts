import { strict as assert } from 'node:assert';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileKeys, type StoreKeys } from '../../../server/artifacts';
import { systemIds, systemRandom, writeFileAtomic } from '../../../server/base/node';
import { durable, openSqlite } from '../../../server/storage';
import { problemFrom } from '../storage/support';
import { about, ctx, noise, said, sha256, stores, text } from './support';

const home = stores();
const words = text('plain words that nobody else should read. '.repeat(50));

describe('artifacts under a key', () => {
  const keys = () => fileKeys(home.folder.at('keys.json'), systemIds, systemRandom);

  /** Everything the store has on the disk, as one text. */
  const onDisk = (): string => {
    const database = new DatabaseSync(home.folder.at('artifacts.db'));
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    return readFileSync(home.folder.at('artifacts.db'), 'latin1');
  };

  it('read back, and cannot be read on the disk or by search', async () => {
    const store = await home.open({ keys: keys() });
    const secret = text('Xyzzy42 opens the door');
    const put = [
      await store.put(ctx, secret, about('s')),
      await store.put(ctx, noise(400_000), about('large')),
    ];
    await store.indexed();
    for (const { hash } of put) assert.equal(sha256((await store.get(hash))!), hash);
    assert.equal((await store.search(ctx, { text: 'xyzzy42' })).total, 0);
    await store.stop(ctx);
    assert.doesNotMatch(onDisk(), /xyzzy42/i);
    if (process.platform !== 'win32') assert.equal(statSync(home.folder.at('keys.json')).mode & 0o777, 0o600);
  });

  it('go under a new key and back into the open, and read the same all the time', async () => {
    const store = await home.open({ keys: keys() });
    const contents = [words, noise(400_000), text('')];
    const hashes: string[] = [];
    for (const bytes of contents) hashes.push((await store.put(ctx, bytes, about('x'))).hash);
    await store.move(ctx, hashes[0]!, 'warm');
    const before = keyIds();
    await keys().rotate();
    for (const hash of hashes) assert.equal(sha256((await store.get(hash))!), hash);
    await store.rotate(ctx);
    assert.equal(
      keyIds().some((id) => before.includes(id)),
      false,
    );
    for (const hash of hashes) assert.equal(sha256((await store.get(hash))!), hash);
    await store.stop(ctx);
    const later = await home.open({ keys: { load: async () => (await keys().load()).slice(0, 1) } });
    for (const hash of hashes) assert.equal(sha256((await later.get(hash))!), hash);
    assert.deepEqual(await later.check(ctx), []);
  });

  const keyIds = (): unknown[] => {
    const database = new DatabaseSync(home.folder.at('artifacts.db'));
    const found = database
      .prepare('SELECT DISTINCT key FROM blobs')
      .all()
      .map((row) => row['key']);
    database.close();
    return found;
  };

  it('stay where they are when their key is lost, and it is said', async () => {
    const store = await home.open({ keys: keys() });
    const { hash } = await store.put(ctx, words, about('x'));
    await store.stop(ctx);
    const kept = readFileSync(home.folder.at('keys.json'));
    const none: StoreKeys = { load: () => Promise.resolve([]) };
    const without = await home.open({ keys: none });
    const { args } = await problemFrom('artifact.keyLost', () => without.get(hash));
    assert.equal(args['hash'], hash);
    await problemFrom('artifact.keyLost', () => without.rotate(ctx));
    await problemFrom('artifact.keyLost', () => without.move(ctx, hash, 'warm'));
    const open = await without.put(ctx, text('in the open'), about('y'));
    assert.equal(said(await without.get(open.hash)), 'in the open');
    await without.stop(ctx);
    writeFileSync(home.folder.at('keys.json'), kept, { mode: 0o600 });
    assert.equal(sha256((await (await home.open({ keys: keys() })).get(hash))!), hash);
  });

  it('refuse a key file that others can read or that holds no keys', async () => {
    const file = home.folder.at('keys.json');
    await keys().load();
    const good = readFileSync(file, 'utf8');
    for (const bad of [
      '',
      '{}',
      '{"keys":[]}',
      '{"keys":[{"id":"a","secret":"AAAA"}]}',
      '{"keys":[{"id":"../x","secret":""}]}',
    ]) {
      writeFileSync(file, bad);
      await problemFrom('artifact.keyFile', () => home.open({ keys: keys() }));
    }
    writeFileSync(file, good);
    chmodSync(file, 0o644);
    if (process.platform !== 'win32')
      await problemFrom('artifact.keyFile', () => home.open({ keys: keys() }));
  });
});

describe('artifacts on a disk that is full', () => {
  it('say so in the middle of a put, keep what was acknowledged and go on afterwards', async () => {
    let pages = 1_000_000;
    const store = await home.open({
      open: (file, pragmas = durable) => {
        const database = openSqlite(file, [...pragmas, `PRAGMA max_page_count = ${pages}`]);
        return {
          ...database,
          transaction: (work) =>
            database.transaction(() => (database.exec(`PRAGMA max_page_count = ${pages}`), work())),
        };
      },
    });
    const kept = await store.put(ctx, text('kept'), about('kept'));
    pages = 1;
    const failed = await Promise.allSettled(
      [0, 1, 2].map((at) => store.put(ctx, noise(100_000), about(`f${at}`))),
    );
    for (const one of failed)
      assert.equal((one as { reason: { problem: { code: string } } }).reason.problem.code, 'data.diskFull');
    assert.deepEqual(await store.check(ctx), []);
    assert.equal(store.report().totals['artifacts'], 1);
    pages = 1_000_000;
    const later = await store.put(ctx, noise(100_000), about('later'));
    assert.ok(await store.get(later.hash));
    assert.equal(said(await store.get(kept.hash)), 'kept');
  });

  it('say so while a large file is written, and leave nothing that counts', async () => {
    let isFull = true;
    const store = await home.open({
      writeFile: (file, bytes, options) => {
        if (!isFull) return writeFileAtomic(file, bytes, options);
        return Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC', path: file }));
      },
    });
    const bytes = noise(400_000);
    await problemFrom('data.diskFull', () => store.put(ctx, bytes, about('x')));
    assert.equal(store.report().totals['blobs'], 0);
    isFull = false;
    const { hash } = await store.put(ctx, bytes, about('x'));
    assert.equal(sha256((await store.get(hash))!), hash);
    assert.deepEqual(await store.check(ctx), []);
  });
});

describe('artifacts with bounds', () => {
  it('refuse what is too large, or more than the quota, and keep the rest', async () => {
    const store = await home.open({ mostBytes: 1000, quotaBytes: 1500 });
    const { args } = await problemFrom('artifact.tooLarge', () => store.put(ctx, noise(1001), about('big')));
    assert.deepEqual(args, { name: 'big', size: 1001, most: 1000 });
    const first = await store.put(ctx, noise(900), about('a'));
    const refused = await problemFrom('artifact.quotaExceeded', () => store.put(ctx, noise(900), about('b')));
    assert.deepEqual(refused.args, { name: 'b', needed: 900, quota: 1500, free: 600 });
    assert.ok(await store.get(first.hash));
    await store.drop(ctx, [first.id], 'a test');
    await store.remove(ctx, [first.hash]);
    await store.put(ctx, noise(900), about('b'));
  });

  it('refuse a database that is newer, damaged or empty', async () => {
    const store = await home.open();
    await store.stop(ctx);
    const file = home.folder.at('artifacts.db');
    const database = new DatabaseSync(file);
    database.exec(`UPDATE meta SET value = 99 WHERE name = 'format'`);
    database.close();
    await problemFrom('data.newer', () => home.open());
    writeFileSync(file, '');
    await problemFrom('data.corrupt', () => home.open());
    writeFileSync(file, 'no database at all, and long enough to be looked at'.repeat(100));
    await problemFrom('data.corrupt', () => home.open());
    rmSync(file);
    await home.open();
  });
});
