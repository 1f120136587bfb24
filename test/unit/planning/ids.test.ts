import { strict as assert } from 'node:assert';
import {
  comparePhaseIds,
  normalPhaseId,
  normalPlanId,
  phaseIdOfInput,
  readDirectoryName,
  slugOf,
} from '../../../server/planning/ids';
import { milestoneKeyOf, rangesOf, readMilestone } from '../../../server/planning/milestones';
import { readPlanning } from '../../../server/planning';
import { tree } from './tree';

function check<I, O>(read: (input: I) => O, cases: readonly (readonly [I, O])[]): void {
  for (const [input, expected] of cases) assert.deepEqual(read(input), expected, JSON.stringify(input));
}

describe('ids', () => {
  it('of phases ignore padding, case and project codes', () => {
    check(normalPhaseId, [
      ['03', '3'],
      ['02.01', '2.1'],
      ['12a', '12A'],
      ['GSD-03', '3'],
      ['[GSD.02] 05.03', '5.3'],
      ['000', '0'],
      ['999.1', '999.1'],
    ]);
    check(phaseIdOfInput, [
      ['phase 03', '3'],
      ['Phase 2.1: Name', '2.1'],
      [' 7 ', '7'],
    ]);
  });

  it('of plans ignore padding and case', () => {
    check(normalPlanId, [
      ['03-01', '3-1'],
      ['02.1-01B', '2.1-1b'],
      ['3-10', '3-10'],
    ]);
  });

  it('are ordered by numbers', () => {
    const ids = ['10', '2', '2.1', '1', '3.2.1', '3', '12A', '12', '999.1'];
    assert.deepEqual([...ids].sort(comparePhaseIds), [
      '1',
      '2',
      '2.1',
      '3',
      '3.2.1',
      '10',
      '12',
      '12A',
      '999.1',
    ]);
  });

  it('are read from the names of folders', () => {
    check(readDirectoryName, [
      ['03-auth', { id: '3', written: '03', slug: 'auth' }],
      ['02.1-fix', { id: '2.1', written: '02.1', slug: 'fix' }],
      ['12-v1.2-cleanup', { id: '12', written: '12', slug: 'v1.2-cleanup' }],
      ['05-组织架构', { id: '5', written: '05', slug: '组织架构' }],
      ['1B-a&b', { id: '1B', written: '1B', slug: 'a&b' }],
      ['GSD.02-05.03-slug', { id: '5.3', written: '05.03', slug: 'slug' }],
      ['APP-03-auth', { id: '3', written: '03', slug: 'auth' }],
      ['phase-36', { id: '36', written: '36', slug: '' }],
      ['notes', { id: 'notes', written: 'notes', slug: 'notes' }],
    ]);
    assert.equal(slugOf('Größe & 検索 (v2)'), 'größe-検索-v2');
  });
});

describe('milestones', () => {
  it('are told by version or number', () => {
    check(milestoneKeyOf, [
      ['v1.0 MVP', 'v1.0'],
      ['✅ **v2** Next', 'v2.0'],
      ['v1.2.0', 'v1.2'],
      ['v1.2.1 Patch', 'v1.2.1'],
      ['Milestone 2: More', 'm2'],
      ['M03', 'm3'],
      ['serv1.0', undefined],
      ['Overview', undefined],
    ]);
  });

  it('say their state, name and phases', () => {
    const read = (text: string): string => {
      const fact = readMilestone(text, 'f', 1);
      return fact ? `${fact.state} “${fact.name}” ${JSON.stringify(fact.ranges)}` : 'none';
    };
    check(read, [
      ['✅ **v1.0 MVP** - Phases 1-4 (shipped 2026-01-01)', 'shipped “v1.0 MVP” [[1,4]]'],
      ['🚧 v1.1 More (In Progress)', 'active “v1.1 More” []'],
      ['v1.2 Later', 'open “v1.2 Later” []'],
      ['v1.0 Done (Phase 5) — SHIPPED 2026-01-01', 'shipped “v1.0 Done” [[5,5]]'],
      ['v3.0 Old — ABANDONED', 'shipped “v3.0 Old — ABANDONED” []'],
      ['Phase 2: v1.0 import', 'none'],
    ]);
    check(rangesOf, [
      [
        'Phases 12–14, 16',
        [
          [12, 14],
          [16, 16],
        ],
      ],
      ['phases 1 to 3', [[1, 3]]],
      ['none', []],
    ]);
  });
});

describe('headings of phases', () => {
  it('are found in every notation', async () => {
    const headings = [
      ['### Phase 3: A', '3 A'],
      ['#### [GSD.02] Phase 05.03: A', '5.3 A'],
      ['## Phase 3 — A ✅', '3 A'],
      ['### Phase 3: A (INSERTED)', '3 A'],
      ['### Phase 3 (INSERTED): A', '3 A'],
      ['### Phase APP-3: A', '3 A'],
      ['###Phase 3: A', '3 A'],
      ['### 🚧 Phase 3.2.1: A: B', '3.2.1 A: B'],
      ['### Phase 3', '3 3'],
      ['- [x] ~~**Phase 3: A**~~ — dropped', '3 A'],
      ['* [~] Phase 3 – A', '3 A'],
      ['- **Phase 3: A** - b', '3 A'],
      ['- [ ] [Phase 3: A](x.md)', '3 A'],
      ['### Phases 3-5: A', ''],
      ['### Phase Details', ''],
      ['- Phase 3 depends on Phase 2', ''],
      ['- **Depends on**: Phase 2', ''],
    ] as const;
    for (const [line, expected] of headings) {
      const { view } = await readPlanning(tree({ 'ROADMAP.md': `${line}\n` }), 1);
      const found = view.milestones.flatMap((milestone) =>
        milestone.phases.map((phase) => `${phase.id} ${phase.name}`),
      );
      assert.equal(found.join(), expected, line);
    }
  });
});
