import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { silentLog } from '../../../server/base';
import {
  openFirings,
  openSqlite,
  type Firings,
  type FiringsOptions,
  type NewFiring,
} from '../../../server/storage';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();
const file = () => folder.at('triggers.db');
const open = (more: Partial<FiringsOptions> = {}) => openFirings({ file: file(), log: silentLog, ...more });

const firing = (key: string, more: Partial<NewFiring> = {}): NewFiring => ({
  ...{
    key,
    melody: 'a.melody.json',
    trigger: 't',
    on: 'cron',
    hash: 'h',
    due: 10,
    at: 11,
    missed: 0,
    depth: 0,
  },
  cause: { why: 'ü' },
  inputs: { secret: 'x'.repeat(50) },
  ...more,
});
const trigger = { melody: 'a.melody.json', trigger: 't', hash: 'h', at: 5, mark: 5, token: 'k' };

/** Does something in one life and reads in the next. */
async function after<T>(act: (firings: Firings) => void, read: (firings: Firings) => T): Promise<T> {
  const first = await open();
  act(first);
  first.close();
  const second = await open();
  try {
    return read(second);
  } finally {
    second.close();
  }
}

describe('the record of firings', () => {
  it('keeps what is armed', async () => {
    const why = { code: 'trigger.changed', args: { melody: 'a', trigger: 't' } } as const;
    const read = (firings: Firings) => firings.armed();
    assert.deepEqual(await after((one) => one.arm(trigger), read), [
      { ...trigger, state: 'armed', problem: null },
    ]);
    const halted = await after((one) => one.halt('a.melody.json', 't', 'changed', why), read);
    assert.deepEqual(halted, [{ ...trigger, state: 'changed', problem: why }]);
    const anew = { ...trigger, hash: 'i' };
    assert.deepEqual(await after((one) => one.arm(anew), read), [{ ...anew, state: 'armed', problem: null }]);
    assert.deepEqual(await after((one) => one.disarm('a.melody.json', 't'), read), []);
  });

  it('keeps a firing and the mark it moves, together', async () => {
    const read = (firings: Firings) => [firings.open(), firings.armed()[0]!.mark];
    const found = await after((one) => {
      one.arm(trigger);
      one.record(firing('k'), { mark: 10 });
    }, read);
    assert.deepEqual(found, [[{ ...firing('k'), id: 1, state: 'due', run: null, problem: null }], 10]);
  });

  it('has one firing per key, whatever else is said of it', async () => {
    const firings = await open();
    firings.arm(trigger);
    assert.ok(firings.record(firing('k')));
    assert.equal(firings.record(firing('k', { due: 99 }), { mark: 99 }), undefined);
    assert.deepEqual(
      [firings.list(9).length, firings.byKey('k')!.due, firings.armed()[0]!.mark],
      [1, 10, 99],
    );
    firings.close();
  });

  it('settles a firing once and drops its inputs then', async () => {
    const firings = await open();
    const { id } = firings.record(firing('k'))!;
    const settled = firings.settle(id, { state: 'started', run: 'r' });
    assert.deepEqual([settled.state, settled.run, settled.inputs], ['started', 'r', {}]);
    const why = { code: 'cancelled', args: {} } as const;
    assert.equal(firings.settle(id, { state: 'failed', problem: why }).state, 'started');
    assert.deepEqual([firings.open(), firings.byRun('r')!.id], [[], id]);
    firings.record(firing('l'), { outcome: { state: 'skipped', problem: why } });
    assert.deepEqual([firings.open(), firings.last('a.melody.json', 't')!.problem], [[], why]);
    firings.close();
  });

  it('forgets the oldest settled ones, never one that is due', async () => {
    const firings = await open();
    for (let i = 0; i < 30; i++)
      firings.record(firing(`k${i}`), i === 3 ? {} : { outcome: { state: 'started', run: 'r' } });
    firings.close();
    const again = await open({ keep: 10 });
    const keys = again.list(100).map(({ key }) => key);
    assert.deepEqual([keys.length, keys[0], keys.at(-2), keys.at(-1)], [11, 'k29', 'k20', 'k3']);
    assert.equal(again.record(firing('new'))!.id, 31);
    again.close();
  });

  it('keeps the port', async () => {
    assert.equal(
      await after(
        () => undefined,
        (one) => one.port(),
      ),
      undefined,
    );
    assert.equal(
      await after(
        (one) => one.keepPort(4242),
        (one) => one.port(),
      ),
      4242,
    );
  });

  it('is private and syncs fully', async () => {
    (await open()).close();
    if (process.platform !== 'win32') assert.equal(statSync(file()).mode & 0o777, 0o600);
    const database = openSqlite(file());
    assert.equal(database.prepare('PRAGMA journal_mode').get()!['journal_mode'], 'wal');
    assert.equal(database.prepare('PRAGMA synchronous').get()!['synchronous'], 2);
    database.close();
  });

  it('refuses a newer format and leaves it alone', async () => {
    (await open()).close();
    const database = new DatabaseSync(file());
    database.exec(`UPDATE meta SET value = 7 WHERE name = 'format'`);
    database.close();
    const before = readFileSync(file());
    assert.deepEqual((await problemFrom('data.newer', open)).args, { path: file(), found: 7, known: 1 });
    assert.deepEqual(readFileSync(file()), before);
  });

  it('refuses damage with a copy kept, and never begins anew', async () => {
    const fill = async () => {
      const firings = await open();
      for (let i = 0; i < 60; i++) firings.record(firing(`k${i}`));
      firings.close();
    };
    const damages: [string, () => void][] = [
      ['empty', () => truncateSync(file(), 0)],
      ['cut', () => truncateSync(file(), 9000)],
      ['other', () => writeFileSync(file(), 'this is no database at all, and long enough to be read as one')],
      ['no tables', () => new DatabaseSync(file()).exec('DROP TABLE armed')],
      ['no format', () => new DatabaseSync(file()).exec('DELETE FROM meta')],
    ];
    for (const [what, damage] of damages) {
      for (const suffix of ['', '-wal', '-shm']) rmSync(file() + suffix, { force: true });
      await fill();
      damage();
      const { args } = await problemFrom('data.corrupt', open);
      assert.ok(existsSync(String(args['backup'])), what);
      await problemFrom('data.corrupt', open);
    }
  });

  it('refuses a row that cannot be read', async () => {
    const firings = await open();
    firings.record(firing('k'));
    const database = new DatabaseSync(file());
    database.exec(`UPDATE firings SET cause = '{'`);
    database.close();
    await problemFrom('data.corrupt', () => firings.open());
    firings.close();
  });

  it('says when the disk is full, and goes on afterwards with nothing half done', async () => {
    let limit: (pages: number) => void = () => undefined;
    const firings = await open({
      open: (name) => {
        const inner = openSqlite(name);
        limit = (pages) => inner.exec(`PRAGMA max_page_count = ${pages}`);
        return inner;
      },
    });
    firings.arm(trigger);
    limit(1);
    const large = firing('k', { inputs: { a: 'x'.repeat(500_000) } });
    await problemFrom('data.diskFull', () => firings.record(large, { mark: 77 }));
    assert.deepEqual([firings.list(9), firings.armed()[0]!.mark], [[], 5]);
    limit(1_000_000);
    assert.ok(firings.record(large, { mark: 77 }));
    firings.close();
  });
});
