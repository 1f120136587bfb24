import { strict as assert } from 'node:assert';
import { silentLog } from '../../../server/base';
import { systemClock, systemIds } from '../../../server/base/node';
import { Engine } from '../../../server/engine';
import { openJournal, openSqlite } from '../../../server/storage';
import { workflowOf } from '../engine/support';
import { temporaryFolder } from './support';

const folder = temporaryFolder();

describe('a fan-out of 10,000 nodes', () => {
  it('shares commits, lets the loop breathe, and is folded again quickly', async () => {
    let commits = 0;
    const open = () =>
      openJournal({
        file: folder.at('journal.db'),
        clock: systemClock,
        log: silentLog,
        open: (name) => {
          const inner = openSqlite(name);
          return { ...inner, transaction: (work) => (commits++, inner.transaction(work)) };
        },
      });
    const engineOf = async () =>
      new Engine({
        journal: await open(),
        performers: new Map([['work', async () => null]]),
        clock: systemClock,
        ids: systemIds,
        epoch: 'epoch',
        log: silentLog,
      });
    const engine = await engineOf();
    let turns = 0;
    const counter = setInterval(() => turns++, 0);
    const nodes = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`n${i}`, '']));
    const run = await engine.start({
      title: '',
      kind: 'phase',
      workflow: workflowOf(nodes, { work: 1000 }),
      facts: {},
    });
    await new Promise<void>((resolve) => {
      engine.onChanged(() => engine.state(run)!.endedAt !== null && resolve());
    });
    clearInterval(counter);
    assert.equal(engine.state(run)!.state, 'completed');
    // Ten waves of a start and an ending each; counted, because time on a shared machine proves little.
    assert.ok(commits <= 40, `${commits} commits`);
    assert.ok(turns >= 5, `timers fired ${turns} times`);
    await engine.stop();
  }).timeout(120_000);
});
