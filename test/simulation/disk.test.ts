import { strict as assert } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import { silentLog } from '../../server/base';
import { systemClock } from '../../server/base/node';
import { durable, openJournal, type Database } from '../../server/storage';
import { Dice } from '../../simulation/dice';
import { Disk } from '../../simulation/disk/disk';
import { ProcessDisk } from '../../simulation/disk/processDisk';
import { SimulatedSqlite } from '../../simulation/sqlite/driver';
import { journalConformance } from '../conformance/journal';

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** What files hold after `work` and a loss of power in which sectors are newest with probability `keep`. */
function check(
  keep: number,
  work: (disk: Disk) => void,
  expected: Readonly<Record<string, string | undefined>>,
): void {
  const disk = new Disk(new Dice('check'));
  work(disk);
  disk.losePower(keep);
  const found = Object.keys(expected).map((path) => {
    const content = disk.find(path);
    return [path, content && Buffer.from(content.all()).toString()];
  });
  assert.deepEqual(Object.fromEntries(found), expected);
}

const write = (disk: Disk, path: string, text: string, at = 0): void =>
  disk.write(disk.create(path, false), path, at, bytes(text));
const sync = (disk: Disk, path: string): void => disk.sync(disk.find(path)!, path);

/** What file `f` may hold after `work` and a loss of power, over many dice. */
function outcomes(work: (disk: Disk) => void, keep = 0.5): Set<string> {
  const found = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const disk = new Disk(new Dice(`outcome ${i}`));
    work(disk);
    disk.losePower(keep);
    const content = disk.find('f');
    found.add(content ? Buffer.from(content.all()).toString() : '-');
  }
  return found;
}

describe('the simulated disk', () => {
  it('keeps what was synced, with its name', () =>
    check(
      0,
      (disk) => {
        write(disk, 'a', 'kept');
        sync(disk, 'a');
        disk.syncNames();
      },
      { a: 'kept' },
    ));

  it('keeps everything when all of it reached the platter', () =>
    check(1, (disk) => write(disk, 'a', 'kept'), { a: 'kept' }));

  it('may lose a file whose folder was not synced, however well it was synced itself', () => {
    const found = outcomes((disk) => {
      write(disk, 'f', 'x');
      sync(disk, 'f');
    });
    assert.deepEqual([...found].sort(), ['-', 'x']);
  });

  it('leaves any state a sector went through since its sync, and parts of the last one', () => {
    const found = outcomes((disk) => {
      write(disk, 'f', 'aaaa');
      sync(disk, 'f');
      disk.syncNames();
      write(disk, 'f', 'bbbb');
      write(disk, 'f', 'cccc');
    });
    for (const state of ['aaaa', 'bbbb', 'cccc'])
      assert.ok(found.has(state), `${state} of ${[...found].join()}`);
    assert.ok(found.has('ccbb') || found.has('cbbb') || found.has('cccb'), [...found].join());
    assert.ok(!found.has('caaa'), 'a change is not kept without the one before it');
  });

  it('decides about each sector by itself', () => {
    const found = outcomes((disk) => {
      write(disk, 'f', 'x'.repeat(8192));
      sync(disk, 'f');
      disk.syncNames();
      write(disk, 'f', 'y'.repeat(8192));
    });
    assert.ok([...found].some((text) => text.startsWith('x') && text.includes('y')));
  });

  it('gives what was not durable up when a sync fails', () => {
    const disk = new Disk(new Dice('fails'));
    write(disk, 'f', 'old');
    sync(disk, 'f');
    write(disk, 'f', 'new');
    disk.troubles.syncFails = 1;
    assert.throws(() => sync(disk, 'f'), { code: 'EIO' });
    assert.equal(Buffer.from(disk.find('f')!.all()).toString(), 'old');
  });

  it('takes nothing more when it is full, and still overwrites', () => {
    const disk = new Disk(new Dice('full'));
    write(disk, 'f', 'four');
    disk.troubles.full = true;
    write(disk, 'f', 'five');
    assert.throws(() => write(disk, 'f', '!', 4), { code: 'ENOSPC' });
    assert.throws(() => disk.create('g', false), { code: 'ENOSPC' });
  });
});

describe('SQLite on the simulated disk', () => {
  let sqlite: SimulatedSqlite;
  before(async () => void (sqlite = await SimulatedSqlite.load()));

  const process = (disk = new Disk(new Dice('sqlite'))) => {
    let alive = true;
    const view = new ProcessDisk(disk, { isAlive: () => alive, boundary: () => undefined });
    const own = sqlite.forProcess(view);
    const kill = (): void => {
      alive = false;
      own.bury();
    };
    return { disk, view, open: own.open, kill };
  };

  it('gives values and errors as Node’s own does', () => {
    const node = new DatabaseSync(':memory:');
    const simulated = process().open('/db');
    const told = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (thrown) {
        const { message, code, errcode } = thrown as { message: string; code: string; errcode: number };
        return { message, code, errcode: errcode & 0xff };
      }
    };
    const table = 'CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB, d REAL) STRICT';
    node.exec(table);
    simulated.exec(table);
    const both = (sql: string, ...values: (string | number | null | Uint8Array)[]): void =>
      assert.deepEqual(
        told(() => simulated.prepare(sql).all(...values)),
        told(() =>
          node
            .prepare(sql)
            .all(...values)
            .map((row) => ({ ...row })),
        ),
        sql,
      );
    both('INSERT INTO t VALUES(?, ?, ?, ?) RETURNING *', 1, 'ü\u0000😀', new Uint8Array([0, 255]), 0.1);
    both('INSERT INTO t VALUES(?, ?, ?, ?) RETURNING *', 2 ** 40, '', new Uint8Array(0), null);
    both('INSERT INTO t VALUES(?, ?, ?, ?)', 1, 'twice', null, 1);
    both('INSERT INTO t VALUES(?, ?, ?, ?)', 3, 'no integer', null, 'text');
    both('SELECT typeof(?), typeof(?), typeof(?), typeof(?)', 1, 'a', null, new Uint8Array(1));
    both('SELECT * FROM nothing');
    both('PRAGMA page_size');
    both('PRAGMA foreign_keys');
    node.close();
    simulated.close();
  });

  it('keeps a commit through a loss of power, and loses one that asked for no sync', () => {
    const survives = (pragmas: readonly string[], dice: Dice): number => {
      const first = process(new Disk(dice));
      const database = first.open('/db', pragmas);
      database.exec('CREATE TABLE t(a)');
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      first.disk.syncNames();
      database.transaction(() => database.exec('INSERT INTO t VALUES(1)'));
      first.kill();
      first.disk.losePower(0);
      const second = process(first.disk);
      const count = Number(second.open('/db').prepare('SELECT count(*) AS n FROM t').get()!['n']);
      second.kill();
      return count;
    };
    const survivors = (pragmas: readonly string[]): number[] => [
      ...new Set(Array.from({ length: 40 }, (_, i) => survives(pragmas, new Dice(`${i}`)))),
    ];
    assert.deepEqual(survivors(durable), [1]);
    const lazy = durable.map((pragma) => pragma.replace('FULL', 'NORMAL'));
    assert.ok(survivors(lazy).includes(0));
  });

  it('lets two processes share a file as two real ones do', () => {
    const disk = new Disk(new Dice('two'));
    const [one, other] = [process(disk), process(disk)];
    const [mine, theirs]: Database[] = [one.open('/db'), other.open('/db')];
    mine!.exec('CREATE TABLE t(a)');
    mine!.transaction(() => {
      mine!.exec('INSERT INTO t VALUES(1)');
      assert.throws(() => theirs!.exec('BEGIN IMMEDIATE'), { errcode: 5 });
      assert.equal(theirs!.prepare('SELECT count(*) AS n FROM t').get()!['n'], 0);
    });
    assert.equal(theirs!.prepare('SELECT count(*) AS n FROM t').get()!['n'], 1);
    one.kill();
    theirs!.exec('INSERT INTO t VALUES(2)');
    assert.equal(theirs!.prepare('SELECT count(*) AS n FROM t').get()!['n'], 2);
    other.kill();
  });

  describe('keeps a journal that', () =>
    journalConformance(() => {
      const { view, open } = process();
      return openJournal({
        file: '/data/journal.db',
        clock: systemClock,
        log: silentLog,
        open,
        files: view.journalFiles(),
      });
    }));
});
