import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { waitBefore } from '../../../server/bus/backoff';
import { Correlations } from '../../../server/bus/correlations';
import { Grants } from '../../../server/bus/grants';
import { Health } from '../../../server/bus/health';
import { PatternTable } from '../../../server/bus/patternTable';
import { TokenBucket } from '../../../server/bus/tokenBucket';
import { covers, isPattern, isTopic, matches } from '../../../server/bus';

describe('patterns', () => {
  const check = (pattern: string, topic: string, expected: boolean) =>
    it(`${pattern} ${expected ? 'stands' : 'does not stand'} for ${topic}`, () =>
      assert.equal(matches(pattern, topic), expected));
  check('a.b', 'a.b', true);
  check('a.b', 'a.c', false);
  check('a.*', 'a.b', true);
  check('a.*', 'a', false);
  check('a.*', 'a.b.c', false);
  check('a.#', 'a', true);
  check('a.#', 'a.b.c', true);
  check('#', 'a.b', true);
  check('#.c', 'a.b.c', true);
  check('#.b', 'a.b.c', false);
  check('a.#.c.*', 'a.x.c.y.c.z', true);
  check('a.#.c.*', 'a.x.c.y.c', false);

  const level = fc.constantFrom('a', 'b', '*', '#');
  const pattern = fc.array(level, { minLength: 1, maxLength: 6 }).map((levels) => levels.join('.'));
  const topic = fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 })
    .map((levels) => levels.join('.'));

  it('stand for what their definition says', () => {
    const means = (p: readonly string[], t: readonly string[]): boolean =>
      p.length === 0
        ? t.length === 0
        : p[0] === '#'
          ? means(p.slice(1), t) || (t.length > 0 && means(p, t.slice(1)))
          : t.length > 0 && (p[0] === '*' || p[0] === t[0]) && means(p.slice(1), t.slice(1));
    fc.assert(
      fc.property(pattern, topic, (p, t) => assert.equal(matches(p, t), means(p.split('.'), t.split('.')))),
      { numRuns: 2000 },
    );
  });

  it('that cover others stand for everything those stand for', () => {
    fc.assert(
      fc.property(pattern, pattern, topic, (outer, inner, t) => {
        if (covers(outer, inner) && matches(inner, t)) assert.ok(matches(outer, t), `${outer} ${inner} ${t}`);
      }),
      { numRuns: 5000 },
    );
    assert.ok(covers('a.#', 'a.*.b') && covers('a.*', 'a.*') && covers('#', '#.a'));
    assert.ok(!covers('a.*', 'a.#') && !covers('a.b', 'a.*'));
  });

  it('and topics are told from other texts', () => {
    for (const good of ['a', 'a.b', 'file:/x_y-z.1']) assert.ok(isTopic(good), good);
    for (const bad of [
      '',
      '.',
      'a.',
      '.a',
      'a..b',
      'a b',
      'ü',
      'a.*',
      '__proto__.',
      'x'.repeat(256),
      'a.'.repeat(32) + 'a',
    ])
      assert.ok(!isTopic(bad), bad);
    assert.ok(isPattern('a.*.#') && !isPattern('a*') && !isPattern('##'));
  });
});

describe('the table of patterns', () => {
  it('always answers as one that remembers nothing', () => {
    const level = fc.constantFrom('a', 'b', '*', '#');
    const pattern = fc.array(level, { minLength: 1, maxLength: 3 }).map((levels) => levels.join('.'));
    const topic = fc
      .array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 })
      .map((levels) => levels.join('.'));
    const act = fc.oneof(
      fc.record({ add: pattern, priority: fc.nat(2) }),
      fc.record({ remove: fc.nat(10) }),
      fc.record({ ask: topic, best: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const table = new PatternTable<number>();
        let all: { pattern: string; priority: number; value: number; dispose(): void }[] = [];
        let count = 0;
        for (const each of acts) {
          if ('add' in each) {
            const value = count++;
            all.push({
              pattern: each.add,
              priority: each.priority,
              value,
              ...table.add(each.add, value, each.priority),
            });
          } else if ('remove' in each) {
            const gone = all[each.remove];
            gone?.dispose();
            gone?.dispose();
            all = all.filter((other) => other !== gone);
          } else {
            const rank = (entry: (typeof all)[number]) =>
              (entry.pattern === each.ask ? 1000 : 0) + entry.priority;
            const expected = all
              .filter((entry) => matches(entry.pattern, each.ask))
              .sort((a, b) => rank(b) - rank(a) || a.value - b.value)
              .map(({ value }) => value);
            if (each.best) assert.equal(table.best(each.ask), expected[0]);
            else assert.deepEqual(table.all(each.ask), expected);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('permissions', () => {
  it('refuse what is not named', () => {
    const grants = new Grants({ request: ['a.*'], subscribe: ['run.#'] });
    assert.ok(
      grants.may('request', 'a.b') && grants.may('request', 'a.b') && grants.may('subscribe', 'run.*'),
    );
    assert.ok(!grants.may('request', 'b') && !grants.may('handle', 'a.b') && !grants.may('subscribe', '#'));
  });
});

describe('health', () => {
  /** Ticks each second; answers the pings for which `answers` says so. */
  function live(seconds: number, answers: (second: number) => boolean) {
    const health = new Health(0);
    const states: string[] = [];
    for (let second = 1; second <= seconds; second++) {
      const wish = health.tick(second * 1000);
      if (wish && answers(second)) health.answered(wish.ping, second * 1000 + 2);
      states.push(health.state);
    }
    return { health, states };
  }

  it('is unknown until the first answer', () => {
    const { states } = live(6, () => true);
    assert.deepEqual(states, ['unknown', 'unknown', 'unknown', 'unknown', 'healthy', 'healthy']);
  });

  it('opens the breaker after three failures, tries once after 30 s and closes it on an answer', () => {
    const { states } = live(60, (second) => second < 6 || second > 40);
    const opened = states.indexOf('down');
    assert.ok(opened >= 20 && opened <= 22, `opened at ${opened}`);
    assert.equal(states.indexOf('healthy', opened) - opened, 30);
  });

  it('opens the breaker again when the trial fails', () => {
    const { states } = live(100, (second) => second < 6);
    assert.ok(states.slice(25).every((state) => state === 'down'));
  });

  it('keeps ten samples and takes no answer that is not to its last ping', () => {
    const { health } = live(100, () => true);
    assert.equal(health.roundTrips.length, 10);
    health.answered(1, 0);
    health.answered(9999, 0);
    assert.equal(health.roundTrips.length, 10);
    assert.equal(health.state, 'healthy');
  });
});

describe('numbers of requests', () => {
  const call = (due = Infinity) => ({ due });
  it('know an answer that is late, double or to nothing', () => {
    const open = new Correlations<{ due: number }>();
    const [a, b, c] = [call(), call(), call()].map((each) => open.begin(each)) as [number, number, number];
    assert.ok(open.settle(a));
    assert.equal(open.settle(a), undefined);
    assert.equal(open.stray(a), 'double');
    open.giveUp(b, 0);
    assert.equal(open.stray(b), 'late');
    assert.equal(open.stray(b), 'double');
    assert.equal(open.stray(c + 1), 'never');
    assert.equal(open.stray(0), 'never');
    assert.equal(open.size, 1);
  });

  it('are swept when due, and those given up forgotten after a while', () => {
    const open = new Correlations<{ due: number }>();
    const first = open.begin(call(10));
    open.begin(call(20));
    assert.equal(open.nextDue(), 10);
    assert.deepEqual(
      open.expire(15).map(([correlation]) => correlation),
      [first],
    );
    assert.ok(open.wasGivenUp(first));
    assert.equal(open.nextDue(), 20);
    open.expire(50_000);
    assert.ok(!open.wasGivenUp(first));
    assert.equal(open.nextDue(), Infinity);
  });
});

describe('rates', () => {
  it('let a burst pass and then as many as they say', () => {
    const bucket = new TokenBucket(1000, 50, 0);
    assert.equal(bucket.take(50, 0), 0);
    assert.equal(bucket.take(10, 0), 10);
    assert.equal(bucket.take(0, 10), 0);
    assert.equal(bucket.take(10, 20), 0);
    // A clock that goes back takes nothing away.
    assert.equal(bucket.take(0, 0), 0);
  });

  it('of connecting again double to half a minute, give or take a tenth', () => {
    const at = (attempt: number, next: number) =>
      waitBefore(attempt, { next: () => next, bytes: () => new Uint8Array() });
    assert.deepEqual(
      [1, 2, 3, 9, 10, 50].map((attempt) => at(attempt, 0.5)),
      [100, 200, 400, 25_600, 30_000, 30_000],
    );
    assert.ok(Math.abs(at(1, 0) - 90) < 1e-9 && at(1, 0.999999) < 110.001);
  });
});
