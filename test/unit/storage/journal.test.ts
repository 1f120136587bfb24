import { strict as assert } from 'node:assert';
import { copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { RunEvent } from '../../../schemas/journal/events';
import { silentLog } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { openJournal, openSqlite, type OpenDatabase } from '../../../server/storage';
import { createdWith, workflowOf } from '../engine/support';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();
const file = () => folder.at('journal.db');
const open = (driver: OpenDatabase = openSqlite) =>
  openJournal({ file: file(), clock: systemClock, log: silentLog, open: driver });
const noted = (note: string): RunEvent => ({ type: 'RunCancelRequested', reason: note });

/** A closed journal of one run with `count` events of 200 bytes. */
async function written(count: number): Promise<void> {
  const journal = await open();
  const events = Array.from({ length: count }, (_, seq) => noted(`${seq} `.padEnd(200, '.')));
  await journal.append('run', 0, events);
  await journal.close();
}

/** Every event there is, or the problem met on the way. */
async function readAll(): Promise<number> {
  const journal = await open();
  try {
    return journal.runs().flatMap((run) => journal.read(run)).length;
  } finally {
    await journal.close();
  }
}

describe('the journal', () => {
  it('shares one commit among the appends of a turn', async () => {
    let commits = 0;
    const journal = await open((name) => {
      const inner = openSqlite(name);
      return { ...inner, transaction: (work) => (commits++, inner.transaction(work)) };
    });
    commits = 0;
    await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append(`r${i}`, 0, [noted('x')])));
    assert.deepEqual([commits, journal.position()], [1, 50]);
    await journal.close();
  });

  it('is private, and syncs fully into a write-ahead log', async () => {
    await written(1);
    if (process.platform !== 'win32') assert.equal(statSync(file()).mode & 0o777, 0o600);
    const database = openSqlite(file());
    assert.equal(database.prepare('PRAGMA journal_mode').get()!['journal_mode'], 'wal');
    assert.equal(database.prepare('PRAGMA synchronous').get()!['synchronous'], 2);
    database.close();
  });

  it('refuses a newer format and leaves it alone', async () => {
    await written(1);
    const database = new DatabaseSync(file());
    database.exec('UPDATE meta SET value = 7');
    database.close();
    const before = readFileSync(file());
    assert.deepEqual((await problemFrom('data.newer', open)).args, { path: file(), found: 7, known: 1 });
    assert.deepEqual(readFileSync(file()), before);
  });

  it('takes events of a kind it does not know for those of a newer version', async () => {
    const journal = await open();
    await journal.append('run', 0, [noted('x'), { type: 'RunTeleported' } as never]);
    await journal.close();
    const { args } = await problemFrom('data.newer', readAll);
    assert.deepEqual(args, { path: file(), found: 'RunTeleported', known: 1 });
    assert.equal(existsSync(`${file()}.damaged-1`), false);
  });

  it('drops a damaged snapshot and goes on without it', async () => {
    await written(5);
    for (const damage of [`body = x'00'`, 'seq = 4', 'crc = crc + 1', 'seq = 9']) {
      const journal = await open();
      await journal.snapshot('run', 5, Buffer.from('five'));
      assert.equal(journal.latestSnapshot('run')?.seq, 5);
      await journal.close();
      const database = new DatabaseSync(file());
      database.exec(`UPDATE snapshots SET ${damage}`);
      database.close();
      const again = await open();
      assert.equal(again.latestSnapshot('run'), undefined, damage);
      assert.equal(again.read('run').length, 5);
      await again.close();
    }
  });

  it('goes on after a full disk, with nothing lost and nothing doubled', async () => {
    await written(1);
    let limit: (pages: number) => void = () => undefined;
    const journal = await open((name) => {
      const inner = openSqlite(name);
      limit = (pages) => inner.exec(`PRAGMA max_page_count = ${pages}`);
      return inner;
    });
    limit(1);
    const large = noted('x'.repeat(100_000));
    const full = await problemFrom('data.diskFull', () =>
      Promise.all([journal.append('run', 1, [large]), journal.append('other', 0, [noted('y')])]),
    );
    assert.equal(full.args['path'], file());
    assert.equal(journal.position(), 1);
    limit(1_000_000);
    await journal.append('run', 1, [large]);
    await journal.append('other', 0, [noted('y')]);
    await journal.close();
    assert.equal(await readAll(), 3);
  });

  it('says that it cannot be written', async () => {
    await written(1);
    let forbid: () => void = () => undefined;
    const journal = await open((name) => {
      const inner = openSqlite(name);
      forbid = () => inner.exec('PRAGMA query_only = ON');
      return inner;
    });
    forbid();
    await problemFrom('data.readOnly', () => journal.append('run', 1, [noted('x')]));
    await journal.close();
    writeFileSync(folder.at('no folder'), '');
    await problemFrom('data.readOnly', () =>
      openJournal({ file: folder.at('no folder', 'journal.db'), clock: systemClock, log: silentLog }),
    );
  });
});

describe('a damaged journal', () => {
  async function check(damage: () => void): Promise<void> {
    await written(300);
    damage();
    const bytes = readFileSync(file());
    const { args } = await problemFrom('data.corrupt', readAll);
    assert.equal(args['path'], file());
    assert.ok(String(args['detail']).length > 5);
    assert.deepEqual(readFileSync(String(args['backup'])), bytes, 'a copy is kept');
    assert.deepEqual(readFileSync(file()), bytes, 'the journal is not touched');
    const again = await problemFrom('data.corrupt', readAll);
    assert.equal(again.args['backup'], args['backup'], 'one copy is enough');
  }

  const overwrite = (at: number, bytes: Uint8Array) => {
    const all = readFileSync(file());
    all.set(bytes, at);
    writeFileSync(file(), all);
  };

  it('is refused when it is empty', () => check(() => truncateSync(file(), 0)));
  it('is refused when it is cut in the middle', () => check(() => truncateSync(file(), 20_000)));
  it('is refused when it is no database', () => check(() => writeFileSync(file(), 'nonsense'.repeat(2000))));
  const change = (sql: string) => {
    const database = new DatabaseSync(file());
    database.exec(sql);
    database.close();
  };
  for (const table of ['meta', 'batches', 'headings', 'snapshots', 'lease'])
    it(`is refused when its table ${table} is gone`, () => check(() => change(`DROP TABLE ${table}`)));
  it('is refused when one bit of a text is flipped', () =>
    check(() => {
      const at = readFileSync(file()).indexOf('150 ....');
      assert.ok(at > 0);
      overwrite(at + 6, Buffer.from('/'));
    }));
  for (const which of ['min(last)', 'max(last)', 'max(last) - 50'])
    it(`is refused when the events at ${which} are missing`, () =>
      check(() =>
        change(`DELETE FROM batches WHERE last >= (SELECT ${which} FROM batches)
        AND last - count < (SELECT ${which} FROM batches)`),
      ));
  it('is refused when events are in the place of others', () =>
    check(() => change(`UPDATE batches SET run = 'other' WHERE last = (SELECT max(last) FROM batches)`)));
  it('makes damaged headings again', async () => {
    const journal = await open();
    const workflow = workflowOf({ a: '' });
    await journal.append('run', 0, [createdWith(workflow), { type: 'RunPaused' }]);
    await journal.append('other', 0, [createdWith({ ...workflow, title: 'second' })]);
    const before = journal.headings();
    await journal.close();
    for (const damage of [`UPDATE headings SET title = 'false'`, 'DELETE FROM headings']) {
      change(damage);
      const again = await open();
      assert.deepEqual(again.headings(), before);
      assert.deepEqual(again.runs(), ['run', 'other']);
      await again.close();
    }
  });
  it('is refused when only its log is left', async () => {
    await written(1);
    copyFileSync(file(), folder.at('journal.db-wal'));
    truncateSync(file(), 0);
    await problemFrom('data.corrupt', readAll);
  });

  it('is never read as something else, wherever bytes are flipped', async () => {
    await written(300);
    const whole = readFileSync(file());
    const seen = { refused: 0, whole: 0 };
    for (let i = 0; i < 60; i++) {
      const bytes = Buffer.from(whole);
      const at = (i * 104_729 + 17) % bytes.length;
      bytes[at] = bytes[at]! ^ (1 << (i % 8));
      writeFileSync(file(), bytes);
      try {
        // A flip in unused space may go unnoticed; then everything must be there.
        assert.equal(await readAll(), 300);
        seen.whole++;
      } catch (thrown) {
        if (thrown instanceof assert.AssertionError) throw thrown;
        seen.refused++;
      }
    }
    assert.ok(seen.refused > 10, JSON.stringify(seen));
    assert.ok(existsSync(`${file()}.damaged-1`));
  });
});
