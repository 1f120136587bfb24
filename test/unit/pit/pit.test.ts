import { strict as assert } from 'node:assert';
import type { PitServiceStatus } from '../../../schemas/wire/pit';
import { problem, silentLog, type Context, type Service } from '../../../server/base';
import { createPit } from '../../../server/pit';

const ctx: Context = { signal: new AbortController().signal, log: silentLog };

/** A service that notes what is done to it and fails to start as often as it is told to. */
function service(name: PitServiceStatus['name'], notes: string[], failures = 0): Service {
  return {
    name,
    async start() {
      notes.push(`start ${name}`);
      await Promise.resolve();
      if (failures-- > 0) throw problem('data.diskFull', { path: name });
      notes.push(`started ${name}`);
    },
    stop() {
      notes.push(`stop ${name}`);
      return Promise.resolve();
    },
    report: () => ({ totals: { things: 1 }, rows: Array.from({ length: 150 }, (_, at) => row(at)) }),
  };
}

const row = (at: number) => ({ id: String(at), label: `thing ${at}`, state: 'hot', facts: {} });

function world(failures = 0) {
  const notes: string[] = [];
  let time = 0;
  const pit = createPit({
    services: [service('stale', notes), service('pool', notes, failures), service('artifacts', notes)],
    clock: { now: () => time++, monotonic: () => time } as never,
  });
  return { pit, notes, states: () => pit.status().map(({ name, state }) => `${name} ${state}`) };
}

describe('the pit', () => {
  it('starts its services beside each other and shows them in their order', async () => {
    const { pit, notes, states } = world();
    await pit.start(ctx);
    assert.deepEqual(notes.slice(0, 3), ['start pool', 'start artifacts', 'start stale']);
    assert.deepEqual(states(), ['pool running', 'artifacts running', 'stale running']);
    assert.equal(pit.status()[0]!.rows.length, 100);
  });

  it('runs whole or not at all, and says what failed', async () => {
    const { pit, notes, states } = world(1);
    await assert.rejects(pit.start(ctx), /data\.diskFull/);
    assert.deepEqual(states(), ['pool failed', 'artifacts stopped', 'stale stopped']);
    assert.equal(pit.status()[0]!.problem?.code, 'data.diskFull');
    assert.ok(notes.includes('stop artifacts') && !notes.includes('stop pool'));
    await pit.start(ctx);
    assert.deepEqual(states(), ['pool running', 'artifacts running', 'stale running']);
  });

  it('restarts as one: nothing starts before everything has stopped', async () => {
    const { pit, notes } = world();
    await pit.start(ctx);
    notes.length = 0;
    await Promise.all([pit.restart(ctx), pit.restart(ctx)]);
    const lastStop = notes.slice(0, 6).lastIndexOf('stop stale');
    assert.ok(lastStop >= 0 && lastStop < notes.indexOf('start pool'));
    assert.equal(notes.filter((note) => note.startsWith('started')).length, 6);
  });

  it('shows nothing of a service that does not run', async () => {
    const { pit } = world();
    assert.deepEqual(
      pit.status().map(({ rows, totals }) => [rows.length, Object.keys(totals).length]),
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    );
    await pit.start(ctx);
    await pit.stop(ctx);
    assert.ok(pit.status().every(({ state }) => state === 'stopped'));
  });
});
