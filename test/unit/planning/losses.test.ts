import { strict as assert } from 'node:assert';
import { type Planning, readPlanning } from '../../../server/planning';
import { setField } from '../../../server/planning/edit/field';
import { setFrontmatter } from '../../../server/planning/edit/frontmatter';
import { renumberPath, renumberReferences, withoutPhase } from '../../../server/planning/edit/renumber';
import { completePhase, markRequirement, tickPlan } from '../../../server/planning/edit/ticks';
import { readPosition } from '../../../server/planning/state';
import { parseDocument, serialiseDocument } from '../../../server/planning/text/document';
import { member, nestedOf, textsOf } from '../../../server/planning/text/nested';
import type { Block } from '../../../server/planning/text/nodes';
import { parseMarkdown } from '../../../server/planning/text/parse';
import { type Splice, applySplices } from '../../../server/planning/text/splice';
import { entryOf, frontmatterEntries, scalarOf } from '../../../server/planning/text/values';
import { tree } from './tree';

function edited(text: string, edit: (blocks: readonly Block[]) => readonly Splice[]): string {
  return applySplices(text, edit(parseMarkdown(text)));
}

function nested(text: string, key: string): ReturnType<typeof nestedOf> {
  return nestedOf(entryOf(frontmatterEntries(parseMarkdown(text)), key)!);
}

const file = 'STATE.md';
const state = [
  '---',
  '# kept by hand',
  "milestone: 'v9 (curated)' # not from the body",
  '',
  'status:   executing',
  'progress:',
  '  percent: 12',
  '---',
  '',
  '# Project State',
  '',
  '## Current Position',
  '',
  'Phase: 9 of 13 (X) — PARTIAL',
  'Status: Doing',
  '',
  '```',
  'a',
  '',
  '',
  '',
  'b',
  '```',
  '',
].join('\n');

describe('what other writers lose stays', () => {
  it('a: comments, key order, quotes and blank lines of frontmatter', () => {
    const after = edited(state, (blocks) =>
      setFrontmatter(blocks, { file, key: 'status', value: 'verifying' }),
    );
    assert.equal(after, state.replace('executing', 'verifying'));
  });

  it('b: curated frontmatter when the body changes', () => {
    const after = edited(state, (blocks) => setField(blocks, { file, name: 'Status', value: 'Paused' }));
    assert.equal(after, state.replace('Status: Doing', 'Status: Paused'));
  });

  it('c: prose after a number is no name', () => {
    assert.deepEqual(readPosition('9 of 13 (X) — PARTIAL'), {
      phase: '9',
      of: 13,
      name: 'X',
      remark: 'PARTIAL',
    });
    assert.deepEqual(readPosition('2.1 — halfway'), {
      phase: '2.1',
      of: undefined,
      name: undefined,
      remark: 'halfway',
    });
    assert.deepEqual(readPosition('04'), { phase: '4', of: undefined, name: undefined, remark: '' });
    for (const text of ['Not started', '—', 'Milestone v1.2 complete', '']) {
      assert.deepEqual(readPosition(text), {
        phase: undefined,
        of: undefined,
        name: undefined,
        remark: text,
      });
    }
  });

  it('d: 01 stays 01, without quotes', () => {
    const text = '---\nplan: 01\nwave: 1\n---\n';
    assert.equal(scalarOf(entryOf(frontmatterEntries(parseMarkdown(text)), 'plan'))!.text, '01');
    const after = edited(text, (blocks) => setFrontmatter(blocks, { file, key: 'plan', value: '02' }));
    assert.equal(after, '---\nplan: 02\nwave: 1\n---\n');
  });

  it('e: lists of objects can be read, nested ones too', () => {
    const text =
      '---\ngaps:\n  - truth: "It: works"\n    status: failed\n    artifacts:\n      - path: a.ts\n        issue: none\n    missing: [x, "y, z"]\n  - truth: second\nuser_setup: [{service: s3, env: {name: KEY}}]\n---\n';
    const gaps = nested(text, 'gaps');
    assert.ok(gaps.kind === 'list' && gaps.items.length === 2);
    assert.deepEqual(textsOf(member(gaps.items[0], 'truth')), ['It: works']);
    assert.deepEqual(textsOf(member(gaps.items[0], 'missing')), ['x', 'y, z']);
    const artifacts = member(gaps.items[0], 'artifacts');
    assert.ok(artifacts?.kind === 'list');
    assert.deepEqual(textsOf(member(artifacts.items[0], 'issue')), ['none']);
    assert.deepEqual(textsOf(member(gaps.items[1], 'truth')), ['second']);
    const setup = nested(text, 'user_setup');
    assert.ok(setup.kind === 'list');
    assert.deepEqual(textsOf(member(member(setup.items[0], 'env'), 'name')), ['KEY']);
  });

  it('f: must_haves of any indentation and in flow style', () => {
    for (const written of [
      'must_haves:\n  truths:\n    - one\n    - "two: 2"',
      'must_haves:\n      truths:\n      - one\n      - "two: 2"',
      'must_haves:\n truths: [one, "two: 2"]',
      'must_haves: {truths: [one, "two: 2"], artifacts: []}',
    ]) {
      assert.deepEqual(
        textsOf(member(nested(`---\n${written}\n---\n`, 'must_haves'), 'truths')),
        ['one', 'two: 2'],
        written,
      );
    }
  });

  it('g: a date goes where it belongs, whatever the trailing text and the columns', () => {
    const text =
      '- [ ] **Phase 1: A** - x (see notes)\n\n| Phase | Done on | Status | Completed |\n|---|---|---|---|\n| 1. A | no | Planned | |\n';
    const after = edited(text, (blocks) =>
      completePhase(blocks, { file, phase: '1', date: '2026-02-03', plans: '1/1' }),
    );
    const again = edited(after, (blocks) =>
      completePhase(blocks, { file, phase: '1', date: '2026-02-03', plans: '1/1' }),
    );
    assert.equal(
      after,
      '- [x] **Phase 1: A** - x (see notes) (completed 2026-02-03)\n\n| Phase | Done on | Status | Completed |\n|---|---|---|---|\n| 1. A | no | Complete | 2026-02-03 |\n',
    );
    assert.equal(again, after);
  });

  it('h: blank lines inside fences', () => {
    assert.ok(
      edited(state, (blocks) => setField(blocks, { file, name: 'Status', value: 'x' })).includes(
        'a\n\n\n\nb',
      ),
    );
  });

  it('i: completing a todo keeps its frontmatter at the first byte', () => {
    const todo = '---\ncreated: 2026-01-01\ntitle: Fix\n---\n\n## Problem\n';
    const after = edited(todo, (blocks) =>
      setFrontmatter(blocks, { file, key: 'completed', value: '2026-01-02', add: true }),
    );
    assert.equal(after, '---\ncreated: 2026-01-01\ntitle: Fix\ncompleted: 2026-01-02\n---\n\n## Problem\n');
  });

  it('j: legacy keys of the configuration', () => {
    const bytes = new TextEncoder().encode(
      '{ "depth":"quick", "branching_strategy": "none",\r\n\t"own": [1,] }',
    );
    assert.deepEqual(serialiseDocument(parseDocument('config.json', bytes)), bytes);
  });

  it('k: references follow when a phase goes', () => {
    const renumbering = withoutPhase('2', ['1', '2', '3', '3.1', '10', '999.1']);
    assert.deepEqual(
      [...renumbering],
      [
        ['3', '2'],
        ['3.1', '2.1'],
        ['10', '9'],
      ],
    );
    const text = [
      '---',
      'phase: 03-auth',
      'depends_on: [03-01, "03.1-02", 01-01, 10-01-PLAN.md]',
      'last_activity: 2026-03-01',
      '---',
      '**Depends on**: Phase 3, Phase 3.1, Phase 30 and phase 10',
      'See @.planning/phases/03-auth/03-CONTEXT.md and v3-01 or 3.3-01.',
      '| 3. Auth | Phase 10: Last |',
      '| 3.1 | x |',
      '```',
      'Phase 3',
      '```',
      'Phases 3-10 are one milestone.',
      '',
    ].join('\n');
    const { splices, unclear } = renumberReferences(parseMarkdown(text), renumbering);
    assert.equal(
      applySplices(text, splices),
      text
        .replace('phase: 03-auth', 'phase: 02-auth')
        .replace('[03-01, "03.1-02", 01-01, 10-01-PLAN.md]', '[02-01, "02.1-02", 01-01, 09-01-PLAN.md]')
        .replace('Phase 3, Phase 3.1, Phase 30 and phase 10', 'Phase 2, Phase 2.1, Phase 30 and phase 9')
        .replace('03-auth/03-CONTEXT.md', '02-auth/02-CONTEXT.md')
        .replace('| 3. Auth | Phase 10: Last |', '| 2. Auth | Phase 9: Last |')
        .replace('| 3.1 | x |', '| 2.1 | x |'),
    );
    assert.deepEqual(unclear, [13]);
    assert.equal(
      renumberPath('phases/03.1-auth/03.1-02-PLAN.md', renumbering),
      'phases/02.1-auth/02.1-02-PLAN.md',
    );
  });
});

describe('what a parser and writer must do', () => {
  it('1: gives identical bytes for every odd file', () => {
    for (const bytes of [
      Uint8Array.of(),
      Uint8Array.of(0xef, 0xbb, 0xbf, 0x2d, 0x2d, 0x2d, 0x0d, 0x0a),
      Uint8Array.of(0xff, 0xfe, 0x23, 0x00, 0x20, 0x00),
      Uint8Array.of(0x00, 0x80, 0xc0, 0xaf, 0xf4, 0x90, 0x80, 0x80, 0xe2, 0x82),
      new TextEncoder().encode('---\na: b\n\n# No end\r\n\rlone return\n```\nopen'),
      new TextEncoder().encode(`${'x'.repeat(1_000_000)}\n| a\n|--\n<task>\n<!--`),
      new TextEncoder().encode(
        `---\n---\n---\na: 1\n---\n---\nb: 2\n---\n${'`'.repeat(50)}\n${'> '.repeat(500)}`,
      ),
    ]) {
      assert.deepEqual(serialiseDocument(parseDocument('STATE.md', bytes)), bytes);
    }
  });

  it('2: shows what it does not understand', () => {
    const [block] = parseMarkdown('<<<<<<< ours\n');
    assert.deepEqual([block!.kind, block!.reason], ['notUnderstood', 'a merge conflict was left here']);
  });

  it('3: sets a field in its notation, with its further lines, in its section', () => {
    const text =
      '## Blockers\nStatus: a\n## Current Position\n**Status:** b\n  more\n\n| Status | c |\n|--|--|\n';
    const after = edited(text, (blocks) => setField(blocks, { file, name: 'Status', value: 'new' }));
    assert.equal(after, text.replace('**Status:** b\n  more', '**Status:** new'));
  });

  it('4: does not match in fences and comments, and reads inside details', async () => {
    const planning = await readPlanning(
      tree({
        'ROADMAP.md':
          '```\n### Phase 1: A\n```\n<!-- x\n### Phase 2: B\n-->\n<details>\n### Phase 3: C\n</details>\n',
      }),
      1,
    );
    assert.deepEqual(ids(planning), ['3']);
    const fence =
      '```\n- [ ] 01-01: a\n```\n<!--\n- [ ] 01-01: a\n-->\n<details>\n- [ ] 01-01: a\n</details>\n';
    assert.equal(
      edited(fence, (blocks) => tickPlan(blocks, { file, plan: '01-01', done: true })),
      fence.replace('<details>\n- [ ]', '<details>\n- [x]'),
    );
  });

  it('5: keeps widths, alignment, further columns and escaped pipes of tables', () => {
    const text =
      '## Traceability\n|  Status     | Requirement |  Phase | Note |\n|:-----------:|-------------|-------:|------|\n|   Pending   | A-1         |      1 | a\\|b |\n';
    const after = edited(text, (blocks) => markRequirement(blocks, { file, id: 'A-1', done: true }));
    assert.equal(after, text.replace('|   Pending   |', '|  Complete   |'));
  });

  it('6: reads aliases as one key and keeps the one the file has', () => {
    const text = '---\nkey_files: a\n---\n';
    assert.equal(scalarOf(entryOf(frontmatterEntries(parseMarkdown(text)), 'key-files'))!.text, 'a');
    const after = edited(text, (blocks) => setFrontmatter(blocks, { file, key: 'key-files', value: 'b' }));
    assert.equal(after, '---\nkey_files: b\n---\n');
  });

  it('7: counts on disk and shows stored counts that differ', async () => {
    const { view } = await readPlanning(
      tree({
        'ROADMAP.md':
          '### Phase 1: A\n**Plans:** 2/2 plans complete\n\n| Phase | Plans Complete | Status |\n|---|---|---|\n| 1. A | 1/2 | Complete |\n',
        'phases/01-a/01-01-PLAN.md': 'x',
        'phases/01-a/01-01-SUMMARY.md': 'x',
        'phases/01-a/01-02-PLAN.md': 'x',
      }),
      1,
    );
    assert.equal(view.milestones[0]!.phases[0]!.state, 'partial');
    assert.deepEqual(
      view.problems.map(({ code, args }) => `${code} ${args['line']} ${args['stored']} ${args['found']}`),
      [
        'planning.discrepancy 6 phase 1 is marked complete 1 of 2 plans have no SUMMARY',
        'planning.discrepancy 2 phase 1 counts 2/2 plans it is 1/2',
      ],
    );
  });
});

function ids(planning: Planning): string[] {
  return planning.view.milestones.flatMap((milestone) => milestone.phases.map((phase) => phase.id));
}
