import { strict as assert } from 'node:assert';
import { readPlanning, type ExecutablePhase } from '../../../server/planning';
import { planText, tree } from './tree';

async function phaseOf(files: Readonly<Record<string, string>>, id = '3'): Promise<ExecutablePhase> {
  const phase = (await readPlanning(tree(files), 1)).phase(id);
  assert.ok(phase);
  return phase;
}

/** Plans of phase 3 given as frontmatter by file name; each plan as `id wave<after`, each problem as its code and arguments. */
async function checkOrder(
  plans: Readonly<Record<string, string>>,
  expected: readonly string[],
  problems: readonly (readonly [string, object])[] = [],
): Promise<void> {
  const files: Record<string, string> = { 'ROADMAP.md': '### Phase 3: Third\n### Phase 2: Second\n' };
  for (const [name, frontmatter] of Object.entries(plans)) {
    const path = name.includes('/') ? name : `phases/03-third/${name}`;
    files[path] = path.includes('SUMMARY') ? frontmatter : planText(frontmatter);
  }
  const phase = await phaseOf(files);
  assert.deepEqual(
    phase.plans.map((plan) => `${plan.id}${plan.done ? '✓' : ''} ${plan.wave}<${plan.after.join(',')}`),
    expected,
  );
  assert.deepEqual(
    phase.problems.map((one) => [one.code, one.args]),
    problems,
  );
}

const dir = '.planning/phases/03-third';

describe('order of plans', () => {
  it('resolves every spelling of a dependency', async () => {
    for (const spelling of [
      '03-01',
      '3-1',
      '"01"',
      '1',
      '03-01-PLAN.md',
      '03-01-PLAN',
      '03-PLAN-1',
      "'Plan 01'",
      '03-third-01',
      'phases/03-third/03-01-PLAN.md',
      '03-01 (types)',
      '03-01-SUMMARY.md',
    ]) {
      await checkOrder({ '03-01-PLAN.md': 'plan: 01', '03-02-PLAN.md': `depends_on: [${spelling}]` }, [
        '03-01 1<',
        '03-02 2<03-01',
      ]);
    }
    await checkOrder({ '03-auth-PLAN.md': '', '03-02-PLAN.md': 'depends_on:\n  - auth # first\n' }, [
      '03-02 2<03-auth',
      '03-auth 1<',
    ]);
    await checkOrder({ '03-01b-PLAN.md': '', '03-02-PLAN.md': 'depends_on:\n- 03-01B\n- none' }, [
      '03-01b 1<',
      '03-02 2<03-01b',
    ]);
  });

  it('reads decimal phases and lists over several lines', async () => {
    const phase = await phaseOf(
      {
        'phases/02.1-fix/02.1-01-PLAN.md': planText('wave: 1'),
        'phases/02.1-fix/02.1-02-PLAN.md': planText('wave: 1'),
        'phases/02.1-fix/02.1-03-PLAN.md': planText('depends_on: ["02.1-01",\n  02]'),
      },
      '2.1',
    );
    assert.deepEqual(
      phase.plans.map((plan) => `${plan.id} ${plan.wave}<${plan.after.join(',')}`),
      ['02.1-01 1<', '02.1-02 1<', '02.1-03 2<02.1-01,02.1-02'],
    );
  });

  it('takes dependencies on other phases as met once those are done', async () => {
    const plan = { '03-01-PLAN.md': 'depends_on: [02-01, 02-second, Phase 2]' };
    await checkOrder(
      { ...plan, 'phases/02-second/02-01-PLAN.md': '', 'phases/02-second/02-01-SUMMARY.md': '' },
      ['03-01 1<'],
    );
    await checkOrder({ '03-02-PLAN.md': 'depends_on: [01, 03-01]', '03-01-SUMMARY.md': 'the plan is gone' }, [
      '03-02 1<',
    ]);
    await checkOrder(
      { '03-01-PLAN.md': 'depends_on: [02-01]', 'phases/02-second/02-01-PLAN.md': '' },
      ['03-01 1<'],
      [
        [
          'planning.unfinishedDependency',
          { file: `${dir}/03-01-PLAN.md`, line: 2, dependency: '02-01', phase: '2' },
        ],
      ],
    );
    await checkOrder(
      { '03-01-PLAN.md': 'plan: 1\ndepends_on:\n  - 09-09' },
      ['03-01 1<'],
      [['planning.missingDependency', { file: `${dir}/03-01-PLAN.md`, line: 4, dependency: '09-09' }]],
    );
  });

  it('reports a cycle with its path', async () => {
    await checkOrder(
      {
        '03-01-PLAN.md': 'depends_on: [03-03]',
        '03-02-PLAN.md': 'depends_on: [03-01]',
        '03-03-PLAN.md': 'depends_on: [03-02]',
      },
      ['03-01 3<03-03', '03-02 1<', '03-03 2<03-02'],
      [['planning.cycle', { phase: '3', path: '03-01 → 03-03 → 03-02 → 03-01' }]],
    );
    await checkOrder(
      { '03-01-PLAN.md': 'depends_on: [03-01]' },
      ['03-01 1<'],
      [['planning.cycle', { phase: '3', path: '03-01 → 03-01' }]],
    );
  });

  it('warns of a declared wave that differs and honours a later one', async () => {
    await checkOrder(
      {
        '03-01-PLAN.md': 'wave: 1',
        '03-02-PLAN.md': 'wave: 3',
        '03-03-PLAN.md': 'depends_on: [03-01]\nwave: 1',
      },
      ['03-01 1<', '03-02 3<', '03-03 2<03-01'],
      [
        [
          'planning.waveMismatch',
          { file: `${dir}/03-02-PLAN.md`, line: 2, plan: '03-02', declared: '3', computed: 1 },
        ],
        [
          'planning.waveMismatch',
          { file: `${dir}/03-03-PLAN.md`, line: 3, plan: '03-03', declared: '1', computed: 2 },
        ],
      ],
    );
    await checkOrder({ '03-01-PLAN.md': 'wave: 0', '03-02-PLAN.md': 'wave: 1\ndepends_on: [01]' }, [
      '03-01 1<',
      '03-02 2<03-01',
    ]);
  });

  it('puts plans of one wave that change the same file one after the other', async () => {
    await checkOrder(
      {
        '03-01-PLAN.md': 'files_modified: [src/a.ts, ./src/b.ts]',
        '03-02-PLAN.md': 'files_modified:\n  - src/b.ts',
        '03-03-PLAN.md': 'files_modified: [src/c.ts]',
        '03-04-PLAN.md': 'files_modified: [src/**]\ndepends_on: [03-01]',
      },
      ['03-01 1<', '03-02 1<03-01', '03-03 1<', '03-04 2<03-01'],
      [['planning.filesOverlap', { first: '03-01', second: '03-02', files: 'src/b.ts' }]],
    );
  });
});

describe('plan files', () => {
  /** File names of a folder `03-third` and the plans they are: `id` or `id✓`. */
  async function check(names: readonly string[], expected: readonly string[]): Promise<void> {
    const files = Object.fromEntries(names.map((name) => [`phases/03-third/${name}`, 'x']));
    const phase = await phaseOf(files);
    assert.deepEqual(
      phase.plans.map((plan) => plan.id + (plan.done ? '✓' : '')),
      expected,
    );
  }

  it('finds every dialect of names and pairs summaries', async () => {
    await check(['03-01-PLAN.md', '03-01-SUMMARY.md', '03-02-PLAN.md'], ['03-01✓', '03-02']);
    await check(['03-PLAN.md', '03-SUMMARY.md'], ['03-01✓']);
    await check(['01-PLAN.md', '02-PLAN.md', '02-SUMMARY.md'], ['03-01', '03-02✓']);
    await check(['PLAN.md', 'SUMMARY.md'], ['03-01✓']);
    await check(
      ['03-PLAN-1.md', '03-1-SUMMARY.md', '03-PLAN-2.md', '03-PLAN-2-SUMMARY.md'],
      ['03-01✓', '03-02✓'],
    );
    await check(['plans/PLAN-01-types.md', 'PLAN-02.md', '03-02-SUMMARY.md'], ['03-01', '03-02✓']);
    await check(
      ['03-01-PLAN.md', '03-01-FIX-PLAN.md', '03-01-FIX-FIX-PLAN.md', '03-01-FIX-SUMMARY.md'],
      ['03-01', '03-01-FIX✓', '03-01-FIX-FIX'],
    );
    await check(
      ['03-01b-PLAN.md', '03-01-PLAN.md', '03-10-PLAN.md', '03-02-auth-PLAN.md'],
      ['03-01', '03-01b', '03-02', '03-10'],
    );
    await check(['LINT-FIX-PLAN.md', 'test-coverage-plan.md'], ['03-LINT-FIX', '03-test-coverage']);
  });

  it('leaves out look-alikes', async () => {
    await check(
      [
        'PLAN-SUMMARY.md',
        'PREPLANNING-NOTES.md',
        '03-PLAN-OUTLINE.md',
        '03-01-PLAN-REVIEW.md',
        '03-01.pre-bounce-PLAN.md',
        '03-CONTEXT.md',
        '03-01-PLAN.txt',
        'old/03-01-PLAN.md',
        'EXPLANATION.md',
      ],
      [],
    );
  });
});

describe('content of a plan', () => {
  it('reads tags whose contents are not XML', async () => {
    const body = [
      '<objective>',
      'Make it go. Then rest.',
      '</objective>',
      '```xml',
      '<task type="auto"><name>Not a task</name></task>',
      '```',
      '<tasks>',
      '<task type="auto" tdd="true">',
      '  <name>Task 1: A &amp; B</name>',
      '  <files>src/a.ts, src/b.ts</files>',
      '  <action>Use <name> and Map<string, number> && `</action>`',
      '    <div>raw</div>',
      '  </action>',
      '  <verify><automated>npm test -- --grep &quot;a&quot; &amp;&amp; echo done</automated></verify>',
      '  <done>ok</done>',
      '</task>',
      '<task type="checkpoint:human-verify" gate="blocking">',
      '  <what-built>Page</what-built>',
      '</task>',
      '<task type="auto">',
      '  <name>Three</name>',
      '  <verify>',
      '    `npm run lint`',
      '    Look at `README.md` too.',
      '    - `npm test -- --grep "a" && echo done`',
      '  </verify>',
      '</task>',
      '<task>',
      '  <n>Four</n>',
      '  <verify>',
      '    <automated>MISSING — write it first</automated>',
      '    <automated>',
      '      set -e',
      '      for f in *; do',
      '        echo "$f"',
      '      done',
      '    </automated>',
      '    <manual>`look`</manual>',
      '  </verify>',
      '</task>',
      '</tasks>',
    ];
    for (const eol of ['\n', '\r\n']) {
      const files = {
        'ROADMAP.md': '### Phase 3: T\nPlans:\n- [ ] 03-02-PLAN.md — From the roadmap\n',
        'phases/03-third/03-01-PLAN.md': planText('phase: 03-third', body.join('\n')).replaceAll('\n', eol),
        'phases/03-third/03-02-PLAN.md': planText('title: "Own"'),
      };
      const { phase, view } = await readPlanning(tree(files), 1);
      const [first, second] = phase('3')!.plans;
      assert.deepEqual(first!.verify, [
        'npm test -- --grep "a" && echo done',
        'npm run lint',
        'set -e\nfor f in *; do\n  echo "$f"\ndone',
      ]);
      assert.equal(first!.objective, 'Make it go. Then rest.'.replaceAll('\n', eol));
      assert.deepEqual(first!.files, ['src/a.ts', 'src/b.ts']);
      assert.equal(first!.title, 'Make it go.');
      assert.equal(second!.title, 'From the roadmap');
      assert.deepEqual(
        view.milestones[0]!.phases[0]!.plans[0]!.tasks.map(
          (task) => `${task.place.line} ${task.type} ${task.name}`,
        ),
        ['12 auto Task 1: A & B', '21 checkpoint:human-verify Page', '24 auto Three', '32 auto Four'],
      );
    }
  });

  it('takes as verify commands what can only be code', async () => {
    for (const [verify, expected] of [
      ['npm test', ['npm test']],
      ['\n    cargo test --workspace\n  ', ['cargo test --workspace']],
      ['python -c "print(1, 2) and more"', ['python -c "print(1, 2) and more"']],
      ['grep -c &quot;a&quot; b.ts', ['grep -c "a" b.ts']],
      ['npm run build passes', []],
      ['npm test, then look', []],
      ['npm run build succeeds. The page shows it.', []],
      ['cargo run with test data', []],
      ['The page opens', []],
      ['npm', []],
      ['\n```bash\n$ npm ci\nnpm test\n```\n```ts\nconst a = 1;\n```\nnpm run lint\n', ['npm ci\nnpm test']],
      ['\n- `npm test`\n- look at `a`\n1. `npm run lint`\n', ['npm test', 'npm run lint']],
      ['\nnpm test\nnpm run lint\n', []],
      ['<human-check>npm start</human-check>', []],
      ['<automated>`npm test`</automated><automated>npm test</automated>', ['npm test']],
    ] as const) {
      const phase = await phaseOf({
        'phases/03-third/03-01-PLAN.md': `<tasks>\n<task type="auto">\n<verify>${verify}</verify>\n</task>\n</tasks>\n`,
      });
      assert.deepEqual(phase.plans[0]!.verify, expected, verify);
    }
  });

  it('reads the paths of files', async () => {
    const phase = await phaseOf({
      'phases/03-third/03-01-PLAN.md': planText(
        'files_modified:\n  - ./src/a b.ts\n  - "src/it\'s.ts" # new\n  - `src/c.ts` (new)\n  - src\\d.ts — moved\n  - src/[id].ts',
      ),
    });
    assert.deepEqual(phase.plans[0]!.files, [
      'src/a b.ts',
      "src/it's.ts",
      'src/c.ts',
      'src/d.ts',
      'src/[id].ts',
    ]);
  });

  it('reads tasks from headings where there are no tags', async () => {
    const { view } = await readPlanning(
      tree({
        'phases/03-third/03-01-PLAN.md': '# Plan 03-01: Old style\n### Task 1: Dig\n### Task 2: Fill\n',
      }),
      1,
    );
    const plan = view.milestones[0]!.phases[0]!.plans[0]!;
    assert.equal(plan.title, 'Old style');
    assert.deepEqual(
      plan.tasks.map((task) => task.name),
      ['Task 1: Dig', 'Task 2: Fill'],
    );
  });

  it('leaves superseded plans out of execution', async () => {
    const phase = await phaseOf({ 'phases/03-third/03-01-PLAN.md': planText('status: superseded') });
    assert.equal(phase.plans[0]!.done, true);
  });
});
