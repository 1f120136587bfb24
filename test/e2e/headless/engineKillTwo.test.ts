/**
 * Two hosts of the engine on one journal: the second takes the run over while the first is at work. From then on
 * the first records nothing and begins nothing; what it has acknowledged is there, and the run ends once.
 */
import { strict as assert } from 'node:assert';
import { digestOf } from '../../fixtures/engine/folder';
import { until } from './aftermath';
import { killedRuns, outcomesOf, resultOf } from './engineKillWorld';

describe('two engines on one store', function () {
  this.timeout(60_000);
  const begin = killedRuns();

  it('one of them goes on, and nothing is recorded by both', async () => {
    const undisturbed = begin();
    await undisturbed.live(undefined);
    const run = begin();
    const acknowledged = (life: string) =>
      run.told(life).flatMap((line) => ('acknowledged' in line ? line.acknowledged : []));

    const first = await run.start();
    await until(() => acknowledged(first.life).length > 500, 10_000, 'the first one to be at work');
    const second = await run.start();
    try {
      assert.equal(await second.closed, '0', 'the second one comes to the end');
      assert.equal(first.host.exitCode, null, 'the first one is there still');
    } finally {
      first.host.kill('SIGKILL');
    }
    await first.closed;
    await run.isEmpty();

    const events = await run.journalNow();
    const taken = events.findIndex(({ event }) => event.type === 'RunOwned' && event.epoch === second.life);
    const [early, late] = [events.slice(0, taken), events.slice(taken)];
    const written = (some: typeof events) => some.map((event) => `${event.position} ${digestOf(event)}`);
    const told = (life: string) => acknowledged(life).map(([position, digest]) => `${position} ${digest}`);
    // What the first one committed last, it may not have lived to tell.
    assert.deepEqual(told(first.life), written(early).slice(0, told(first.life).length));
    assert.deepEqual(told(second.life), written(late));
    assert.ok(run.told(first.life).some((line) => 'trouble' in line && line.trouble === 'data.takenOver'));

    const begun = early.flatMap(({ run: id, event }) =>
      event.type === 'NodeStarted' ? [`${id}/${event.node}/${event.attempt}`] : [],
    );
    const effects = run.effects(first.life);
    const unasked = effects.filter((key) => !begun.includes(key.split('#')[0]!));
    assert.deepEqual(unasked, [], 'the first one began nothing that is not recorded');
    const again = run.effects(second.life).filter((key) => outcomesOf(early).has(key));
    assert.deepEqual(again, [], 'the second one did nothing again that was recorded');
    outcomesOf(events);
    const worked = new Set([...effects, ...run.effects(second.life)]);
    assert.deepEqual(resultOf(events, worked), undisturbed.result());
  });
});
