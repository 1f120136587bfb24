import { strict as assert } from 'node:assert';
import type { RunEvent } from '../../schemas/journal/events';
import type { Journal } from '../../server/engine';

const paused: RunEvent = { type: 'RunPaused' };
const resumed: RunEvent = { type: 'RunResumed' };
const many = (count: number): RunEvent[] => Array.from({ length: count }, () => paused);
const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

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

  it('records the time it is told, and its own where it is told none', async () => {
    const at = [1_000.5, 77, 77];
    for (const [seq, one] of at.entries()) await journal.append('r', seq, [paused], one);
    const [own] = await journal.append('r', 3, [paused]);
    assert.deepEqual(
      journal.read('r').map((one) => one.at),
      [...at, own!.at],
    );
    assert.ok(own!.at > 1e6);
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

  it('reads a run from where a reader stands', async () => {
    await journal.append('r', 0, many(100));
    await journal.append('other', 0, [paused]);
    await journal.append('r', 100, many(100));
    for (const after of [0, 1, 63, 64, 65, 99, 100, 199, 200, 500])
      assert.deepEqual(
        journal.read('r', after).map(({ seq }) => seq),
        counted(200).filter((seq) => seq > after),
        `after ${after}`,
      );
    for (const limit of [1, 2, 63, 64, 65, 100, 150, 1000])
      assert.deepEqual(
        journal.since(90, limit).map(({ position }) => position),
        counted(201).filter((position) => position > 90 && position <= 90 + limit),
        `limit ${limit}`,
      );
  });

  it('takes one append of any length whole', async () => {
    const [small, large] = [many(3), many(1000)];
    const [one, two] = await Promise.all([journal.append('r', 0, large), journal.append('s', 0, small)]);
    assert.deepEqual([one.length, two.length, two[0]!.position], [1000, 3, 1001]);
  });

  it('has a heading for each run that was created, oldest first', async () => {
    const created = (title: string, kind: 'ask' | 'melody' = 'ask'): RunEvent => ({
      type: 'RunCreated',
      title,
      kind,
      workflow: { version: 1, title: '', nodes: [], limits: {} },
      facts: {},
    });
    await journal.append('zebra', 0, [created('first', 'melody'), { type: 'RunOwned', epoch: 'e' }]);
    await journal.append('ant', 0, [created('second')]);
    await journal.append('none', 0, [paused]);
    const check = async (event: RunEvent, state: string, hasEnded: boolean) => {
      const seq = journal.read('zebra').length;
      const [recorded] = await journal.append('zebra', seq, [event]);
      const [zebra, ant, ...more] = journal.headings();
      assert.deepEqual(more, []);
      assert.deepEqual(zebra, {
        run: 'zebra',
        title: 'first',
        kind: 'melody',
        state,
        createdAt: journal.read('zebra')[0]!.at,
        endedAt: hasEnded ? recorded!.at : null,
        firstPosition: 1,
        lastPosition: recorded!.position,
        lastSeq: recorded!.seq,
      });
      assert.deepEqual([ant!.run, ant!.state, ant!.firstPosition, ant!.lastSeq], ['ant', 'running', 3, 1]);
    };
    const broken = { code: 'internal.unexpected', args: { detail: '' } } as const;
    await check({ type: 'NodeStarted', node: 'n', attempt: 1 }, 'running', false);
    await check({ type: 'RunPaused' }, 'paused', false);
    await check({ type: 'NodeCompleted', node: 'n', attempt: 1, output: null }, 'paused', false);
    await check({ type: 'GenerationBegun', generation: 1, nodes: ['n'] }, 'paused', false);
    await check({ type: 'RunResumed' }, 'running', false);
    await check({ type: 'RunStopping', problem: broken }, 'cancelling', false);
    await check({ type: 'RunFailed', problem: broken }, 'failed', true);
    await check({ type: 'NodeRetried', node: 'n' }, 'running', false);
    await check({ type: 'RunFailed', problem: broken }, 'failed', true);
    await check({ type: 'NodeSkipped', node: 'n', reason: 'person' }, 'running', false);
    await check({ type: 'RunCompleted' }, 'completed', true);
    await check({ type: 'GenerationBegun', generation: 2, nodes: ['n'] }, 'running', false);
    await check({ type: 'RunCancelRequested', reason: '' }, 'cancelling', false);
    await check({ type: 'RunCancelled' }, 'cancelled', true);
  });

  it('keeps the newest snapshot of a run', async () => {
    assert.equal(journal.latestSnapshot('r'), undefined);
    await journal.append('r', 0, many(5));
    const check = (seq: number, text: string) => {
      const found = journal.latestSnapshot('r')!;
      assert.deepEqual([found.seq, Buffer.from(found.body).toString()], [seq, text]);
    };
    const body = Buffer.from('three');
    const keeping = journal.snapshot('r', 3, body);
    body.fill('x');
    await keeping;
    check(3, 'three');
    await journal.snapshot('r', 5, Buffer.from('five'));
    check(5, 'five');
    await journal.snapshot('r', 4, Buffer.from('four'));
    check(5, 'five');
    const both = [journal.append('r', 5, [paused]), journal.snapshot('r', 6, Buffer.from(''))];
    await Promise.all(both);
    check(6, '');
    for (const beyond of [7, 0])
      await assert.rejects(journal.snapshot('r', beyond, body), { name: 'SeqConflict' });
    await assert.rejects(journal.snapshot('unknown', 1, body), { name: 'SeqConflict' });
    assert.equal(journal.latestSnapshot('s'), undefined);
  });
}
