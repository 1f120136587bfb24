import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { roundtrip } from '../../../server/planning';
import { byteLength, decodeText, encodeText, readable } from '../../../server/planning/text/bytes';
import {
  fileKindOf,
  parseDocument,
  serialiseDocument,
  understandingOf,
} from '../../../server/planning/text/document';
import { elementsOf } from '../../../server/planning/text/elements';
import { type Block, type BlockKind, leaf, serialise } from '../../../server/planning/text/nodes';
import { parseMarkdown } from '../../../server/planning/text/parse';
import { cellsOf } from '../../../server/planning/text/tables';
import { entryOf, frontmatterEntries, listOf, scalarOf } from '../../../server/planning/text/values';
import { tree } from './tree';

/** The blocks of a text, each as its kind, and `(kinds of its children)`. */
function check(text: string, expected: string): void {
  const show = (block: Block): string =>
    block.kind + (block.children.length > 0 ? `(${block.children.map(show).join(' ')})` : '');
  const blocks = parseMarkdown(text);
  assert.equal(blocks.map(show).join(' '), expected);
  assert.equal(serialise(blocks), text);
}

/** The leaves of the only line as `role‹text›`. */
function checkLeaves(line: string, kind: BlockKind, expected: string): void {
  const [block] = parseMarkdown(line);
  assert.equal(block!.kind, kind);
  assert.equal(block!.leaves.map((one) => `${one.role}‹${one.text}›`).join(''), expected);
  let at = 0;
  for (const one of block!.leaves) {
    assert.equal(one.start, at);
    at += one.text.length;
  }
}

describe('bytes', () => {
  it('come back whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const text = decodeText(bytes);
        assert.deepEqual(encodeText(text), bytes);
        assert.equal(byteLength(text), bytes.length);
      }),
      { numRuns: 2000 },
    );
    for (const bytes of [
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xf8, 0x88],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98, 0x80, 0xff],
      [0xef, 0xbb, 0xbf],
    ]) {
      assert.deepEqual([...encodeText(decodeText(Uint8Array.from(bytes)))], bytes);
    }
  });

  it('are shown without what is not text', () => {
    assert.equal(readable(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xff))), 'a\ufffd');
  });
});

describe('parseMarkdown', () => {
  it('keeps every character of any text', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '---\n',
        'a: b\n',
        '- x\n',
        '  - y: z',
        '# h\n',
        '```\n',
        '~~~',
        '<!--',
        '-->',
        '|a|b|\n',
        '|-|-|\n',
        '<details>',
        '</details>\n',
      ),
      fc.constantFrom(
        '<task>',
        '</task>\n',
        '**F:** v\n',
        '- [ ] **X**: y',
        '\r\n',
        '\n',
        '\r',
        '\ufeff',
        '\0',
        '<<<<<<< a\n',
        '=======\n',
        '> q\n',
        '***\n',
        ' ',
        '\t',
        '[',
        '{',
        '\\|',
      ),
      fc.string({ maxLength: 8 }),
      fc.uint8Array({ maxLength: 4 }).map(decodeText),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const blocks = parseMarkdown(text);
        assert.equal(serialise(blocks), text);
        let at = 0;
        const visit = (block: Block): void => {
          assert.equal(block.start, at);
          for (const one of block.leaves) {
            assert.equal(one.start, at);
            assert.ok(one.text.length > 0);
            at += one.text.length;
          }
          for (const child of block.children) visit(child);
        };
        for (const block of blocks) visit(block);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells the blocks of a file apart', () => {
    check('', '');
    check('\ufeff# A\n\n---\n', 'bom heading blank rule');
    check(
      '---\na: b\n# c\n\n- d\n---\ntext',
      'frontmatter(delimiter entry remark blank item delimiter) paragraph',
    );
    check('a\n---\nb: c\n---\n', 'paragraph rule field rule');
    check('- a\n  * [x] b\n1. c\n> d\n', 'bullet bullet bullet quote');
    check(
      '| a |\n|---|\n| b |\n\na | b\n--|--\nc | d\n',
      'table(row delimiterRow row) blank table(row delimiterRow row)',
    );
    check('a | b\nc\n', 'paragraph paragraph');
    check(
      '```ts\n# no\n````\n~~~\n```\n~~~\n',
      'fence(fenceLine fenceLine fenceLine) fence(fenceLine fenceLine fenceLine)',
    );
    check('```\n# still a heading\n', 'notUnderstood heading');
    check(
      '<!-- a -->\n<!--\n# no\n--> b\n# c\n',
      'comment(comment) comment(comment comment comment) heading',
    );
    check('a <!-- b\n# no\n-->\n`<!--` c\n# d\n', 'paragraph comment(comment comment) paragraph heading');
    check('<!-- never\n# a\n', 'notUnderstood heading');
    check('<details>\n<summary>s</summary>\n</details>\n', 'details details details');
    check('<task type="auto">\n  text</action>\n<div>\n', 'tag tag paragraph');
    check(
      '<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n=======\n',
      'notUnderstood paragraph notUnderstood paragraph notUnderstood paragraph',
    );
    check('a\0b\n', 'notUnderstood');
  });

  it('takes lines apart', () => {
    checkLeaves('##  A ##\r\n', 'heading', 'marker‹##›gap‹  ›text‹A ##›eol‹\r\n›');
    checkLeaves(
      '  - [x]  **A-1**: b',
      'bullet',
      'indent‹  ›marker‹-›gap‹ ›boxOpen‹[›mark‹x›boxClose‹]›gap‹  ›strong‹**›name‹A-1›strong‹**›colon‹:›gap‹ ›value‹b›',
    );
    checkLeaves('**Goal:** x', 'field', 'strong‹**›name‹Goal›colon‹:›strong‹**›gap‹ ›value‹x›');
    checkLeaves(
      '**Success Criteria** (what must be TRUE):',
      'field',
      'strong‹**›name‹Success Criteria›strong‹**›aside‹ (what must be TRUE)›colon‹:›',
    );
    checkLeaves('Last activity: 2026', 'field', 'name‹Last activity›colon‹:›gap‹ ›value‹2026›');
    checkLeaves('https://a.b', 'paragraph', 'text‹https://a.b›');
    checkLeaves(
      '  <verify><automated>a && <b></automated></verify>',
      'tag',
      'indent‹  ›tag‹<verify>›tag‹<automated>›text‹a && <b>›tag‹</automated>›tag‹</verify>›',
    );
  });

  it('finds cells around escaped pipes, empty cells and missing frames', () => {
    const cells = (line: string): string[] =>
      cellsOf(parseMarkdown(`${line}\n`)[0]!.children[0]!).map((cell) => cell.text);
    assert.deepEqual(cells('| a | b \\| c ||  |'), ['a', 'b \\| c', '', '']);
    assert.deepEqual(cells('| a | b'), ['a', 'b']);
    const unframed = parseMarkdown('a | b\n-|-\n')[0]!.children[0]!;
    assert.deepEqual(
      cellsOf(unframed).map((cell) => cell.text),
      ['a', 'b'],
    );
  });
});

describe('frontmatter', () => {
  const entries = (text: string): ReturnType<typeof frontmatterEntries> =>
    frontmatterEntries(parseMarkdown(`---\n${text}\n---\n`));
  const scalar = (text: string): string | undefined => scalarOf(entryOf(entries(text), 'a'))?.text;
  const list = (text: string): string[] => listOf(entryOf(entries(text), 'a')).map((value) => value.text);

  it('reads scalars that YAML refuses', () => {
    assert.equal(scalar('a: b: c'), 'b: c');
    assert.equal(scalar('a: `code` @x'), '`code` @x');
    assert.equal(scalar('a: "\\d+ \\"x\\""'), '\\d+ "x"');
    assert.equal(scalar("a: 'it''s' # note"), "it's");
    assert.equal(scalar('a: x#y # note'), 'x#y');
    assert.equal(scalar('a: >\n  one\n  two\nb: c'), 'one two');
    assert.equal(scalar('a: |\n  one\n  k: v\nb: c'), 'one\nk: v');
    assert.equal(scalar('a:'), undefined);
    assert.equal(scalar('A: 01'), '01');
  });

  it('reads lists of every style', () => {
    assert.deepEqual(list('a: [b, "c, d", \'e\'] # x'), ['b', 'c, d', 'e']);
    assert.deepEqual(list('a: [b,\n  c,\n]'), ['b', 'c']);
    assert.deepEqual(list('a:\n  - b # x\n  - "c"\n  -\nd: e'), ['b', 'c']);
    assert.deepEqual(list('a:\n- b\n- c: d\n  e: f'), ['b', 'c: d']);
    assert.deepEqual(list('a: []'), []);
    assert.deepEqual(list('a: null'), []);
    assert.deepEqual(list('a: src/[id].ts'), ['src/[id].ts']);
  });

  it('knows the place of each value', () => {
    const text = '---\na: [b, "c"]\n---\n';
    const values = listOf(entryOf(frontmatterEntries(parseMarkdown(text)), 'a'));
    assert.deepEqual(
      values.map((value) => `${value.line} ${text.slice(value.start, value.end)}`),
      ['2 b', '2 "c"'],
    );
  });

  it('marks what it cannot read, and goes on', () => {
    const block = parseMarkdown('---\na: b\n???\nc: d\n---\n')[0]!;
    assert.deepEqual(
      block.children.map((child) => child.kind),
      ['delimiter', 'entry', 'notUnderstood', 'entry', 'delimiter'],
    );
    const open = parseMarkdown('---\na: b\n# Title\n');
    assert.deepEqual(
      [open[0]!.kind, open[0]!.reason !== undefined, open[1]!.kind],
      ['frontmatter', true, 'heading'],
    );
    const stacked = parseMarkdown('---\na: b\n---\n\n---\nc: d\n---\n');
    assert.deepEqual(
      stacked.map((child) => child.kind),
      ['frontmatter', 'blank', 'frontmatter'],
    );
    assert.equal(leaf(stacked[0]!.children[1]!, 'key')!.text, 'a');
  });
});

describe('elements', () => {
  const show = (text: string): unknown =>
    elementsOf(parseMarkdown(text)).map(function named(one): unknown {
      return one.children.length > 0
        ? [one.name, ...one.children.map(named)]
        : `${one.name}=${one.content.trim()}${one.closed ? '' : '…'}`;
    });

  it('nest only where GSD nests them', () => {
    assert.deepEqual(
      show('<task type="auto">\n<name>a</name>\n<action>\n<name>no</name>\n<verify>no\n</action>\n</task>\n'),
      [['task', 'name=a', 'action=<name>no</name>\n<verify>no']],
    );
  });

  it('end with the next task, the parent or the file where they are not closed', () => {
    assert.deepEqual(
      show('<tasks>\n<task>\n<name>a</name>\n<task>\n<name>b\n</task>\n</tasks>\n<output>\nx'),
      [['tasks', ['task', 'name=a'], ['task', 'name=b…']], 'output=x…'],
    );
  });

  it('end beside code spans and lone backticks', () => {
    assert.deepEqual(
      show('<task>\n<done>`a`</done>\n<action>` </action>\n<files>`<name>` b</files>\n</task>\n'),
      [['task', 'done=`a`', 'action=`', 'files=`<name>` b']],
    );
  });

  it('are not looked for in fences, code spans and the middle of lines', () => {
    assert.deepEqual(show('```\n<task>\n```\n`<task>` is\nsee <task> there\n</task>\n'), []);
  });
});

describe('documents', () => {
  it('have the kind their path says', () => {
    for (const [path, kind] of [
      ['ROADMAP.md', 'ROADMAP'],
      ['milestones/v1.0-ROADMAP.md', 'ROADMAP'],
      ['phases/01-a/01-02-PLAN.md', 'PLAN'],
      ['phases/01-a/01-PLAN-2.md', 'PLAN'],
      ['phases/01-a/01-02-SUMMARY.md', 'SUMMARY'],
      ['v1.0-MILESTONE-AUDIT.md', 'AUDIT'],
      ['todos/pending/a-plan.md', 'todo'],
      ['.continue-here.md', 'continueHere'],
      ['config.json', 'data'],
      ['notes/thing.md', 'other'],
    ] as const) {
      assert.equal(fileKindOf(path), kind, path);
    }
  });

  it('are compared byte for byte over a whole tree', async () => {
    const { different, files, kinds } = await roundtrip(
      tree({
        'STATE.md': 'Status: x\r\n',
        'phases/1/1-PLAN.md': 'prose',
        'config.json': Uint8Array.of(0, 255),
      }),
    );
    assert.deepEqual([different, files], [[], 3]);
    assert.deepEqual(kinds.get('STATE'), { bytes: 11, understood: 11, prose: 0 });
    assert.deepEqual(kinds.get('PLAN'), { bytes: 5, understood: 5, prose: 5 });
    assert.deepEqual(kinds.get('data'), { bytes: 2, understood: 2, prose: 0 });
  });

  it('count what is understood, and prose apart', () => {
    const bytes = new TextEncoder().encode('# ü\nprose\n<<<<<<< x\n');
    const document = parseDocument('ROADMAP.md', bytes);
    assert.deepEqual(understandingOf(document), { bytes: 21, understood: 11, prose: 6 });
    assert.deepEqual(serialiseDocument(document), bytes);
  });
});
