/** What is on the disk is what is known, after every decision; a process may end between any two. */
import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { silentLog } from '../../../server/base';
import { snapshotOf } from '../../../server/arbitration/snapshot';
import { openStore } from '../../../server/arbitration/store';
import { openSqlite } from '../../../server/storage';
import { temporaryFolder } from '../storage/support';
import { Play, policyOf, runsOf, stepsArbitrary, strategies } from './schedules';

describe('the record of arbitration', function () {
  this.timeout(600_000);
  const folder = temporaryFolder();
  // Durability is SQLite's and tested there; here only what is written counts.
  const quick: typeof openSqlite = (file) =>
    openSqlite(file, ['PRAGMA journal_mode = WAL', 'PRAGMA synchronous = OFF']);

  it('holds the whole state after every decision', () => {
    fc.assert(
      fc.property(fc.constantFrom(...strategies), stepsArbitrary(25), fc.nat(), (of, steps, cut) => {
        const file = folder.at('arbitration.db');
        for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
        let store = openStore({ file, log: silentLog, open: quick });
        let recorded = 0;
        const play = Play.begin(policyOf(of), ({ state, decisions }) => {
          store.record(state, decisions.slice(recorded), recorded === 0 && decisions.length === 0);
          recorded = decisions.length;
          for (const set of Object.values(state.touched)) set.clear();
        });
        steps.forEach((step, index) => {
          play.step(step);
          if (index !== cut % steps.length && index !== steps.length - 1) return;
          store.close();
          store = openStore({ file, log: silentLog, open: quick });
          const loaded = store.load();
          if (play.inputs.length > 0)
            assert.deepEqual(loaded, JSON.parse(JSON.stringify(snapshotOf(play.state))));
        });
        assert.deepEqual(store.decisions(1000).toReversed(), play.decisions);
        store.close();
      }),
      runsOf(30, 1000),
    );
  });
});
