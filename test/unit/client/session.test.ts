import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { pauseAfter, pauses } from '../../../client/session/backoff';
import { mendsItself } from '../../../client/session/judge';
import { EventLedger } from '../../../client/session/ledger';
import type { RecordedEvent } from '../../../schemas/journal/events';

const event = (position: number): RecordedEvent => ({
  position,
  run: 'run-1',
  seq: position,
  at: 0,
  event: { type: 'RunPaused' },
});

describe('back-off', () => {
  it('doubles, is spread over the upper half, and ends at the longest pause', () => {
    assert.deepEqual(
      [1, 2, 3, 4].map((failures) => pauseAfter(failures, 0)),
      [125, 250, 500, 1000],
    );
    assert.equal(pauseAfter(3, 0.5), 750);
    assert.equal(pauseAfter(500, 0.9999999), pauses.longest);
  });

  it('never waits longer than the longest pause, nor not at all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (n, random) => {
          const pause = pauseAfter(n, random);
          return pause >= pauses.first / 2 && pause <= pauses.longest;
        },
      ),
    );
  });
});

describe('failures to connect', () => {
  it('are tried again unless only a person can mend them', () => {
    assert.equal(mendsItself('sidecar.failed'), true);
    assert.equal(mendsItself('sidecar.busy'), true);
    assert.equal(mendsItself('sidecar.noNode'), false);
    assert.equal(mendsItself('sidecar.tooNew'), false);
  });
});

describe('the event ledger', () => {
  function ledger() {
    const heard: number[] = [];
    const made = new EventLedger((events) => heard.push(...events.map(({ position }) => position)));
    return { made, heard };
  }
  const journal =
    (last: number, page = 2) =>
    async (position: number) => {
      const rest = Array.from({ length: last }, (_, i) => event(i + 1)).filter(
        (each) => each.position > position,
      );
      return { events: rest.slice(0, page), more: rest.length > page };
    };

  it('begins where the first connection finds the journal', async () => {
    const { made, heard } = ledger();
    made.connectionBegan();
    await made.catchUp(5, journal(5));
    made.announced([event(6)]);
    assert.deepEqual(heard, [6]);
  });

  it('holds live events back until the past has arrived', async () => {
    const { made, heard } = ledger();
    made.connectionBegan();
    await made.catchUp(2, journal(2));
    made.connectionBegan();
    made.announced([event(7), event(8)]);
    await made.catchUp(7, journal(7));
    assert.deepEqual(heard, [3, 4, 5, 6, 7, 8]);
  });

  it('begins anew when the journal is another one', async () => {
    const { made, heard } = ledger();
    made.connectionBegan();
    await made.catchUp(90, journal(0));
    made.connectionBegan();
    await made.catchUp(3, journal(3));
    made.announced([event(4)]);
    assert.deepEqual(heard, [4]);
  });

  it('keeps what was held when catching up fails, and loses nothing later', async () => {
    const { made, heard } = ledger();
    made.connectionBegan();
    await made.catchUp(1, journal(1));
    made.connectionBegan();
    made.announced([event(3)]);
    await assert.rejects(made.catchUp(3, () => Promise.reject(new Error('lost'))));
    made.connectionBegan();
    await made.catchUp(3, journal(3));
    assert.deepEqual(heard, [2, 3]);
  });

  it('loses and doubles nothing wherever connections break', async () => {
    const step = fc.record({
      fresh: fc.integer({ min: 0, max: 5 }),
      breaks: fc.boolean(),
      early: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { made, heard } = ledger();
        let last = 0;
        made.connectionBegan();
        await made.catchUp(0, journal(0));
        for (const { fresh, breaks, early } of steps) {
          const news = Array.from({ length: fresh }, () => event(++last));
          if (!breaks) made.announced(news);
          else {
            made.connectionBegan();
            made.announced(news.slice(-early));
            await made.catchUp(last, journal(last));
          }
        }
        assert.deepEqual(
          heard,
          Array.from({ length: last }, (_, i) => i + 1),
        );
      }),
    );
  });
});
