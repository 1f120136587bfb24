import { strict as assert } from 'node:assert';
import type { Hint, Hints } from '../../server/engine';

/**
 * What every source of hints must do. `settled` waits until what was told has arrived or is lost; a source may
 * lose and merge hints, so what is looked at is that watchers who re-read miss nothing.
 */
export function hintsConformance(
  make: () => Promise<{ readonly hints: Hints; settled(): Promise<void> }>,
): void {
  let hints: Hints;
  let settled: () => Promise<void>;
  beforeEach(async () => void ({ hints, settled } = await make()));

  /** What a watcher of every run has seen when each hint made it read what there is. */
  function watcher(journal: ReadonlyMap<string, number>) {
    const seen = new Map<string, number>();
    const heard: Hint[] = [];
    const { dispose } = hints.onHint((hint) => {
      heard.push(hint);
      seen.set(hint.run, journal.get(hint.run)!);
    });
    return { seen, heard, dispose };
  }

  it('brings a watcher who reads at each hint to the end of every run', async () => {
    const journal = new Map<string, number>();
    const watchers = [watcher(journal), watcher(journal)];
    for (let seq = 1; seq <= 50; seq++)
      for (const run of ['r', 's']) {
        journal.set(run, seq);
        hints.tell(run, seq);
        if (seq % 20 === 0) await settled();
      }
    await settled();
    for (const { seen, heard, dispose } of watchers) {
      assert.deepEqual(seen, journal);
      for (const { run, seq } of heard) assert.ok(seq >= 1 && seq <= journal.get(run)!, 'it tells what was');
      dispose();
    }
  });

  it('tells nobody who does not listen any more', async () => {
    const one = watcher(new Map());
    one.dispose();
    one.dispose();
    hints.tell('r', 1);
    await settled();
    assert.deepEqual(one.heard, []);
  });

  it('is not kept from the others by a listener who fails', async () => {
    const failing = hints.onHint(() => {
      throw new Error('no');
    });
    const journal = new Map([['r', 1]]);
    const other = watcher(journal);
    hints.tell('r', 1);
    await settled();
    assert.deepEqual(other.seen, journal);
    failing.dispose();
    other.dispose();
  });
}
