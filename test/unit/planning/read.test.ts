import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { planningView } from '../../../schemas';
import { PlanningMemory, readPlanning } from '../../../server/planning';
import { planText, tree } from './tree';

/** Each phase as `milestone id name state plans`, and each problem as `code file:line`. */
async function check(
  files: Readonly<Record<string, string | Uint8Array>>,
  expected: readonly string[],
  problems: readonly string[] = [],
): Promise<void> {
  const { view } = await readPlanning(tree(files), 7);
  planningView.parse(view);
  assert.equal(view.revision, 7);
  assert.deepEqual(
    view.milestones.flatMap((milestone) =>
      milestone.phases.map((phase) =>
        `${milestone.key}/${milestone.state} ${phase.id} ${phase.name} ${phase.state} ${phase.plans.map((plan) => `${plan.id}:${plan.state}`).join(',')}`.trimEnd(),
      ),
    ),
    expected,
  );
  assert.deepEqual(
    view.problems.map((one) => `${one.code} ${one.args['file']}:${one.args['line']}`),
    problems,
  );
}

const summary = '---\nphase: x\n---\n# done\n';

describe('readPlanning', () => {
  it('says when there is nothing', async () => {
    const { view } = await readPlanning(tree({}), 1);
    assert.deepEqual(view, { revision: 1, present: false, project: '', milestones: [], problems: [] });
  });

  it('takes states from the plans and summaries on disk', async () => {
    await check(
      {
        'PROJECT.md': '# Shop\n',
        'STATE.md': '---\nmilestone: v1.0\nmilestone_name: First\n---\n# Project State\n',
        'ROADMAP.md':
          '# Roadmap: Shop\n\n## Phases\n\n- [x] **Phase 1: Base** - one\n- [ ] **Phase 2: Till** - two\n- [ ] **Phase 2.1: Fix (INSERTED)** - three\n\n## Phase Details\n\n### Phase 1: Base\n**Goal**: Stand\n\n### Phase 2: Till\n**Goal:** Pay\n\n### Phase 3 — Late\nGoal: Wait\n',
        'phases/01-base/01-01-PLAN.md': planText('phase: 01-base\nplan: 01'),
        'phases/01-base/01-01-SUMMARY.md': summary,
        'phases/02-till/02-01-PLAN.md': planText('phase: 02-till'),
        'phases/02-till/02-01-SUMMARY.md': summary,
        'phases/02-till/02-02-PLAN.md': planText('phase: 02-till'),
        'phases/02.1-fix/02.1-01-PLAN.md': planText('phase: 02.1-fix'),
      },
      [
        'v1.0/active 1 Base complete 01-01:complete',
        'v1.0/active 2 Till partial 02-01:complete,02-02:planned',
        'v1.0/active 2.1 Fix planned 02.1-01:planned',
        'v1.0/active 3 Late none',
      ],
    );
  });

  it('unites headings, bullets, tables, details, folders and archives', async () => {
    await check(
      {
        'ROADMAP.md': [
          '# Roadmap: All',
          '## Milestones',
          '- ✅ **v1.0 MVP** - Phases 1-2 (shipped 2026-01-01)',
          '- 🚧 **v1.1 More** - Phases 3-6',
          '<details>',
          '<summary>✅ v1.0 MVP (Phases 1-2) - SHIPPED 2026-01-01</summary>',
          '',
          '- [x] Phase 1: Ground (2/2 plans) — completed 2026-01-01',
          '</details>',
          '### 🚧 v1.1 More',
          '#### Phase 3: Roof',
          '## Progress',
          '| Phase | Milestone | Plans Complete | Status | Completed |',
          '|---|---|---|---|---|',
          '| 2. Walls | v1.0 | 1/1 | Complete | 2026-01-01 |',
          '| 4. Door \\| Bell | v1.1 | 0/1 | Not started | - |',
          '```',
          '### Phase 77: In a fence',
          '```',
          '<!--',
          '### Phase 78: In a comment',
          '-->',
        ].join('\n'),
        'milestones/v1.0-ROADMAP.md': '# Milestone v1.0\n\n### Phase 1: Ground\n### Phase 2: Walls\n',
        'milestones/v1.0-phases/01-ground/01-01-PLAN.md': 'x',
        'milestones/v1.0-phases/01-ground/01-01-SUMMARY.md': 'x',
        'phases/05-тест/notes.md': 'x',
      },
      [
        'v1.0/shipped 1 Ground complete 01-01:complete',
        'v1.0/shipped 2 Walls complete',
        'v1.1/active 3 Roof none',
        'v1.1/active 4 Door | Bell none',
        'v1.1/active 5 тест none',
      ],
    );
  });

  it('keeps phases apart whose numbers repeat after a milestone', async () => {
    const { view, phase } = await readPlanning(
      tree({
        'STATE.md': '**Milestone:** v2.0\n',
        'ROADMAP.md': '## v1.0 Old (shipped)\n### Phase 1: Start\n## v2.0 New\n### Phase 1: Again\n',
        'phases/01-start/01-01-PLAN.md': 'x',
        'phases/01-again/01-01-PLAN.md': 'x',
      }),
      1,
    );
    assert.deepEqual(
      view.milestones.flatMap((milestone) => milestone.phases.map((one) => one.key)),
      ['v1.0|1|.planning/phases/01-start', 'v2.0|1|.planning/phases/01-again'],
    );
    assert.equal(phase('1')?.name, 'Again');
    assert.equal(phase('v1.0|1|.planning/phases/01-start')?.name, 'Start');
  });

  it('gives a number that was given again to the active milestone, whatever heading it stands under', async () => {
    const roadmap =
      '## Milestones\n- ✅ **v1.0 Old** - Phases 1-2 (shipped 2026-01-01)\n- 🚧 **v2.0 New** - Phases 1-2\n' +
      '<details>\n<summary>✅ v1.0 Old (Phases 1-2) - SHIPPED 2026-01-01</summary>\n\n- [x] Phase 1: Start\n- [x] Phase 2: End\n</details>\n' +
      '## Phase Details\n### Phase 1: Rebuild\n### Phase 2: Beyond\n';
    await check(
      {
        'STATE.md': '---\nmilestone: v2.0\n---\n',
        'ROADMAP.md': roadmap,
        'phases/01-rebuild/01-01-PLAN.md': 'x',
        'phases/02-end/02-01-PLAN.md': 'x',
        'phases/02-end/02-01-SUMMARY.md': 'x',
      },
      [
        'v1.0/shipped 1 Start complete',
        'v1.0/shipped 2 End complete 02-01:complete',
        'v2.0/active 1 Rebuild planned 01-01:planned',
        'v2.0/active 2 Beyond none',
      ],
    );
  });

  it('reads workstreams beside or instead of the main tree', async () => {
    await check(
      {
        'workstreams/api/ROADMAP.md': '### Phase 1: Routes\n',
        'workstreams/api/phases/01-routes/01-01-PLAN.md': 'x',
      },
      ['api/current/open 1 Routes planned 01-01:planned'],
    );
  });

  it('reports what it does not understand and uses the rest', async () => {
    await check(
      {
        'ROADMAP.md':
          '- [x] **Phase 1: A** - a\n<<<<<<< HEAD\n### Phase 2: B\n=======\n### Phase 3: C\n>>>>>>> other\n```\nopen\n',
        'STATE.md': '---\nmilestone: v3.0\nprogress:\n  [██████████] 100%\n---\n',
        'phases/01-a/01-01-PLAN.md':
          '---\nwave: multi\n<objective>Do</objective>\n<tasks>\n<task type="auto">\n<name>One</name>\n',
      },
      ['v3.0/active 1 A planned 01-01:planned', 'v3.0/active 2 B none', 'v3.0/active 3 C none'],
      [
        'planning.malformed .planning/ROADMAP.md:2',
        'planning.malformed .planning/ROADMAP.md:4',
        'planning.malformed .planning/ROADMAP.md:6',
        'planning.malformed .planning/ROADMAP.md:7',
        'planning.malformed .planning/STATE.md:4',
        'planning.malformed .planning/phases/01-a/01-01-PLAN.md:1',
        'planning.malformed .planning/phases/01-a/01-01-PLAN.md:2',
        'planning.malformed .planning/phases/01-a/01-01-PLAN.md:5',
        'planning.discrepancy .planning/ROADMAP.md:1',
      ],
    );
  });

  it('reads UTF-16 where a BOM says so', async () => {
    const text = '\ufeff### Phase 1: Größe\n';
    const little = Uint8Array.from(Buffer.from(text, 'utf16le'));
    const big = Uint8Array.from(Buffer.from(text, 'utf16le').swap16());
    for (const bytes of [little, big]) await check({ 'ROADMAP.md': bytes }, ['current/open 1 Größe none']);
  });

  it('finds a phase by every way to say its number', async () => {
    const { phase } = await readPlanning(
      tree({ 'ROADMAP.md': '### Phase 2.1: X\n### Phase 3: Y\n### Phase 12A: Z\n' }),
      1,
    );
    for (const [input, id] of [
      ['3', '3'],
      ['03', '3'],
      ['phase 3', '3'],
      ['Phase 3: Y', '3'],
      ['2.1', '2.1'],
      ['02.1', '2.1'],
      ['12a', '12A'],
      ['4', undefined],
      ['', undefined],
    ] as const) {
      assert.equal(phase(input)?.id, id, input);
    }
  });

  it('gives the same problems in the same order, whichever file is read first', async () => {
    const files = tree({
      'ROADMAP.md': '```\n',
      'phases/01-a/01-01-PLAN.md': '```\n',
      'phases/01-a/01-02-PLAN.md': '```\n',
    });
    const slow = (path: string): number => (path.includes('01-01') ? 5 : 0);
    const late = {
      list: () => files.list(),
      read: async (path: string) => {
        await new Promise((resolve) => setTimeout(resolve, slow(path)));
        return files.read(path);
      },
    };
    assert.deepEqual((await readPlanning(late, 1)).view, (await readPlanning(files, 1)).view);
  });

  it('parses again only what changed, and forgets what is gone', async () => {
    const memory = new PlanningMemory();
    const files: Record<string, string> = {
      'ROADMAP.md': '### Phase 1: A\n',
      'phases/01-a/01-01-PLAN.md': '---\ntitle: one\n---\n```\n',
    };
    const titles = async (): Promise<string[]> => {
      const { view } = await readPlanning(tree(files), 1, memory);
      assert.deepEqual(view, (await readPlanning(tree(files), 1)).view);
      return view.milestones.flatMap((milestone) =>
        milestone.phases.flatMap((phase) => phase.plans.map((plan) => plan.title)),
      );
    };
    assert.deepEqual(await titles(), ['one']);
    assert.deepEqual(await titles(), ['one']);
    files['phases/01-a/01-01-PLAN.md'] = '---\ntitle: two\n---\n';
    assert.deepEqual(await titles(), ['two']);
    delete files['phases/01-a/01-01-PLAN.md'];
    assert.deepEqual(await titles(), []);
    files['phases/01-a/01-01-PLAN.md'] = '---\ntitle: one\n---\n```\n';
    assert.deepEqual(await titles(), ['one']);
  });

  it('remembers by bytes, whoever holds them', () => {
    const memory = new PlanningMemory();
    const made: number[] = [];
    const derive = (path: string, ...bytes: number[]): number =>
      memory.derive(path, Uint8Array.from(bytes), (all) => {
        made.push(all.length);
        return { value: all.length, problems: [] };
      }).value;
    assert.deepEqual([derive('a', 1, 2), derive('b', 1)], [2, 1]);
    memory.settle();
    assert.deepEqual([derive('a', 1, 2), derive('b', 2)], [2, 1]);
    memory.settle();
    derive('a', 1, 2);
    memory.settle();
    derive('b', 2);
    assert.deepEqual(made, [2, 1, 1, 1]);
  });

  it('survives files that fail, vanish, or hold anything at all', async () => {
    const broken = {
      list: () => Promise.resolve(['.planning/ROADMAP.md']),
      read: () => Promise.reject(new Error('EIO')),
    };
    const { view } = await readPlanning(broken, 1);
    assert.deepEqual(view.problems, [
      { code: 'planning.unreadable', args: { file: '.planning/ROADMAP.md', detail: 'EIO' } },
    ]);
    const pieces = fc.constantFrom(
      ...[
        '---\n',
        'wave: 1\n',
        'depends_on: [01, "02',
        '<task>',
        '</task>\n',
        '<verify>\n',
        '```\n',
        '<!--',
        '-->',
        '| a |\n',
        '|--|\n',
      ],
      ...[
        '## v1.0\n',
        '### Phase 1: A\n',
        '- [x] **Phase 2',
        '<details>',
        '<summary>',
        '\n',
        '\r\n',
        '\ufeff',
        '- [ ] 01-01-PLAN.md',
        '\0',
      ],
    );
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.oneof(pieces, fc.string()), { maxLength: 30 })
        .map((parts) => new TextEncoder().encode(parts.join(''))),
    );
    const names = [
      'ROADMAP.md',
      'STATE.md',
      'PROJECT.md',
      'phases/01-a/01-01-PLAN.md',
      'phases/01-a/PLAN.md',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { minLength: names.length, maxLength: names.length }),
        async (contents) => {
          const files = Object.fromEntries(names.map((name, index) => [name, contents[index]!]));
          const planning = await readPlanning(tree(files), 1);
          planningView.parse(planning.view);
          for (const milestone of planning.view.milestones) {
            for (const one of milestone.phases) assert.ok(planning.phase(one.key));
          }
        },
      ),
    );
  });
});
