import { strict as assert } from 'node:assert';
import type { RunEvent } from '../../schemas/journal/events';
import type { Journal } from '../../server/engine';

const paused: RunEvent = { type: 'RunPaused' };
const resumed: RunEvent = { type: 'RunResumed' };

/** What every journal must do, whatever keeps it. `make` gives an empty one each time. */
export function journalConformance(make: () => Promise<Journal>): void {
  let journal: Journal;
  beforeEach(async () => void (journal = await make()));
  afterEach(() => journal.close());

  it('begins empty', () => {
    assert.deepEqual(
      [journal.position(), journal.runs(), journal.read('r'), journal.since(0, 10)],
      [0, [], [], []],
    );
  });

  it('counts seq within a run and position over all', async () => {
    await journal.append('r', 0, [paused, resumed]);
    await journal.append('s', 0, [paused]);
    const [third] = await journal.append('r', 2, [paused]);
    assert.deepEqual([third!.run, third!.seq, third!.position, third!.event], ['r', 3, 4, paused]);
    assert.deepEqual(
      journal.read('r').map(({ seq, position }) => [seq, position]),
      [
        [1, 1],
        [2, 2],
        [3, 4],
      ],
    );
    assert.deepEqual([journal.position(), journal.runs()], [4, ['r', 's']]);
    assert.deepEqual(
      journal.since(1, 2).map(({ position }) => position),
      [2, 3],
    );
    assert.deepEqual(journal.since(4, 2), []);
  });

  it('refuses an append that does not know the last event', async () => {
    await journal.append('r', 0, [paused]);
    for (const wrong of [0, 2])
      await assert.rejects(journal.append('r', wrong, [paused]), { name: 'SeqConflict' });
    assert.equal(journal.position(), 1);
    await journal.append('r', 1, [paused]);
  });

  it('refuses the second of two that would be the same', async () => {
    const both = await Promise.allSettled([
      journal.append('r', 0, [paused]),
      journal.append('r', 0, [resumed]),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.deepEqual(
      journal.read('r').map(({ event }) => event.type),
      ['RunPaused'],
    );
  });

  it('takes nothing as nothing', async () => {
    assert.deepEqual([await journal.append('r', 0, []), journal.runs()], [[], []]);
  });

  it('gives back what it was given, and not what that became', async () => {
    const event: RunEvent = {
      type: 'StepRecorded',
      node: 'ä\u0000"\u2028😀',
      attempt: 1,
      key: '',
      outcome: { deep: [null, 1.5, -0.1, 'x', { empty: {} }] },
    };
    const before = structuredClone(event);
    const appending = journal.append('r', 0, [event]);
    (event.outcome as { deep: unknown[] }).deep.push('later');
    await appending;
    assert.deepEqual(journal.read('r')[0]!.event, before);
  });

  it('announces in order, after the events can be read', async () => {
    const heard: number[] = [];
    const listening = journal.onAppended((events) => {
      for (const { position } of events) {
        assert.ok(journal.since(position - 1, 1).length === 1);
        heard.push(position);
      }
    });
    await Promise.all(Array.from({ length: 20 }, (_, i) => journal.append(`r${i}`, 0, [paused, resumed])));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      heard,
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    listening.dispose();
    await journal.append('r0', 2, [paused]);
    assert.equal(heard.length, 40);
  });
}
