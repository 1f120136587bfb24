import { strict as assert } from 'node:assert';
import type { Trigger } from '../../../schemas/melody';
import { problem } from '../../../server/base';
import { mostPerMinute, type GitEvent, type RunEnd, type TriggerChange } from '../../../server/triggers';
import { at, breathe, ctx, problemFrom, temporaryFolder, VirtualClock, World } from './support';

const folder = temporaryFolder();
const file = 'a.melody.json';
const other = 'b'.repeat(64);

const onFile: Trigger = { on: 'file', id: 'f', files: ['src/**'] };
const onGit: Trigger = { on: 'git', id: 'g', event: 'commit', branches: ['main', 'release/*'] };
const onChain: Trigger = { on: 'chained', id: 'c', melody: './first.melody.json', after: 'completed' };
const byHand: Trigger = { on: 'manual', id: 'm', inputs: { a: 1 } };

let world: World;
let clock: VirtualClock;
let changes: TriggerChange[] = [];

beforeEach(async () => {
  clock = new VirtualClock(at('2026-05-01T00:00:00Z'));
  world = new World(clock, folder.at('triggers.db'));
  world.melody(file, [onFile, onGit, onChain, byHand, { ...onFile, id: 'off', enabled: false }]);
  await open();
});
afterEach(() => world.close());

async function open(): Promise<void> {
  changes = [];
  (await world.open()).onChanged((change) => changes.push(change));
}

const arm = (trigger: string) => world.triggers.arm(ctx, file, trigger);
const states = async () =>
  (await world.triggers.list(ctx)).map(({ trigger, state }) => `${trigger} ${state}`).join(', ');
const created = (...paths: string[]) => ({
  files: paths.map((path) => ({ path, change: 'created' as const })),
});
const brief = () => world.came().map((one) => one.replace(/ \d{4}\S+/, ''));

async function tell(...paths: string[]): Promise<void> {
  world.tell(created(...paths));
  await breathe(6);
}

describe('arming', () => {
  it('is a person’s act: nothing is armed by itself', async () => {
    assert.equal(await states(), 'f disarmed, g disarmed, c disarmed, m ready, off off');
    assert.equal(world.triggers.armed(), false);
    await tell('src/a');
    assert.deepEqual(world.came(), []);
  });

  it('lasts until it is taken back, over restarts', async () => {
    const view = await arm('f');
    assert.deepEqual([view.state, view.armedAt], ['armed', clock.now()]);
    await world.close();
    await open();
    assert.equal(world.triggers.armed(), true);
    await tell('src/a');
    await world.triggers.disarm(ctx, file, 'f');
    assert.deepEqual([world.triggers.armed(), world.watched], [false, []]);
    await tell('src/b');
    assert.deepEqual(brief(), ['f started run-1']);
    await problemFrom('trigger.notArmed', () => world.triggers.disarm(ctx, file, 'f'));
  });

  it('refuses what cannot be armed, and says why', async () => {
    await problemFrom('trigger.manual', () => arm('m'));
    await problemFrom('trigger.off', () => arm('off'));
    await problemFrom('trigger.melodyUnknown', () => world.triggers.arm(ctx, 'x.melody.json', 'f'));
    const { args } = await problemFrom('trigger.unknown', () => arm('x'));
    assert.deepEqual(args, { melody: file, trigger: 'x', known: 'f, g, c, m, off' });
    world.melody(file, [{ ...onFile, files: ['../x'] }]);
    await problemFrom('trigger.glob', () => arm('f'));
    assert.equal(await states(), 'f disarmed');
  });

  it('is told when nothing can be watched, and leaves nothing armed', async () => {
    await world.close();
    const why = problem('trigger.watchFailed', { path: '/x', detail: 'no' });
    await world.open({ watchFiles: () => Promise.reject(why) });
    await problemFrom('trigger.watchFailed', () => arm('f'));
    assert.match(await states(), /^f disarmed/);
  });
});

describe('a Melody that was changed', () => {
  const cases: [string, () => void, string][] = [
    ['is changed', () => world.melody(file, [onFile], other), 'trigger.changed'],
    ['is gone', () => void world.files.delete(file), 'trigger.gone'],
    ['has the trigger no more', () => world.melody(file, [byHand]), 'trigger.gone'],
  ];
  for (const [what, act, code] of cases)
    it(`disarms itself and says so when it ${what}`, async () => {
      await arm('f');
      changes = [];
      act();
      await world.triggers.refresh();
      const view = (await world.triggers.list(ctx)).find(({ trigger }) => trigger === 'f')!;
      assert.deepEqual([view.state, view.problem?.code, world.watched], ['changed', code, []]);
      assert.ok(changes.some(({ trigger }) => trigger === 'f'));
      assert.equal(world.triggers.armed(), false);
    });

  it('starts nothing even when the change was not noticed before', async () => {
    await arm('f');
    world.melody(file, [onFile], other);
    await tell('src/a');
    assert.deepEqual([brief(), world.started], [['f skipped trigger.changed'], []]);
    assert.equal(world.triggers.armed(), false);
  });

  it('starts nothing after a restart either, and what comes back stays disarmed', async () => {
    await arm('f');
    await world.close();
    world.melody(file, [onFile], other);
    await open();
    world.melody(file, [onFile]);
    await world.triggers.refresh();
    assert.equal(await states(), 'f changed');
    await arm('f');
    assert.equal(await states(), 'f armed');
  });

  it('does not get to run what was due before', async () => {
    await arm('f');
    world.instead = () => new Promise(() => undefined);
    await tell('src/a');
    await world.die();
    world.instead = undefined;
    world.melody(file, [onFile], other);
    await open();
    await breathe(6);
    assert.deepEqual([brief(), world.started], [['f skipped trigger.changed'], []]);
  });
});

describe('Restricted Mode', () => {
  it('arms nothing, fires nothing and forgets nothing', async () => {
    await arm('f');
    world.trusted = false;
    await world.triggers.refresh();
    assert.deepEqual([world.triggers.armed(), world.watched], [false, []]);
    await problemFrom('trigger.restricted', () => arm('g'));
    await problemFrom('trigger.restricted', () => world.triggers.fire(ctx, file, 'm'));
    world.trusted = true;
    await world.triggers.refresh();
    assert.deepEqual([world.triggers.armed(), world.watched.length], [true, 1]);
  });

  it('counts in the moment a run would start', async () => {
    await arm('f');
    world.trusted = false;
    await tell('src/a');
    assert.deepEqual(brief(), ['f skipped trigger.restricted']);
  });
});

describe('by hand', () => {
  it('any trigger fires, armed or not; inputs given win', async () => {
    const firing = await world.triggers.fire(ctx, file, 'm', { b: 2 });
    assert.deepEqual([firing.state, firing.run], ['started', 'run-1']);
    await world.triggers.fire(ctx, file, 'f');
    assert.deepEqual(
      world.started.map(({ inputs, on }) => [on, inputs]),
      [
        ['manual', { a: 1, b: 2 }],
        ['file', {}],
      ],
    );
  });

  it('what kept the run from starting is thrown and recorded', async () => {
    world.instead = () => Promise.reject(problem('melody.empty', { file }));
    await problemFrom('melody.empty', () => world.triggers.fire(ctx, file, 'm'));
    assert.deepEqual(brief(), ['m failed melody.empty']);
    await problemFrom('trigger.off', () => world.triggers.fire(ctx, file, 'off'));
    await problemFrom('trigger.unknown', () => world.triggers.fire(ctx, file, 'x'));
  });
});

describe('a trigger on files', () => {
  it('fires once for what happened together and says what', async () => {
    await arm('f');
    await tell('src/a', 'src/b');
    const files = [
      { path: 'src/a', change: 'created' },
      { path: 'src/b', change: 'created' },
    ];
    assert.deepEqual(
      world.started.map(({ cause }) => cause),
      [{ files, count: 2 }],
    );
    assert.deepEqual(world.watched[0]!.patterns, ['src/**']);
  });

  it('counts only the changes it names', async () => {
    world.melody(file, [{ ...onFile, change: ['deleted'] }]);
    await arm('f');
    await tell('src/a');
    assert.deepEqual(world.came(), []);
    world.tell({ files: [{ path: 'src/a', change: 'deleted' }] });
    await breathe(6);
    assert.deepEqual(brief(), ['f started run-1']);
  });

  it('does not fire on what Symphony wrote, until it is changed again', async () => {
    await arm('f');
    world.triggers.ignore([
      { path: 'src/a', hash: other },
      { path: 'src/gone', hash: null },
    ]);
    world.hashes.set('src/a', other);
    await tell('src/a', 'src/gone');
    await tell('src/a');
    assert.deepEqual(world.came(), []);
    world.hashes.set('src/a', 'c'.repeat(64));
    await tell('src/a');
    world.hashes.set('src/a', other);
    await tell('src/a');
    assert.deepEqual(brief(), ['f started run-1', 'f started run-2']);
  });

  it('is paused when it fires too often, until a person arms it again', async () => {
    await arm('f');
    for (let i = 0; i < mostPerMinute + 3; i++) await tell(`src/${i}`);
    assert.equal(world.started.length, mostPerMinute);
    assert.equal(world.came().length, mostPerMinute + 1);
    assert.equal(brief().at(-1), 'f skipped trigger.tooOften');
    const [view] = await world.triggers.list(ctx);
    assert.deepEqual([view!.state, view!.problem?.code], ['paused', 'trigger.tooOften']);
    await world.close();
    await open();
    assert.equal(world.triggers.armed(), false);
    await arm('f');
    await tell('src/x');
    assert.equal(world.started.length, mostPerMinute + 1);
  });

  it('may fire as often in the next minute', async () => {
    await arm('f');
    for (let i = 0; i < 3 * mostPerMinute; i++) {
      await tell(`src/${i}`);
      await clock.advance(7000);
    }
    assert.equal(world.started.length, 3 * mostPerMinute);
  });

  it('says when its watch breaks, and listens again when asked to', async () => {
    await arm('f');
    world.watched[0]!.onBroken(problem('trigger.watchFailed', { path: '/x', detail: 'gone' }).problem);
    assert.equal(world.triggers.armed(), false);
    assert.ok(changes.some(({ trigger }) => trigger === 'f'));
    await world.triggers.refresh();
    assert.equal(world.triggers.armed(), true);
  });
});

describe('a trigger on git', () => {
  const happened = async (event: GitEvent['event'], branch: string | null) => {
    world.tellGit([{ event, branch, commit: null, ref: 'x' }]);
    await breathe(6);
  };

  it('fires on its event and branches', async () => {
    await arm('g');
    await happened('commit', 'main');
    await happened('commit', 'release/1');
    for (const branch of ['other', 'release/1/2', null]) await happened('commit', branch);
    await happened('merge', 'main');
    assert.deepEqual(brief(), ['g started run-1', 'g started run-2']);
  });

  it('shares one watch with the others', async () => {
    world.melody(file, [onGit, { on: 'git', id: 'h', event: 'tag' }]);
    await arm('g');
    await arm('h');
    assert.equal(world.git.length, 1);
    await happened('tag', null);
    await world.triggers.disarm(ctx, file, 'g');
    assert.equal(world.git.length, 1);
    await world.triggers.disarm(ctx, file, 'h');
    await breathe();
    assert.equal(world.git.length, 0);
    assert.deepEqual(brief(), ['h started run-1']);
  });
});

describe('a chained trigger', () => {
  const end = (run: string, more: Partial<RunEnd> = {}) =>
    world.ended.fire({ run, melody: 'first.melody.json', state: 'completed', at: clock.now(), ...more });

  it('fires when a run of the other Melody ends as it says, once per run', async () => {
    await arm('c');
    end('r1');
    end('r1');
    end('r2', { state: 'failed' });
    end('r3', { state: 'cancelled' });
    end('r4', { melody: 'second.melody.json' });
    end('r5', { melody: null });
    end('r6', { at: clock.now() - 1 });
    await breathe(6);
    assert.deepEqual(
      world.started.map(({ cause, depth }) => [cause, depth]),
      [[{ run: 'r1', melody: 'first.melody.json', state: 'completed' }, 1]],
    );
  });

  it('fires once even when the end is told again after a restart', async () => {
    await arm('c');
    end('r1');
    await breathe(6);
    await world.close();
    await open();
    end('r1');
    await breathe(6);
    assert.deepEqual(brief(), ['c started run-1']);
  });

  it('does not go round in circles for ever, however slowly', async () => {
    world.melody(file, [{ ...onChain, melody: file, after: 'ended' }]);
    await arm('c');
    await world.triggers.fire(ctx, file, 'c');
    for (let i = 1; i <= world.started.length && i < 50; i++) {
      end(`run-${i}`, { melody: file });
      await breathe(6);
      await clock.advance(60_000);
    }
    assert.deepEqual(
      world.started.map(({ depth }) => depth),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    assert.equal(brief()[11], 'c skipped trigger.chainTooDeep');
  });
});

describe('a firing', () => {
  it('is announced when it is due and when it is settled', async () => {
    await arm('f');
    changes = [];
    await tell('src/a');
    assert.deepEqual(
      changes.map(({ firing }) => firing?.state),
      ['due', 'started'],
    );
  });

  it('that fails leaves the trigger armed', async () => {
    await arm('f');
    world.instead = () => Promise.reject(new Error('boom'));
    await tell('src/a');
    world.instead = undefined;
    await tell('src/b');
    assert.deepEqual(brief(), ['f failed internal.unexpected', 'f started run-1']);
  });

  it('waits for the one before it of the same trigger, not for others', async () => {
    await arm('f');
    let go: (run: string) => void = () => undefined;
    const starts: string[] = [];
    world.instead = ({ trigger }) => {
      starts.push(trigger);
      return starts.length === 1 ? new Promise((resolve) => (go = resolve)) : Promise.resolve('r');
    };
    await tell('src/a');
    await tell('src/b');
    await world.triggers.fire(ctx, file, 'm');
    assert.deepEqual(starts, ['f', 'm']);
    go('r');
    await breathe(6);
    assert.deepEqual(starts, ['f', 'm', 'f']);
  });

  it('under way when the sidecar stops is taken up by the next', async () => {
    await arm('f');
    world.instead = () => new Promise((_, reject) => setImmediate(() => reject(new Error('stopped'))));
    world.tell(created('src/a'));
    await new Promise((resolve) => setImmediate(resolve));
    await world.close();
    world.instead = undefined;
    await open();
    await breathe(6);
    assert.deepEqual(brief(), ['f started run-1']);
  });
});
