/** What must hold whoever asks for what, whenever: nobody gets what another has, nobody waits for ever, and nothing is by chance. */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { restoreState, snapshotOf } from '../../../server/arbitration/snapshot';
import { emptyState } from '../../../server/arbitration';
import { lock, Play, policyOf, requestOf, runsOf, stepsArbitrary, strategies } from './schedules';

const strategy = fc.constantFrom(...strategies);

describe('arbitration over random schedules', function () {
  this.timeout(600_000);

  it('never grants what another has, and never more than there is', () => {
    fc.assert(
      fc.property(strategy, stepsArbitrary(), (of, steps) => {
        const play = Play.begin(policyOf(of), assertExclusion);
        for (const step of steps) play.step(step);
      }),
      runsOf(500),
    );
  });

  it('leaves nobody waiting once those that work give back what they have, and no deadlock survives', () => {
    fc.assert(
      fc.property(strategy, stepsArbitrary(), (of, steps) => {
        const play = Play.begin(policyOf(of));
        for (const step of steps) play.step(step);
        for (let round = 0; play.waiting.size > 0; round++) {
          assert.ok(round < 200, `stuck: ${JSON.stringify(snapshotOf(play.state))}`);
          // Whoever does not wait ends its work; whoever waits does not.
          for (const id of [...play.granted]) {
            const { holder } = play.requests.get(id)!;
            if (play.of(play.waiting, holder) === undefined) play.put({ do: 'release', id, at: play.now });
          }
          play.pass(1000);
        }
      }),
      runsOf(500),
    );
  });

  it('answers every request exactly once, with a reason where it says no or later', () => {
    fc.assert(
      fc.property(strategy, stepsArbitrary(), (of, steps) => {
        const play = Play.begin(policyOf(of));
        for (const step of steps) play.step(step);
        const answers = new Map<string, string[]>();
        for (const one of play.decisions) {
          answers.set(one.request, [...(answers.get(one.request) ?? []), one.kind]);
          if (one.kind === 'deferred' || one.kind === 'denied')
            assert.match(one.why.problem.code, /^arbitration\./);
        }
        for (const id of play.requests.keys())
          assert.match(
            answers.get(id)!.join(' '),
            /^(deferred )?(granted( ended)?|denied|ended)$|^deferred$/,
          );
      }),
      runsOf(300),
    );
  });

  it('decides the same for the same requests and seed, and after a restart what it would have without', () => {
    fc.assert(
      fc.property(strategy, stepsArbitrary(), fc.nat(), (of, steps, cut) => {
        const policy = policyOf(of);
        const play = Play.begin(policy);
        for (const step of steps) play.step(step);
        const again = Play.begin(policy);
        const restarted = Play.begin(policy);
        play.inputs.forEach((input, index) => {
          again.put(input);
          if (index === cut % play.inputs.length) {
            const kept = JSON.parse(JSON.stringify(snapshotOf(restarted.state))) as ReturnType<
              typeof snapshotOf
            >;
            restarted.state = restoreState(policy, kept);
            assert.deepEqual(snapshotOf(restarted.state), kept);
          }
          restarted.put(input);
        });
        assert.deepEqual(again.decisions, play.decisions);
        assert.deepEqual(restarted.decisions, play.decisions);
        assert.deepEqual(snapshotOf(restarted.state), snapshotOf(play.state));
      }),
      runsOf(300),
    );
  });

  it('lets nobody starve: a background request is granted though others never stop coming', () => {
    fc.assert(
      fc.property(
        strategy,
        fc.array(fc.integer({ min: 10, max: 400 }), { minLength: 5, maxLength: 20 }),
        (of, gaps) => {
          const policy = policyOf(of, { ageMs: 10, turnMs: 500 });
          const play = Play.begin(policy);
          play.ask(requestOf('first', [lock('a')], { requester: 'r' }));
          play.ask(requestOf('poor', [lock('a')], { priority: 'background', requester: 'poor' }));
          let served = 0;
          for (let index = 0; play.waiting.has('poor'); index++) {
            assert.ok(index < 3000, 'it starved');
            play.pass(gaps[index % gaps.length]!);
            // Two come for each one that goes, each in the name of somebody new.
            for (const side of ['x', 'y'])
              play.ask(
                requestOf(`${side}${index}`, [lock('a')], {
                  priority: 'critical',
                  requester: `${side}${index}`,
                }),
              );
            const [now] = play.granted;
            if (now !== undefined) play.put({ do: 'release', id: now, at: play.now });
            served++;
          }
          assert.ok(served > 0);
        },
      ),
      runsOf(50, 1000),
    );
  });

  for (const of of ['roundRobin', 'collaborative'] as const)
    it(`${of}: those that always want something get the same, within a tenth`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 6 }),
          fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 4, maxLength: 12 }),
          (eager, holds) => {
            const play = Play.begin(policyOf(of, { turnMs: 600_000 }));
            const got = eager.map(() => 0);
            let count = 0;
            // The more eager one is, the more of its requests wait at any time.
            const ask = (who: number): void =>
              play.ask(requestOf(`${who}:${++count}`, [lock('a')], { requester: `r${who}` }));
            eager.forEach((many, who) => {
              for (let index = 0; index < many; index++) ask(who);
            });
            const rounds = 40 * eager.length;
            for (let round = 0; round < rounds; round++) {
              const [id] = play.granted;
              const who = Number(id!.split(':')[0]);
              got[who]!++;
              play.pass(holds[round % holds.length]!);
              ask(who);
              play.put({ do: 'release', id: id!, at: play.now });
            }
            for (const times of got) assert.ok(Math.abs(times - 40) <= 4, `${got.join(' ')}`);
          },
        ),
        runsOf(50, 2000),
      );
    });
});

/** By the decisions alone: locks are exclusive, room is not overbooked. */
function assertExclusion(play: Play): void {
  const locks = new Map<string, { holder: string; mode: string }[]>();
  let models = 0;
  for (const id of play.granted) {
    const { holder, wants } = play.requests.get(id)!;
    for (const want of wants) {
      if (want.kind === 'room') models += want.amount;
      if (want.kind !== 'lock') continue;
      const others = locks.get(want.name) ?? [];
      for (const other of others)
        if (other.holder !== holder)
          assert.ok(
            want.mode === 'shared' && other.mode === 'shared',
            `${holder} and ${other.holder} both have ${want.name}`,
          );
      locks.set(want.name, [...others, { holder, mode: want.mode }]);
    }
  }
  assert.ok(models <= 3, `${models} of 3 models are given away`);
  assert.deepEqual(new Set(play.state.granted.keys()), play.granted);
  assert.deepEqual(new Set(play.state.waiting.keys()), play.waiting);
}

describe('an empty arbitration', () => {
  it('is restored as it is', () => {
    const policy = policyOf('queue');
    assert.deepEqual(
      snapshotOf(restoreState(policy, snapshotOf(emptyState(policy, 3)))),
      snapshotOf(emptyState(policy, 3)),
    );
  });
});
