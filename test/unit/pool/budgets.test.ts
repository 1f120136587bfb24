import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { problemOf } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { defaultFailureTables } from '../../../server/engine/failure';
import { Metrics } from '../../../server/observe';
import { Budgets, PoolService, type Amount, type Granted, type Scope } from '../../../server/pool';
import { ctx, refused, Thing } from './support';

const isLong = process.env['SYMPHONY_TIER'] === 'long';
const day: Scope = { kind: 'day', id: '2026-11-20' };
const ofRun: Scope = { kind: 'run', id: 'run-1' };
const phase: Scope = { kind: 'phase', id: '03' };

function budgetsOf(limits: Partial<Record<Scope['kind'], Partial<Amount>>>, save = () => Promise.resolve()) {
  return new Budgets({ limits: ({ kind }) => limits[kind] ?? {}, save, touched: () => undefined });
}

describe('budgets of models', () => {
  it('refuse what could go beyond, naming the budget and what to do', async () => {
    const budgets = budgetsOf({ day: { tokens: 1000 } });
    const first = await budgets.grant([day, ofRun], { tokens: 600 }, 'a/b');
    const { problem } = await refused(
      'model.budgetSpent',
      budgets.grant([day, ofRun], { tokens: 600 }, 'a/b'),
    );
    assert.deepEqual(problem.args, {
      budget: 'daily',
      kind: 'tokens',
      limit: 1000,
      used: 600,
      needed: 600,
      model: 'a/b',
      setting: 'symphony.limits.tokensPerDay',
    });
    first.settle({ tokens: 100 });
    (await budgets.grant([day, ofRun], { tokens: 600 }, 'a/b')).settle({ tokens: 600 });
    assert.equal(budgets.account(day).tokens, 700);
    assert.equal(budgets.account(ofRun).tokens, 700);
  });

  it('hold in all scopes or grant nothing', async () => {
    const budgets = budgetsOf({ day: { usd: 10 }, phase: { usd: 1 } });
    await refused('model.budgetSpent', budgets.grant([day, phase], { usd: 2 }, 'm'));
    assert.deepEqual(budgets.account(day).reserved, { tokens: 0, usd: 0 });
  });

  it('let free models work when nothing is left', async () => {
    const budgets = budgetsOf({ day: { usd: 0 } });
    (await budgets.grant([day], { tokens: 5, usd: 0 }, 'ollama/x')).settle({ tokens: 5 });
  });

  it('grant nothing that is not durable', async () => {
    const budgets = budgetsOf({ day: { tokens: 10 } }, () => Promise.reject(new Error('disk full')));
    await assert.rejects(budgets.grant([day], { tokens: 5 }, 'm'), /disk full/);
    assert.equal(budgets.account(day).reserved.tokens, 0);
  });

  it('are never exceeded, whatever is asked and settled in whatever order', async () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({ day: fc.nat(1000), run: fc.nat(500), phase: fc.nat(500) }),
        fc.array(
          fc.record({
            need: fc.nat(300),
            share: fc.double({ min: 0, max: 1, noNaN: true }),
            late: fc.boolean(),
          }),
        ),
        async (limits, works) => {
          const budgets = budgetsOf({
            day: { tokens: limits.day },
            run: { tokens: limits.run },
            phase: { tokens: limits.phase },
          });
          const open: { grant: Granted; used: number }[] = [];
          for (const { need, share, late } of works) {
            try {
              const grant = await budgets.grant([day, ofRun, phase], { tokens: need }, 'm');
              open.push({ grant, used: Math.floor(need * share) });
            } catch (thrown) {
              assert.equal(problemOf(thrown).code, 'model.budgetSpent');
            }
            if (!late) {
              const one = open.shift();
              one?.grant.settle({ tokens: one.used });
            }
            for (const [scope, limit] of [
              [day, limits.day],
              [ofRun, limits.run],
              [phase, limits.phase],
            ] as const) {
              const { tokens, reserved } = budgets.account(scope);
              assert.ok(tokens + reserved.tokens <= limit);
            }
          }
        },
      ),
      { numRuns: isLong ? 10_000 : 100 },
    )).timeout(isLong ? 600_000 : 10_000);
});

describe('the pool service', () => {
  let folder = '';
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'symphony-pool-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const serviceOf = (limits: Partial<Amount> = { tokens: 1000 }) =>
    new PoolService({
      clock: systemClock,
      file: path.join(folder, 'pool.json'),
      metrics: new Metrics(),
      budgets: ({ kind }) => (kind === 'day' ? limits : {}),
      health: defaultFailureTables.health,
      dayOf: () => '2026-11-20',
    });

  it('still knows what was granted when the process ends without a word', async () => {
    const first = serviceOf();
    await first.start(ctx);
    (await first.budgets.grant([first.today()], { tokens: 300 }, 'm')).settle({ tokens: 100 });
    await first.budgets.grant([first.today()], { tokens: 700 }, 'm');
    // No stop: the file is what a killed process leaves behind.
    const second = serviceOf();
    await second.start(ctx);
    await refused('model.budgetSpent', second.budgets.grant([second.today()], { tokens: 300 }, 'm'));
    assert.equal(second.budgets.account(second.today()).tokens, 800);
    await first.stop(ctx);
    await second.stop(ctx);
    assert.equal(statSync(path.join(folder, 'pool.json')).mode & 0o777, 0o600);
  });

  it('starts and stops again, and puts a file aside that it cannot read', async () => {
    const file = path.join(folder, 'pool.json');
    writeFileSync(file, '{"version":1,"accounts":[{"scope":');
    const service = serviceOf();
    await service.start(ctx);
    assert.ok(existsSync(`${file}.unreadable`));
    service.register(new Thing('a'));
    (await service.allocate(ctx, 'a')).release();
    await service.stop(ctx);
    await refused('pool.stopping', service.allocate(ctx, 'a'));
    const asking = new AbortController();
    await service.start({ ...ctx, signal: asking.signal });
    asking.abort(new Error('whoever asked is gone'));
    (await service.allocate(ctx, 'a')).release();
    await service.stop(ctx);
    assert.ok(JSON.parse(readFileSync(file, 'utf8')));
  });

  it('makes ready what followed before, and tells how often it was right', async () => {
    const service = serviceOf();
    await service.start(ctx);
    const [first, second] = [new Thing('first'), new Thing('second')];
    service.register(first);
    service.register(second);
    for (const run of ['1', '2', '3'])
      for (const id of ['first', 'second'])
        (await service.allocate(ctx, id, 0, { workflow: 'w', run })).release();
    await service.stop(ctx);
    await service.start(ctx);
    (await service.allocate(ctx, 'first', 0, { workflow: 'w', run: '4' })).release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { rows, totals } = service.report();
    assert.equal(rows.find(({ id }) => id === 'second')?.state, 'hot');
    (await service.allocate(ctx, 'second', 0, { workflow: 'w', run: '4' })).release();
    assert.deepEqual([totals['prewarmed'], service.report().totals['prewarmedUsed']], [1, 1]);
    await service.stop(ctx);
  });
});
