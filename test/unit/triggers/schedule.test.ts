import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { lookAt, openSchedule, type Schedule } from '../../../server/triggers';
import { at } from './support';

function opened(schedule: string, zone?: string): Schedule {
  const found = openSchedule(schedule, zone);
  assert.ok('next' in found, JSON.stringify(found));
  return found;
}

/** The next due moments, to the minute. */
function check(schedule: string, zone: string, from: string, expected: readonly string[]): void {
  const found: string[] = [];
  let after: number | undefined = at(from);
  while (found.length < expected.length) {
    after = opened(schedule, zone).next(after);
    if (after === undefined) break;
    found.push(new Date(after).toISOString().slice(5, 16));
  }
  assert.deepEqual(found, expected, `${schedule} in ${zone} from ${from}`);
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('a schedule', () => {
  it('knows fields, lists, ranges and steps', () => {
    check('5 4 * * *', 'UTC', '2026-01-01T04:05:00Z', ['01-02T04:05']);
    check('5/15 4 * * *', 'UTC', '2026-01-01T00:00Z', [
      '01-01T04:05',
      '01-01T04:20',
      '01-01T04:35',
      '01-01T04:50',
    ]);
    check('0 9-17/4 * * 1-5', 'UTC', '2026-01-03T00:00Z', ['01-05T09:00', '01-05T13:00', '01-05T17:00']);
    check('0 0 * * 7', 'UTC', '2026-01-01T00:00Z', ['01-04T00:00', '01-11T00:00']);
    check('0 0 * * 0', 'UTC', '2026-01-01T00:00Z', ['01-04T00:00', '01-11T00:00']);
  });

  it('takes a day and a weekday for either', () => {
    check('0 0 1 * 1', 'UTC', '2026-04-25T00:00Z', ['04-27T00:00', '05-01T00:00', '05-04T00:00']);
  });

  it('finds leap days', () => {
    check('0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', ['02-29T00:00', '02-29T00:00']);
    assert.equal(opened('0 0 29 2 *').next(at('2096-03-01T00:00Z')), at('2104-02-29T00:00Z'));
  });

  it('is due at the change where clocks are set forward over it', () => {
    check('30 2 * * *', 'Europe/Berlin', '2026-03-28T02:00Z', ['03-29T01:00', '03-30T00:30']);
    check('30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['03-08T07:00', '03-09T06:30']);
    // The quarter hours go on by the hands of the clock.
    const quarters = ['03-29T00:30', '03-29T00:45', '03-29T01:00', '03-29T01:15'];
    check('*/15 * * * *', 'Europe/Berlin', '2026-03-29T00:15Z', quarters);
  });

  it('is due once where clocks are set back over it, unless it is due all the time', () => {
    check('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['10-25T00:30', '10-26T01:30']);
    check('0,30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', [
      '10-25T00:00',
      '10-25T00:30',
      '10-26T01:00',
    ]);
    check('30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['11-01T05:30', '11-02T06:30']);
    const halves = ['10-25T00:00', '10-25T00:30', '10-25T01:00', '10-25T01:30', '10-25T02:00'];
    check('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:30Z', halves);
  });

  it('knows zones of half an hour, and a day that was left out', () => {
    check('0 9 * * *', 'Asia/Kolkata', '2026-01-01T00:00Z', ['01-01T03:30', '01-02T03:30']);
    check('30 1 * * *', 'Australia/Lord_Howe', '2026-04-03T13:00Z', [
      '04-03T14:30',
      '04-04T14:30',
      '04-05T15:00',
    ]);
    check('0 12 * * *', 'Pacific/Apia', '2011-12-29T00:00Z', ['12-29T22:00', '12-30T22:00']);
  });

  it('says what is wrong', () => {
    assert.deepEqual(openSchedule('0 0 * * *', 'Mars/Olympus'), { fault: 'zone' });
    assert.deepEqual(openSchedule('0 0 30 2 *'), { fault: 'never' });
    for (const one of ['*/70 * * * *', '0 0 * * * *', '61 * * * *', 'x * * * *'])
      assert.equal((openSchedule(one) as { fault?: string }).fault, 'schedule', one);
  });

  it('gives one answer from everywhere before a due moment, also where clocks change', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'UTC'];
    const schedules = ['30 2 * * *', '0,30 1-3 * * *', '*/20 * * * *', '0 */3 * * *', '15 1 1 * 0'];
    const moments = ['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...schedules),
        fc.constantFrom(...moments),
        fc.integer({ min: -2 * day, max: 2 * day }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (zone, schedule, moment, offset, part) => {
          const { next } = opened(schedule, zone);
          const from = at(`${moment}T00:00Z`) + offset;
          const due = next(from)!;
          assert.ok(due > from);
          assert.equal(next(from + Math.floor((due - 1 - from) * part)), due);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('goes on through ten years without a gap or a step back', () => {
    const { next } = opened('30 2 * * *', 'Europe/Berlin');
    let before = next(at('2026-01-01T00:00Z'))!;
    for (let i = 0; i < 3650; i++) {
      const due = next(before)!;
      assert.ok(due - before >= 22 * hour && due - before <= 26 * hour, new Date(due).toISOString());
      before = due;
    }
  });
});

describe('what is due', () => {
  const daily = opened('0 6 * * *');
  const looked = (mark: string, now: string, schedule = daily) => {
    const look = lookAt(schedule, at(mark), at(now));
    return look && [new Date(look.due).toISOString().slice(0, 16), look.missed, look.onTime];
  };

  it('is nothing before its moment and one thing in its minute', () => {
    assert.equal(looked('2026-01-01T06:00:00Z', '2026-01-02T05:59:59.999Z'), undefined);
    assert.deepEqual(looked('2026-01-01T06:00:00Z', '2026-01-02T06:00:00Z'), ['2026-01-02T06:00', 0, true]);
    assert.deepEqual(looked('2026-01-01T06:00:00Z', '2026-01-02T06:00:59Z'), ['2026-01-02T06:00', 0, true]);
    assert.deepEqual(looked('2026-01-01T06:00:00Z', '2026-01-02T06:01:00Z'), ['2026-01-02T06:00', 0, false]);
  });

  it('is the last moment, and how many came before', () => {
    assert.deepEqual(looked('2026-01-01T06:00:00Z', '2026-01-09T07:00:00Z'), ['2026-01-09T06:00', 7, false]);
    assert.deepEqual(looked('2026-01-01T06:00:00Z', '2026-01-09T06:00:30Z'), ['2026-01-09T06:00', 7, true]);
  });

  it('is found quickly after years', () => {
    const every = opened('* * * * *', 'America/New_York');
    const start = performance.now();
    const found = looked('2016-01-01T00:00:00Z', '2026-11-01T05:45:10Z', every);
    assert.deepEqual(found, ['2026-11-01T05:45', 1000, true]);
    assert.ok(performance.now() - start < 3000);
  });
});
