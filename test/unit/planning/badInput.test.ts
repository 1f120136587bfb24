import { strict as assert } from 'node:assert';
import { planningView } from '../../../schemas';
import { readPlanning } from '../../../server/planning';
import { parseDocument, serialiseDocument } from '../../../server/planning/text/document';
import { tree } from './tree';

const hostile: Readonly<Record<string, string>> = {
  'a 9 MB file': 'x\n'.repeat(4_500_000),
  zeros: '\0'.repeat(3_000_000),
  'one long line': `a: ${'x'.repeat(1_000_000)}`,
  'open fences': '```x\n'.repeat(50_000),
  'closed fences': '```\n'.repeat(50_001),
  'fences of all lengths': Array.from({ length: 2000 }, (_, index) => '`'.repeat(2003 - index)).join('\n'),
  'open comments': '<!--\n'.repeat(50_000),
  'open tasks': '<task>\n'.repeat(50_000),
  'nested tags': '<task><checkpoint>'.repeat(3000),
  'stacked frontmatter': '---\na: 1\n'.repeat(20_000),
  'an alias bomb': `---\n${'a: &a [*a,*a]\n'.repeat(10_000)}---\n`,
  'open flow lists': `---\n${'depends_on: [\n'.repeat(20_000)}---\n`,
  brackets: `---\ndepends_on: ${'['.repeat(60_000)}\n---\n## ${'['.repeat(60_000)}`,
  details: '<details>\n'.repeat(50_000),
  pipes: `${'|'.repeat(60_000)}\n${'| a | b |\n'.repeat(30_000)}`,
  stars: `- [ ] ${'*'.repeat(60_000)}Phase 1`,
  'blanks in a heading': `### Phase 1${' '.repeat(60_000)}x`,
  'blanks in a version': `## v1.0${' '.repeat(60_000)}x`,
  ranges: `- v1.0 Phases 1${'-1'.repeat(30_000)}`,
  parentheses: `- v1.0 ${'(Phase '.repeat(9000)}`,
  links: `- v1.0 ${'['.repeat(30_000)}${']('.repeat(10_000)}`,
  dots: `### Phase ${'1.'.repeat(30_000)}x`,
  'many phases': Array.from({ length: 20_000 }, (_, index) => `- [x] **Phase ${index}: A${index}**`).join(
    '\n',
  ),
  'one phase many times': Array.from({ length: 20_000 }, (_, index) => `- [x] **Phase 1: A${index}**`).join(
    '\n',
  ),
  commands: `<task><verify>\n<automated>\n${'  x\n'.repeat(200_000)}</automated></verify></task>`,
  conflicts: '<<<<<<< a\n=======\n>>>>>>> b\n'.repeat(10_000),
};

describe('hostile files', function () {
  this.timeout(60_000);

  for (const [name, text] of Object.entries(hostile)) {
    it(`of ${name} are read in bounded time, the rest of the tree too`, async () => {
      const bytes = new TextEncoder().encode(text);
      const before = process.cpuUsage();
      assert.ok(Buffer.compare(serialiseDocument(parseDocument('PLAN.md', bytes)), bytes) === 0);
      const { view, phase } = await readPlanning(
        tree({
          'ROADMAP.md': bytes,
          'STATE.md': bytes,
          'phases/77-x/77-01-PLAN.md': bytes,
          'phases/77-x/77-02-PLAN.md': 'x',
        }),
        1,
      );
      const { user, system } = process.cpuUsage(before);
      planningView.parse(view);
      assert.equal(phase('77')?.plans.length, 2);
      // Processor time, so that a busy machine does not count: quadratic reading took minutes.
      assert.ok(user + system < 5_000_000, `${((user + system) / 1e6).toFixed(1)} s of processor time`);
    });
  }
});
