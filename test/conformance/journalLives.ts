import { strict as assert } from 'node:assert';
import type { RunEvent } from '../../schemas/journal/events';
import { ProblemError } from '../../server/base';
import type { Journal } from '../../server/engine';

const paused: RunEvent = { type: 'RunPaused' };
const resumed: RunEvent = { type: 'RunResumed' };
const created: RunEvent = {
  type: 'RunCreated',
  title: 'a run',
  kind: 'melody',
  workflow: { version: 1, title: '', nodes: [], limits: {} },
  facts: {},
};

/** What every journal that outlives its process must do. `make` gives a way to open an empty one again and again. */
export function journalLivesConformance(make: () => Promise<() => Promise<Journal>>): void {
  let open: () => Promise<Journal>;
  const opened: Journal[] = [];
  beforeEach(async () => {
    const inner = await make();
    open = async () => {
      const journal = await inner();
      opened.push(journal);
      return journal;
    };
  });
  afterEach(async () => {
    for (const journal of opened.splice(0)) await journal.close();
  });

  async function isOusted(tried: Promise<unknown>): Promise<void> {
    await assert.rejects(tried, (thrown) => {
      assert.ok(thrown instanceof ProblemError, String(thrown));
      return thrown.problem.code === 'data.takenOver';
    });
  }

  it('is in the next life what it was at the end of the last', async () => {
    const first = await open();
    await first.append('run', 0, [created, paused]);
    await first.append('other', 0, [created], 12.5);
    await first.snapshot('run', 2, Buffer.from('folded'));
    const left = [first.since(0, 100), first.headings(), first.runs(), first.position()];
    await first.close();
    const second = await open();
    assert.deepEqual([second.since(0, 100), second.headings(), second.runs(), second.position()], left);
    const { seq, body } = second.latestSnapshot('run')!;
    assert.deepEqual([seq, Buffer.from(body).toString()], [2, 'folded']);
    await assert.rejects(second.append('run', 0, [paused]), { name: 'SeqConflict' });
    const [next] = await second.append('run', 2, [resumed]);
    assert.deepEqual([next!.position, next!.seq], [4, 3]);
  });

  it('keeps what was asked for before it was closed, and takes nothing after', async () => {
    const first = await open();
    const appending = first.append('run', 0, [paused]);
    await first.close();
    await appending;
    await assert.rejects(first.append('run', 1, [paused]), /closed/);
    assert.equal((await open()).position(), 1);
  });

  it('lets only the life that was opened last write', async () => {
    const loser = await open();
    await loser.append('run', 0, [paused]);
    const winner = await open();
    await isOusted(loser.append('run', 1, [paused]));
    await winner.append('run', 1, [paused]);
    await isOusted(loser.append('run', 1, [paused]));
    await isOusted(loser.append('new', 0, [paused]));
    await isOusted(loser.snapshot('run', 1, Buffer.from('x')));
    await loser.close();
    await winner.append('run', 2, [paused]);
    assert.deepEqual(
      winner.since(0, 10).map(({ run, seq }) => [run, seq]),
      [1, 2, 3].map((seq) => ['run', seq]),
    );
  });

  it('does not let the loser write what it had begun', async () => {
    const loser = await open();
    const [winner, ousted] = await Promise.all([
      open(),
      // Begun in the same turn as the other opens: it is durable before that, or never.
      loser.append('run', 0, [paused]).then(
        () => false,
        (thrown: unknown) => thrown instanceof ProblemError && thrown.problem.code === 'data.takenOver',
      ),
    ]);
    assert.equal(winner.position(), ousted ? 0 : 1);
    await isOusted(loser.append('run', ousted ? 0 : 1, [paused]));
    await winner.append('run', winner.position(), [paused]);
  });

  it('numbers on without a gap over many lives', async () => {
    for (let life = 0; life < 5; life++) {
      const journal = await open();
      assert.equal(journal.position(), life * 3);
      await journal.append('run', life * 2, [paused, resumed]);
      await journal.append(`life ${life}`, 0, [created]);
      await journal.close();
    }
    const journal = await open();
    assert.deepEqual(
      journal.since(0, 100).map(({ position }) => position),
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
    assert.deepEqual(
      journal.headings().map(({ run, firstPosition }) => [run, firstPosition]),
      [0, 1, 2, 3, 4].map((life) => [`life ${life}`, life * 3 + 3]),
    );
  });
}
