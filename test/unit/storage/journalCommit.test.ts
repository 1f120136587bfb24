import { strict as assert } from 'node:assert';
import type { Code } from '../../../schemas/codes';
import type { RunEvent } from '../../../schemas/journal/events';
import { silentLog } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { openJournal, openSqlite, type JournalOptions, type Schedule } from '../../../server/storage';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();
const file = () => folder.at('journal.db');
const open = (options: Partial<JournalOptions> = {}) =>
  openJournal({ file: file(), clock: systemClock, log: silentLog, ...options });
const paused: RunEvent = { type: 'RunPaused' };
const many = (count: number) => Array.from({ length: count }, () => paused);

/** Plans kept by hand: nothing is committed before `turn`. */
function byHand() {
  let planned: (() => void)[] = [];
  const waits: number[] = [];
  const schedule: Schedule = (work, ms) => {
    waits.push(ms);
    planned.push(work);
    return () => void (planned = planned.filter((one) => one !== work));
  };
  const turn = () => planned.splice(0).forEach((work) => work());
  return { schedule, turn, waits, planned: () => planned.length };
}

describe('a commit', () => {
  it('takes no more events than it may, and the loop turns between two', async () => {
    const hand = byHand();
    const journal = await open({ schedule: hand.schedule, mostEvents: 10 });
    const sizes: number[] = [];
    journal.onAppended((events) => sizes.push(events.length));
    const appends = [4, 5, 4, 25, 1, 9, 1].map((count, i) => journal.append(`r${i}`, 0, many(count)));
    while (hand.planned() > 0) hand.turn();
    await Promise.all(appends);
    assert.deepEqual(sizes, [9, 4, 25, 10, 1]);
    assert.deepEqual(
      journal.since(0, 100).map(({ position }) => position),
      Array.from({ length: 49 }, (_, i) => i + 1),
    );
    await journal.close();
  });

  it('waits as long as it may for others to share it', async () => {
    const hand = byHand();
    const journal = await open({ schedule: hand.schedule, mostMs: 7 });
    const first = journal.append('a', 0, [paused]);
    const second = journal.append('b', 0, [paused]);
    assert.deepEqual([hand.waits, hand.planned()], [[7], 1]);
    hand.turn();
    await Promise.all([first, second]);
    await journal.close();
  });

  it('waits for nobody when it is full', async () => {
    const hand = byHand();
    const journal = await open({ schedule: hand.schedule, mostMs: 7, mostEvents: 3 });
    const appends = [2, 1, 1, 4, 1].map((count, i) => journal.append(`r${i}`, 0, many(count)));
    assert.deepEqual([hand.waits, hand.planned()], [[7, 0], 1]);
    while (hand.planned() > 0) hand.turn();
    await Promise.all(appends);
    const later = journal.append('later', 0, [paused]);
    assert.deepEqual([hand.waits.at(-1), hand.planned(), journal.position()], [7, 1, 9]);
    hand.turn();
    await later;
    await journal.close();
  });

  it('holds everything that waits when the journal is closed', async () => {
    const hand = byHand();
    const journal = await open({ schedule: hand.schedule, mostEvents: 2 });
    const appends = [1, 2, 3].map((count, i) => journal.append(`r${i}`, 0, many(count)));
    const snapshot = journal.snapshot('r2', 3, Buffer.from('x'));
    await journal.close();
    await Promise.all([...appends, snapshot]);
    assert.equal(hand.planned(), 0);
    const again = await open();
    assert.deepEqual([again.position(), again.latestSnapshot('r2')?.seq], [6, 3]);
    await again.close();
  });

  it('of a full disk takes nothing that follows it either', async () => {
    let limit: (pages: number) => void = () => undefined;
    const journal = await open({
      mostEvents: 2,
      open: (name) => {
        const inner = openSqlite(name);
        limit = (pages) => inner.exec(`PRAGMA max_page_count = ${pages}`);
        return inner;
      },
    });
    limit(1);
    const large: RunEvent = { type: 'RunCancelRequested', reason: 'x'.repeat(50_000) };
    const results = await Promise.allSettled([
      journal.append('a', 0, [large, paused]),
      journal.append('a', 2, [paused, paused]),
      journal.append('a', 4, [paused]),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
    assert.deepEqual([journal.position(), journal.read('a')], [0, []]);
    limit(1_000_000);
    await journal.append('a', 0, [large]);
    await journal.close();
  });
});

describe('a commit that fails', () => {
  async function check(code: Code, failure: object): Promise<void> {
    let failing = false;
    const journal = await open({
      open: (name) => {
        const inner = openSqlite(name);
        return {
          ...inner,
          transaction: (work) =>
            inner.transaction(() => {
              const result = work();
              if (failing) throw Object.assign(new Error('it fails'), failure);
              return result;
            }),
        };
      },
    });
    await journal.append('run', 0, [paused]);
    failing = true;
    assert.equal((await problemFrom(code, () => journal.append('run', 1, [paused]))).args['path'], file());
    assert.deepEqual([journal.position(), journal.read('run').length], [1, 1]);
    failing = false;
    const [recorded] = await journal.append('run', 1, [paused]);
    assert.deepEqual([recorded!.seq, recorded!.position, journal.headings().length], [2, 2, 0]);
    await journal.close();
  }

  it('says that the disk is failing', () => check('data.failing', { errcode: 10 | (4 << 8) }));
  it('says that the file is in use', () => check('data.busy', { errcode: 5 }));
});

describe('two journals on one file', () => {
  it('do not let the loser write what it had begun', async () => {
    const hand = byHand();
    const loser = await open({ schedule: hand.schedule });
    const appending = loser.append('run', 0, [paused]);
    const winner = await open();
    hand.turn();
    await problemFrom('data.takenOver', () => appending);
    await winner.append('run', 0, [paused]);
    await Promise.all([loser.close(), winner.close()]);
  });
});
