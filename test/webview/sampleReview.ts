import type { ChangedFile } from '../../schemas/wire/review';
import type { ReviewSource, ReviewUnit } from '../../schemas/wire/units';

export interface SampleReview {
  readonly changeset: {
    changeset: string;
    title: string;
    groups: { plan: string; title: string }[];
    files: ChangedFile[];
  };
  readonly sources: ReviewSource[];
  readonly units: Map<string, ReviewUnit[]>;
  readonly contents: Map<string, string>;
}

const before = `import { sum } from './sum';\n\nexport function total(items) {\n  return sum(items);\n}\n`;
const after = `import { sum } from './sum';\nimport { round } from './round';\n\n/** In the smallest unit of the currency. */\nexport function total(items) {\n  return round(sum(items));\n}\n`;

const source = (plan: string, title: string, more: Partial<ReviewSource> = {}): ReviewSource => ({
  ...{
    plan,
    title,
    task: null,
    requirements: [],
    run: 'run',
    node: `agent:${plan}`,
    turn: null,
    commit: null,
  },
  ...{ verified: [], tokens: 0, usd: null },
  ...more,
});

const unit = (id: string, more: Partial<ReviewUnit>): ReviewUnit => ({
  ...{
    unit: id,
    kind: 'lines',
    before: { start: 0, end: 0 },
    after: { start: 0, end: 0 },
    state: 'undecided',
  },
  ...{ edited: null, reviewed: false, flags: [], sources: [0] },
  ...more,
});

const file = (path: string, more: Partial<ChangedFile> = {}): ChangedFile => ({
  ...{ path, from: null, change: 'modified', baseline: 'a'.repeat(64), proposal: 'b'.repeat(64) },
  ...{ baselineMode: '100644', proposalMode: '100644', binary: false, added: 3, removed: 1 },
  ...{ plans: ['01-01'], decision: 'undecided' },
  ...more,
});

/** A changeset with every kind of unit; with `many`, a thousand further files of twenty units each. */
export function sampleReview(many = false): SampleReview {
  const files = [
    file('src/cart/total.ts'),
    file('.github/workflows/check.yml', { plans: ['01-02'] }),
    file('src/cart/round.ts', { change: 'added', baseline: null }),
    file('assets/logo.png', { binary: true, plans: ['01-02'] }),
    file('src/money.ts', { from: 'src/util/money.ts', change: 'renamed' }),
  ];
  const units = new Map<string, ReviewUnit[]>([
    [
      'src/cart/total.ts',
      [
        unit('u1', { after: { start: 1, end: 2 }, before: { start: 1, end: 1 } }),
        unit('u2', {
          after: { start: 3, end: 4 },
          before: { start: 2, end: 2 },
          state: 'kept',
          reviewed: true,
        }),
        unit('u3', { after: { start: 5, end: 6 }, before: { start: 3, end: 4 } }),
      ],
    ],
    [
      '.github/workflows/check.yml',
      [
        unit('u4', {
          after: { start: 1, end: 3 },
          before: { start: 1, end: 2 },
          flags: ['ci', 'executableConfiguration'],
          sources: [1],
        }),
      ],
    ],
    ['src/cart/round.ts', [unit('u5', { kind: 'whole' })]],
    ['assets/logo.png', [unit('u6', { kind: 'whole', flags: ['binary'], sources: [1] })]],
    ['src/money.ts', [unit('u7', { kind: 'rename', state: 'dropped' })]],
  ]);
  for (let at = 0; many && at < 1000; at++) {
    const path = `src/generated/part-${at}.ts`;
    files.push(file(path));
    units.set(
      path,
      Array.from({ length: 20 }, (_, i) =>
        unit(`m${at}.${i}`, { after: { start: i, end: i + 1 }, before: { start: i, end: i } }),
      ),
    );
  }
  return {
    changeset: {
      changeset: 'changeset',
      title: 'Phase 1: A cart that adds up',
      groups: [
        { plan: '01-01', title: 'Totals in whole cents' },
        { plan: '01-02', title: 'Check every commit' },
      ],
      files,
    },
    sources: [
      source('01-01', 'Totals in whole cents', {
        ...{ task: 'Round once, at the end', requirements: ['CART-02'], turn: 3, tokens: 18_400, usd: 0.06 },
        verified: [{ command: 'node --test', exitCode: 0 }],
      }),
      source('01-02', 'Check every commit', {
        verified: [{ command: 'npm run lint', exitCode: 1 }],
        tokens: 9000,
      }),
    ],
    units,
    contents: new Map([
      ['a'.repeat(64), before],
      ['b'.repeat(64), after],
    ]),
  };
}
