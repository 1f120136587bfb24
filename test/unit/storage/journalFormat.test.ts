import { strict as assert } from 'node:assert';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { recordedEvent } from '../../../schemas/journal/events';
import { silentLog } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { foldAll } from '../../../server/engine';
import { openJournal, openSqlite, type OpenDatabase } from '../../../server/storage';
import { writeFormat0, type OldEvent } from './format0';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();
const file = () => folder.at('journal.db');
const open = (driver: OpenDatabase = openSqlite) =>
  openJournal({ file: file(), clock: systemClock, log: silentLog, open: driver });
const recordings = path.resolve(__dirname, '../../journals/v0');

/** All recorded runs, one event of each in turn, so that batches of many lengths come of them. */
function oldEvents(): OldEvent[] {
  const runs = globSync('*.jsonl', { cwd: recordings })
    .sort()
    .map((name) =>
      readFileSync(path.join(recordings, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => ({ ...recordedEvent.parse(JSON.parse(line)), run: name })),
    );
  const events: OldEvent[] = [];
  for (let i = 0; runs.some((run) => i < run.length); i += 3)
    for (const run of runs) events.push(...run.slice(i, i + 3));
  return events;
}

describe('a journal of format 0', () => {
  it('is brought to format 1 with every event in its place, and a copy is kept', async () => {
    const events = oldEvents();
    writeFormat0(file(), events);
    for (let opening = 0; opening < 2; opening++) {
      const journal = await open();
      assert.deepEqual(
        journal.since(0, 1e6),
        events.map(({ run, seq, at, event }, i) => ({ position: i + 1, run, seq, at, event })),
      );
      for (const heading of journal.headings()) {
        const run = foldAll(journal.read(heading.run))!;
        assert.deepEqual(
          [
            heading.title,
            heading.kind,
            heading.createdAt,
            heading.endedAt,
            heading.lastSeq,
            heading.lastPosition,
          ],
          [run.title, run.kind, run.createdAt, run.endedAt, run.seq, run.position],
        );
        // A run waits while a question is open, which its heading does not know.
        assert.equal(heading.state, run.state === 'waiting' ? 'running' : run.state);
      }
      assert.equal(journal.headings().length, 5);
      await journal.close();
    }
    const copy = new DatabaseSync(`${file()}.format-0`, { readOnly: true });
    assert.equal(copy.prepare('SELECT count(*) AS n FROM events').get()!['n'], events.length);
    copy.close();
  });

  it('is as it was when bringing it on fails, and is brought on later', async () => {
    const events = oldEvents();
    writeFormat0(file(), events);
    let failing = true;
    const driver: OpenDatabase = (name, pragmas) => {
      const inner = openSqlite(name, pragmas);
      return {
        ...inner,
        exec: (sql) => {
          if (failing && sql.includes('DROP TABLE events'))
            throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
          inner.exec(sql);
        },
      };
    };
    await problemFrom('data.diskFull', () => open(driver));
    const database = new DatabaseSync(file());
    assert.equal(database.prepare('SELECT count(*) AS n FROM events').get()!['n'], events.length);
    assert.equal(database.prepare(`SELECT value FROM meta WHERE name = 'format'`).get()!['value'], 0);
    assert.equal(database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'batches'`).get(), undefined);
    database.close();
    failing = false;
    const journal = await open(driver);
    assert.equal(journal.position(), events.length);
    await journal.close();
  });

  it('is refused when an event is damaged or missing', async () => {
    const events = oldEvents();
    for (const damage of [
      `UPDATE events SET body = replace(body, 'type', 'tpye') WHERE position = 5`,
      'DELETE FROM events WHERE position = 7',
      'DELETE FROM events WHERE position = (SELECT max(position) FROM events)',
      'DROP TABLE events',
    ]) {
      const name = folder.at(`${damage.slice(0, 12)}${damage.length}.db`);
      writeFormat0(name, events);
      const database = new DatabaseSync(name);
      database.exec(damage);
      database.close();
      const { args } = await problemFrom('data.corrupt', () =>
        openJournal({ file: name, clock: systemClock, log: silentLog }),
      );
      assert.ok(existsSync(String(args['backup'])) && args['backup'] !== name, damage);
    }
  });

  it('may be empty', async () => {
    writeFormat0(file(), []);
    const journal = await open();
    assert.deepEqual([journal.position(), journal.runs()], [0, []]);
    await journal.close();
  });
});
