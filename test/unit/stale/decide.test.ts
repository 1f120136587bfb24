import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { RetentionPolicy, RetentionRule } from '../../../schemas/wire/stale';
import { decide, defaultSettings, tooMuch, valueOf, valueParts, type Subject } from '../../../server/stale';
import { anyPolicies } from './policies';
import { dayMs, policy, settingsWith } from './world';

const now = Date.UTC(2026, 5, 1);

const subject = (change: Partial<Subject> = {}): Subject => ({
  ...{ kind: 'contents', id: 'a', label: 'a', bytes: 100, usedAt: now - 100 * dayMs, uses: 0, quality: null },
  ...{ tags: [], makers: 0, archivable: true, keep: null },
  ...change,
});

/** The decision on the first subject and the codes of its reasons. */
function check(
  subjects: readonly Partial<Subject>[],
  policies: readonly Partial<RetentionPolicy>[],
  expected: string,
): void {
  const verdict = decide(subjects.map(subject), settingsWith(policies.map(policy)), now)[0]!;
  const codes = verdict.reasons
    .map(({ code }) => code.replace('stale.', ''))
    .filter((code) => code !== 'value');
  assert.equal([verdict.decision, ...codes].join(' '), expected);
}

describe('deciding what is to go', () => {
  it('goes by age, uses and quality', () => {
    check([{}], [], 'keep keep.unruled');
    check([{}], [{}], 'delete rule.age');
    check([{ usedAt: now - 30 * dayMs }], [{}], 'keep keep.unruled');
    check([{}], [{ enabled: false }], 'keep keep.unruled');
    check([{}], [{ of: 'archives' }], 'keep keep.unruled');
    check([{ uses: 2 }], [{ rules: [{ rule: 'minAccessCount', uses: 2 }] }], 'keep keep.unruled');
    check([{ uses: 1 }], [{ rules: [{ rule: 'minAccessCount', uses: 2 }] }], 'delete rule.uses');
    check([{ quality: 19 }], [{ rules: [{ rule: 'minQualityScore', score: 20 }] }], 'delete rule.quality');
    check([{ quality: null }], [{ rules: [{ rule: 'minQualityScore', score: 20 }] }], 'keep keep.unruled');
  });

  it('asks all conditions of a policy', () => {
    const rules: RetentionRule[] = [
      { rule: 'maxAge', days: 30 },
      { rule: 'minAccessCount', uses: 3 },
    ];
    check([{ uses: 2 }], [{ rules }], 'delete rule.age rule.uses');
    check([{ uses: 3 }], [{ rules }], 'keep keep.unruled');
  });

  it('keeps what is protected, whoever asks', () => {
    const keep = { code: 'stale.keep.referenced', args: { references: 1 } } as const;
    check([{ keep }], [{ priority: 1000 }], 'keep keep.referenced');
    check([{ tags: ['keep'] }], [{ priority: 1000 }], 'keep keep.tagged');
    check([{ tags: ['gold'] }], [{ priority: 1000 }], 'delete rule.age');
    const gold: Partial<RetentionPolicy> = { priority: -9, rules: [{ rule: 'keepTagged', tags: ['gold'] }] };
    check([{ tags: ['gold'] }], [{ priority: 1000 }, gold], 'keep keep.tagged');
    check([{ usedAt: now - 1000 }], [{ rules: [{ rule: 'maxTotalSize', bytes: 0 }] }], 'keep keep.recent');
  });

  it('archives instead of deleting what is of value, for training, or a run', () => {
    check([{ kind: 'runs' }], [{ of: 'runs' }], 'archive rule.age');
    check(
      [{ tags: ['training'] }],
      [{ rules: [{ rule: 'maxAge', days: 1 }, { rule: 'preserveTrainingData' }] }],
      'archive rule.age keep.training',
    );
    check([{ tags: ['training'], uses: 64, quality: 100, makers: 1 }], [{}], 'archive rule.age keep.valued');
    check([{ archivable: false }], [{ ask: 'archive' }], 'keep rule.age keep.compressed');
  });

  it('lets the highest priority decide, of equals the gentler one', () => {
    const archive = { name: 'z', ask: 'archive' } as const;
    check([{}], [{}, archive], 'archive rule.age');
    check([{}], [{ priority: 1 }, archive], 'delete rule.age');
    check([{}], [{}, { ...archive, priority: 1 }], 'archive rule.age');
  });

  it('takes the least valued where there is too much', () => {
    const rules: RetentionRule[] = [{ rule: 'maxTotalSize', bytes: 250 }];
    const many = [
      { id: 'a', uses: 0 },
      { id: 'b', uses: 30 },
      { id: 'c', uses: 9 },
    ].map(subject);
    const decided = (bytes: number) =>
      decide(many, settingsWith([policy({ rules: [{ rule: 'maxTotalSize', bytes }] })]), now).map(
        ({ decision }) => decision,
      );
    check([{ id: 'a' }, { id: 'b', uses: 9 }, { id: 'c', uses: 9 }], [{ rules }], 'delete rule.size');
    check([{ id: 'a', uses: 9 }, { id: 'b' }, { id: 'c', uses: 9 }], [{ rules }], 'keep keep.unruled');
    assert.deepEqual(decided(300), ['keep', 'keep', 'keep']);
    assert.deepEqual(decided(299), ['delete', 'keep', 'keep']);
    assert.deepEqual(decided(100), ['delete', 'keep', 'delete']);
  });

  it('stops where a policy would delete everything, and names what', () => {
    const many = [
      { id: 'a', label: 'first' },
      { id: 'b', label: 'second' },
    ].map(subject);
    const settings = settingsWith([policy({ name: 'rash' })]);
    const asked = (most: number) => tooMuch(many, decide(many, settings, now), most);
    assert.equal(asked(100), null);
    assert.deepEqual(asked(50), {
      code: 'stale.tooMuch',
      args: { policies: 'rash', delete: 2, all: 2, what: 'contents', share: 50, names: 'first, second' },
    });
  });
});

const anySubjects: fc.Arbitrary<Subject[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('contents' as const, 'runs' as const, 'archives' as const),
      bytes: fc.integer({ min: 0, max: 1000 }),
      age: fc.integer({ min: -5, max: 300 }),
      uses: fc.integer({ min: 0, max: 50 }),
      quality: fc.option(fc.integer({ min: 0, max: 100 })),
      tags: fc.uniqueArray(fc.constantFrom('keep', 'training', 'x', 'y', 'z')),
      makers: fc.integer({ min: 0, max: 3 }),
      archivable: fc.boolean(),
      isKept: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((all) =>
    all.map(({ age, isKept, ...one }, i) => ({
      ...one,
      id: `s${i}`,
      label: `s${i}`,
      usedAt: now - age * dayMs,
      keep: isKept ? { code: 'stale.keep.held' as const, args: { holder: 'h' } } : null,
    })),
  );

describe('policies under any circumstances', () => {
  const runs = { numRuns: process.env['SYMPHONY_TIER'] === 'long' ? 10_000 : 300 };

  it('never let go what is protected, and give a reason for everything', () => {
    fc.assert(
      fc.property(anyPolicies, anySubjects, (policies, subjects) => {
        const settings = settingsWith(policies);
        const tags = policies
          .filter(({ enabled }) => enabled)
          .flatMap(({ rules }) => rules.flatMap((one) => (one.rule === 'keepTagged' ? one.tags : [])));
        decide(subjects, settings, now).forEach(({ decision, reasons }, i) => {
          const { keep, tags: own, kind, usedAt } = subjects[i]!;
          assert.ok(reasons.length > 0);
          if (decision === 'keep') return;
          assert.equal(keep, null);
          assert.ok(![...tags, 'keep'].some((tag) => own.includes(tag)));
          assert.ok(now - usedAt >= dayMs);
          assert.ok(decision !== 'delete' || kind !== 'runs');
        });
      }),
      runs,
    );
  });

  it('decide the same whatever the order of policies and things', () => {
    fc.assert(
      fc.property(anyPolicies, anySubjects, fc.infiniteStream(fc.nat()), (policies, subjects, numbers) => {
        const mixed = <T>(all: readonly T[]): T[] =>
          all
            .map((one) => ({ one, at: numbers.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ one }) => one);
        const decided = (some: readonly Subject[], ways: readonly RetentionPolicy[]) =>
          new Map(decide(some, settingsWith(ways), now).map((verdict, i) => [some[i]!.id, verdict]));
        const [one, other] = [decided(subjects, policies), decided(mixed(subjects), mixed(policies))];
        // Of several policies that preserve training data, the first of equals is named.
        for (const [id, verdict] of one) assert.equal(other.get(id)?.decision, verdict.decision, id);
      }),
      runs,
    );
  });

  it('keep no less when a protecting policy is added', () => {
    fc.assert(
      fc.property(anyPolicies, anySubjects, (policies, subjects) => {
        const guarded = [
          ...policies,
          policy({ name: 'guard', rules: [{ rule: 'keepTagged', tags: ['z'] }] }),
        ];
        const after = decide(subjects, settingsWith(guarded), now);
        after.forEach(({ decision }, i) => {
          if (subjects[i]!.tags.includes('z')) assert.equal(decision, 'keep');
        });
      }),
      runs,
    );
  });
});

describe('the value of a thing', () => {
  it('is the same for equal input, between 0 and 100, and falls with age', () => {
    fc.assert(
      fc.property(anySubjects, fc.integer({ min: 0, max: 100 }), (subjects, weight) => {
        const weights = { ...defaultSettings.weights, recency: weight };
        for (const one of subjects) {
          const at = (time: number) => valueOf(valueParts(one, time), weights);
          assert.equal(at(now), at(now));
          assert.ok(at(now) >= 0 && at(now) <= 100);
          assert.ok(at(now + 50 * dayMs) <= at(now));
        }
      }),
      { numRuns: 100 },
    );
  });
});
