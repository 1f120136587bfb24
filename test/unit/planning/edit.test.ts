import { strict as assert } from 'node:assert';
import type { Code } from '../../../schemas';
import { ProblemError } from '../../../server/base';
import { setField, fieldValue } from '../../../server/planning/edit/field';
import { setFrontmatter } from '../../../server/planning/edit/frontmatter';
import { completePhase, markRequirement, tickPlan } from '../../../server/planning/edit/ticks';
import { decodeText } from '../../../server/planning/text/bytes';
import type { Block } from '../../../server/planning/text/nodes';
import { parseMarkdown } from '../../../server/planning/text/parse';
import { type Splice, applySplices, invertSplices } from '../../../server/planning/text/splice';

type Edit = (blocks: readonly Block[]) => readonly Splice[];

const field =
  (name: string, value: string, section?: string): Edit =>
  (blocks) =>
    setField(blocks, { file: 'STATE.md', name, value, ...(section === undefined ? {} : { section }) });
const key =
  (name: string, value: string, add = false): Edit =>
  (blocks) =>
    setFrontmatter(blocks, { file: 'STATE.md', key: name, value, add });
const plan =
  (id: string, done = true): Edit =>
  (blocks) =>
    tickPlan(blocks, { file: 'ROADMAP.md', plan: id, done });
const requirement =
  (id: string, done = true): Edit =>
  (blocks) =>
    markRequirement(blocks, { file: 'REQUIREMENTS.md', id, done });
const phase =
  (id: string, plans = '2/2'): Edit =>
  (blocks) =>
    completePhase(blocks, { file: 'ROADMAP.md', phase: id, date: '2026-05-06', plans });

/** Edits a text, compares the whole, and undoes it to the identical text; also with CRLF and a BOM. */
function check(before: string, edit: Edit, after: string): void {
  for (const dress of [(text: string) => text, (text: string) => `\ufeff${text.replaceAll('\n', '\r\n')}`]) {
    const splices = edit(parseMarkdown(dress(before)));
    const edited = applySplices(dress(before), splices);
    assert.equal(edited, dress(after));
    assert.equal(applySplices(edited, invertSplices(dress(before), splices)), dress(before));
    assert.deepEqual(edit(parseMarkdown(edited)), [], 'a second time there is nothing to do');
  }
}

function refuses(before: string, edit: Edit, code: Code): void {
  assert.throws(
    () => edit(parseMarkdown(before)),
    (error: unknown) => error instanceof ProblemError && error.problem.code === code,
  );
}

describe('setField', () => {
  it('knows every notation', () => {
    check('Status: old\nNext: x\n', field('Status', 'new'), 'Status: new\nNext: x\n');
    check('**Status:** old  \nnext\n\n', field('status', 'new'), '**Status:** new\n\n');
    check('**Status**: old\n\nnext\n', field('Status', 'new'), '**Status**: new\n\nnext\n');
    check('- **Status**: old\n- x\n', field('Status', 'new'), '- **Status**: new\n- x\n');
    check(
      '- Total plans completed: 0\n',
      field('Total plans completed', '12'),
      '- Total plans completed: 12\n',
    );
    check(
      '| Field  | Value |\n|--------|-------|\n| Status | old   |\n',
      field('Status', 'a|b'),
      '| Field  | Value |\n|--------|-------|\n| Status | a\\|b  |\n',
    );
    check(
      '---\nlast_activity: "x" # why\n---\n',
      field('Last activity', 'say "hi"'),
      '---\nlast_activity: "say \\"hi\\"" # why\n---\n',
    );
  });

  it('fills and empties fields', () => {
    check('Status:\nNext: x\n', field('Status', 'new'), 'Status: new\nNext: x\n');
    check('**Status:**\n', field('Status', 'new'), '**Status:** new\n');
    check('Status: old\n', field('Status', ''), 'Status: \n');
    check('| Status | |\n| Plan | 1 |\n', field('Status', 'new'), '| Status | new |\n| Plan | 1 |\n');
    check('Status: old', field('Status', 'new'), 'Status: new');
  });

  it('takes lines with it on which the value goes on', () => {
    check('Status: one\n  two\nthree\n\nfour\n', field('Status', 'new'), 'Status: new\n\nfour\n');
    check('Status: one\n  Then: two\nNext: x\n', field('Status', 'new'), 'Status: new\nNext: x\n');
    check('Status: one\n- a list\n', field('Status', 'new'), 'Status: new\n- a list\n');
    assert.equal(fieldValue(parseMarkdown('Status: one\n  two\n'), 'Status'), 'one two');
  });

  it('edits the field of the right section', () => {
    const text = '## Blockers\nStatus: a\n## Current Position\nStatus: b\n<details>\nStatus: c\n</details>\n';
    check(text, field('Status', 'new'), text.replace('Status: b', 'Status: new'));
    check(text, field('Status', 'new', 'Blockers'), text.replace('Status: a', 'Status: new'));
    refuses('## A\nOwner: a\n## B\nOwner: b\n', field('Owner', 'new'), 'planning.ambiguous');
    check('# T\nOwner: a\n## B\nOwner: b\n', field('Owner', 'new'), '# T\nOwner: new\n## B\nOwner: b\n');
  });

  it('refuses what it cannot do', () => {
    refuses('Status: a\n', field('Stat', 'new'), 'planning.fieldUnknown');
    refuses('Status: a\n', field('Status', 'two\nlines'), 'planning.valueRefused');
    refuses('Status: a\n\nb\n-->\n', field('Status', '<!-- hidden'), 'planning.valueRefused');
    refuses('Status: a\n', field('Status', '\ud800'), 'planning.valueRefused');
    refuses('|Status|a|\n|Plan|1|\n', field('Status', 'a \\'), 'planning.valueRefused');
  });
});

describe('setFrontmatter', () => {
  it('keeps quotes, comments, order and blank lines', () => {
    const text = '---\n# curated\na: \'x\' # one\n\nb: "y"\nc:   z\n---\n';
    check(text, key('a', "it's"), text.replace("'x'", "'it''s'"));
    check(text, key('b', 'n'), text.replace('"y"', '"n"'));
    check(text, key('c', 'plain'), text.replace('z', 'plain'));
    check(text, key('c', 'a: b'), text.replace('z', '"a: b"'));
    check(text, key('d', 'new', true), text.replace('z\n', 'z\nd: new\n'));
    refuses(text, key('d', 'new'), 'planning.fieldUnknown');
  });

  it('sets nested keys and replaces folded values', () => {
    check(
      '---\nprogress:\n  total: 1\n  percent: 40\nx: 1\n---\n',
      key('progress.percent', '50'),
      '---\nprogress:\n  total: 1\n  percent: 50\nx: 1\n---\n',
    );
    check('---\na: one\n  two\nb: x\n---\n', key('a', 'new'), '---\na: new\nb: x\n---\n');
    check('---\na:\nb: x\n---\n', key('a', 'new'), '---\na: new\nb: x\n---\n');
    refuses('---\na: [x]\n---\n', key('a', 'new'), 'planning.valueRefused');
    refuses('---\na:\n  - x\n---\n', key('a', 'new'), 'planning.valueRefused');
  });
});

describe('tickPlan', () => {
  it('changes the box and nothing else', () => {
    check(
      '- [ ] 01-02-PLAN.md — a [ ] b\n- [ ] 01-01: c\n',
      plan('01-02'),
      '- [x] 01-02-PLAN.md — a [ ] b\n- [ ] 01-01: c\n',
    );
    check('* [ ] **01-02-PLAN.md** — a\n', plan('1-2'), '* [x] **01-02-PLAN.md** — a\n');
    check('- [X] 01-02: a\n', plan('01-02', false), '- [ ] 01-02: a\n');
    check('- [~] 01-02: a\n', plan('01-02'), '- [x] 01-02: a\n');
    check('- 01-02: a\n', plan('01-02'), '- [x] 01-02: a\n');
    check(
      '```\n- [ ] 01-02: a\n```\n- [ ] 01-02: a\n',
      plan('01-02'),
      '```\n- [ ] 01-02: a\n```\n- [x] 01-02: a\n',
    );
    check(
      '<details>\n- [ ] 01-02: a\n</details>\n- [ ] 01-02: b\n',
      plan('01-02'),
      '<details>\n- [ ] 01-02: a\n</details>\n- [x] 01-02: b\n',
    );
  });

  it('does not guess', () => {
    refuses('- [ ] 01-02: a\n', plan('01-03'), 'planning.entryUnknown');
    refuses('- [ ] 01-02: a\n\n- [ ] 01-02: b\n', plan('01-02'), 'planning.ambiguous');
  });
});

describe('markRequirement', () => {
  const text = [
    '- [ ] **AUTH-01**: a',
    '- [x] **AUTH-02**: b',
    '',
    '| AUTH-01 | not here |',
    '|---|---|',
    '',
    '## Traceability',
    '',
    '| Requirement | Phase   | Status      | Note |',
    '|-------------|---------|-------------|------|',
    '| AUTH-01     | Phase 1 | Pending     | a\\|b |',
    '| AUTH-02     | Phase 1 | ✅ Complete |      |',
    '',
  ].join('\n');

  it('changes box and status, in the words of the file', () => {
    check(
      text,
      requirement('AUTH-01'),
      text.replace('- [ ] **AUTH-01', '- [x] **AUTH-01').replace('| Pending     |', '| ✅ Complete |'),
    );
    check(
      text,
      requirement('auth-02', false),
      text.replace('- [x] **AUTH-02', '- [ ] **AUTH-02').replace('| ✅ Complete |', '| Pending     |'),
    );
  });

  it('works with a box alone, a row alone, and the id in another column', () => {
    check('- [ ] ~~**A-1**~~ x\n', requirement('A-1'), '- [x] ~~**A-1**~~ x\n');
    check('- [ ] A-1: x\n- [ ] A-10: y\n', requirement('A-1'), '- [x] A-1: x\n- [ ] A-10: y\n');
    check(
      '## Traceability\n| Phase | REQ-ID | Status |\n|--|--|--:|\n| 1 | **A-1** | Gaps Found |\n',
      requirement('A-1'),
      '## Traceability\n| Phase | REQ-ID | Status |\n|--|--|--:|\n| 1 | **A-1** |   Complete |\n',
    );
    refuses(text, requirement('AUTH-09'), 'planning.entryUnknown');
    refuses('- [ ] **A-1**: x\n- [ ] **A-1**: y\n', requirement('A-1'), 'planning.ambiguous');
  });
});

describe('completePhase', () => {
  it('ticks, dates and fills its cells wherever the columns are', () => {
    check(
      '- [ ] **Phase 2: B** - text (INSERTED) - note\n\n| Phase | Status | Milestone | Completed | Plans Complete |\n|---|---|---|---|---|\n| 2. B | In progress | v1 | - | 1/2 |\n| 3. C | Not started | v1 | - | 0/2 |\n',
      phase('02'),
      '- [x] **Phase 2: B** - text (INSERTED) - note (completed 2026-05-06)\n\n| Phase | Status | Milestone | Completed | Plans Complete |\n|---|---|---|---|---|\n| 2. B | Complete    | v1 | 2026-05-06 | 2/2 |\n| 3. C | Not started | v1 | - | 0/2 |\n',
    );
    check(
      '- [x] Phase 2: B (completed 2026-01-01) and more\n',
      phase('2'),
      '- [x] Phase 2: B (completed 2026-05-06) and more\n',
    );
    refuses('### Phase 2: B\n', phase('2'), 'planning.entryUnknown');
  });
});

describe('splices', () => {
  it('keep bytes that are not UTF-8 and files without an end', () => {
    const bytes = Uint8Array.of(0x53, 0x3a, 0x20, 0x61, 0x0a, 0x0a, 0xff, 0xc3, 0x0a, 0xed, 0xa0, 0x80);
    const text = decodeText(bytes);
    check(text, field('S', 'b'), text.replace('a', 'b'));
    assert.throws(
      () =>
        applySplices('abc', [
          { start: 0, end: 2, text: '' },
          { start: 1, end: 3, text: '' },
        ]),
      RangeError,
    );
  });
});
