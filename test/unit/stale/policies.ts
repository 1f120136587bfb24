import fc from 'fast-check';
import type { RetentionPolicy, RetentionRule } from '../../../schemas/wire/stale';

const rule: fc.Arbitrary<RetentionRule> = fc.oneof(
  fc.record({ rule: fc.constant('maxAge' as const), days: fc.integer({ min: 0, max: 200 }) }),
  fc.record({ rule: fc.constant('minAccessCount' as const), uses: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ rule: fc.constant('minQualityScore' as const), score: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ rule: fc.constant('maxTotalSize' as const), bytes: fc.integer({ min: 0, max: 3000 }) }),
  fc.constant({ rule: 'preserveTrainingData' as const }),
  fc.record({
    rule: fc.constant('keepTagged' as const),
    tags: fc.array(fc.constantFrom('x', 'y'), { minLength: 1, maxLength: 2 }),
  }),
);
/** Any policies at all, with names of their own. */
export const anyPolicies: fc.Arbitrary<RetentionPolicy[]> = fc
  .array(
    fc.record({
      enabled: fc.boolean(),
      priority: fc.integer({ min: -2, max: 2 }),
      of: fc.constantFrom('contents' as const, 'runs' as const, 'archives' as const),
      ask: fc.constantFrom('archive' as const, 'delete' as const),
      rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 5 },
  )
  .map((all) => all.map((one, i) => ({ ...one, name: `p${i}` })));
