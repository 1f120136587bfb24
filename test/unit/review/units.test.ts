import { strict as assert } from 'node:assert';
import { commonEnd, linesOf } from '../../../server/review/algebra/lines';
import { unitsOf, splitUnit } from '../../../server/review/algebra/units';
import { compose } from '../../../server/review/algebra/compose';
import { risksOf } from '../../../server/review/risks';
import type { Version } from '../../../server/review/decide';

const file = (content: string | Buffer, executable = false): Version => ({
  kind: 'file',
  bytes: Buffer.from(content),
  executable,
});
const link = (target: string): Version => ({ kind: 'link', bytes: Buffer.from(target), executable: false });
const utf16 = (text: string, be = false): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return be ? bytes.swap16() : bytes;
};
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const proposed = (
  baseline: Version | null,
  proposal: Version | null,
  path = 'f',
  from: string | null = null,
) => ({
  ...{ path, from, baseline, proposal },
});

/** Cuts a proposal: the units as text, and what the file comes to with all of them and with none. */
function check(
  baseline: Version | null,
  proposal: Version | null,
  expected: string,
  kept?: Version | null,
  path?: string,
): void {
  const asked = proposed(baseline, proposal, path);
  const cut = unitsOf(asked);
  const brief = cut.units.map(({ kind, before: b, after: a }) =>
    kind === 'lines' ? `${b.start}-${b.end}>${a.start}-${a.end}` : kind,
  );
  assert.equal(brief.join(' '), expected);
  assert.deepEqual(unitsOf(asked), cut, 'the same after every start');
  assert.equal(
    new Set(cut.units.map(({ unit }) => unit)).size,
    cut.units.length,
    'each has a name of its own',
  );
  const bytes = (version: Version | null | undefined) =>
    version && latin1(Buffer.from(version.bytes).toString('latin1')).toString('latin1');
  assert.equal(bytes(compose(asked, cut, () => true).version), bytes(kept === undefined ? proposal : kept));
  assert.equal(bytes(compose(asked, cut, () => false).version), bytes(baseline));
}

describe('the units of a proposal', () => {
  it('are hunks of lines, whatever the line ends and the encoding', () => {
    check(file('a\nb\nc\nd\n'), file('a\nB\nc\nd\ne\n'), '1-2>1-2 4-4>4-5');
    check(file('a\r\nb\r\nc\r\n'), file('a\r\nB\r\nc\r\n'), '1-2>1-2');
    check(file('a\rb\rc'), file('a\rB\rc'), '1-2>1-2');
    check(file('a\r\nb\nc\r\n'), file('a\r\nB\nc\r\n'), '1-2>1-2');
    check(file(latin1('h\xf6\nb\n')), file(latin1('h\xf6\nB\n')), '1-2>1-2');
    check(file(utf16('a\r\nb\r\n\u010a\u0a0d\n')), file(utf16('a\r\nB\r\n\u010a\u0a0d\n')), '1-2>1-2');
    check(file(utf16('a\nb\n', true)), file(utf16('a\nB\n', true)), '1-2>1-2');
    check(file('a\nb'), file('a\nb\n'), '1-2>1-2');
    check(file('a\u2028b\nc\n'), file('a\u2028b\nC\n'), '1-2>1-2');
    check(file(''), file('a\n'), '0-0>0-1');
    check(file('a\n'), file(''), '0-1>0-0');
    const long = 'x'.repeat(10_000_000);
    check(file(`${long}\nb\n`), file(`${long}\nB\n`), '1-2>1-2');
  });

  it('keep the line ends and the mark of the file where the proposal has others', () => {
    check(file('a\r\nb\r\nc\r\n'), file('a\nB\nc\nd\n'), '1-2>1-2 3-3>3-4', file('a\r\nB\r\nc\r\nd\r\n'));
    check(file('a\nb\nc\n'), file('a\r\nB\r\nc\r\n'), '1-2>1-2', file('a\nB\nc\n'));
    check(file('\ufeffa\nb\n'), file('a\nB\n'), '1-2>1-2', file('\ufeffa\nB\n'));
    check(file('\ufeffa\nb\n'), file('A\nb\n'), '0-1>0-1', file('\ufeffA\nb\n'));
    // Mixed line ends: those of lines that stay are kept, new lines are as proposed.
    check(file('a\r\nb\nc\n'), file('a\nb\nC\n'), '2-3>2-3', file('a\r\nb\nC\n'));
    const marked = unitsOf(proposed(file('a\r\nb\r\n'), file('a\nB\n')));
    assert.equal(marked.text?.adapted, true);
    assert.equal(unitsOf(proposed(file('a\nb\n'), file('a\nB\n'))).text?.adapted, false);
  });

  it('are one where there are no lines to decide on', () => {
    check(null, file('a\n'), 'whole');
    check(file('a\n'), null, 'whole');
    check(file(Buffer.from([0, 1])), file(Buffer.from([0, 2])), 'whole');
    check(link('a'), link('b'), 'whole');
    check(file('a\n'), link('b'), 'whole');
    check(file('a\r\nb\r\n'), file('a\nb\n'), 'whole');
    check(file('\ufeffa\n'), file('a\n'), 'whole');
    check(file('a\n'), file(utf16('b\n')), 'whole');
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:';
    check(file(`${pointer}1\nsize 1\n`), file(`${pointer}2\nsize 1\n`), 'whole');
    check(file('{"cells": 1}'), file('{"cells": 2}'), 'whole', undefined, 'a.ipynb');
    check(file('a\n'), file('a\n', true), 'mode');
    check(file('a\nb\n'), file('a\nB\n', true), 'mode 1-2>1-2');
  });

  it('can be split at lines inside, and only there', () => {
    const asked = proposed(file('a\nb'), file('a\nB\nC'));
    const cut = unitsOf(asked);
    const parts = splitUnit(cut.units[0]!, [{ before: 2, after: 2 }])!;
    const only = (index: number) =>
      Buffer.from(
        compose(asked, { ...cut, units: parts }, ({ unit }) => unit === parts[index]!.unit).version!.bytes,
      ).toString();
    assert.equal(only(0), 'a\nB\n', 'as proposed, with its line break');
    assert.equal(only(1), 'a\nb\nC', 'a line that ended the file gets a break');
    for (const at of [
      [],
      [{ before: 1, after: 1 }],
      [{ before: 0, after: 1 }],
      [{ before: 2, after: 3 }],
      [{ before: 1, after: 9 }],
    ])
      assert.equal(splitUnit(cut.units[0]!, at), undefined, JSON.stringify(at));
  });

  it('tell the line ends of a text', () => {
    assert.equal(commonEnd(linesOf(Buffer.from('a\r\nb'))), '\r\n');
    assert.equal(commonEnd(linesOf(Buffer.from('a\r\nb\n'))), undefined);
    assert.equal(commonEnd(linesOf(utf16('a\nb\n'))), '\n\0');
  });
});

describe('risks', () => {
  const flags = (path: string, before: string | null, after: string | null): string => {
    const side = (content: string | null) => (content === null ? null : file(content));
    const asked = proposed(side(before), side(after), path);
    return [...new Set([...risksOf(asked, unitsOf(asked)).values()].flat())].sort().join(' ');
  };

  it('are told by path', () => {
    const table: Record<string, string> = {
      '.vscode/tasks.json': 'executableConfiguration',
      'a.code-workspace': 'executableConfiguration',
      '.mcp.json': 'executableConfiguration',
      '.cursor/rules/x.mdc': 'executableConfiguration',
      '.claude/settings.json': 'executableConfiguration',
      'docs/AGENTS.md': 'executableConfiguration',
      '.envrc': 'executableConfiguration',
      '.husky/pre-commit': 'executableConfiguration',
      '.gitattributes': 'executableConfiguration',
      '.gitmodules': 'executableConfiguration',
      Makefile: 'executableConfiguration',
      'web/Dockerfile': 'executableConfiguration',
      'package-lock.json': 'lockFile',
      'Cargo.lock': 'lockFile',
      '.github/workflows/ci.yml': 'ci',
      'run.sh': 'script',
      'src/plain.ts': '',
    };
    for (const [path, expected] of Object.entries(table))
      assert.equal(flags(path, 'a\n', 'b\n'), expected, path);
  });

  it('are told by what a hunk brings', () => {
    const table: readonly (readonly [string, string, string])[] = [
      ['access‮ level', 'bidi', 'src/a.ts'],
      ['zero\u200bwidth', 'invisible', 'src/a.ts'],
      ['family 👩‍👩‍👧 and नमस्‍ते', '', 'src/a.ts'],
      [`key = "AKIA${'ABCDEFGH'}IJKLMNOP"`, 'secret', 'src/a.ts'],
      ['-----BEGIN RSA ' + 'PRIVATE KEY-----', 'secret', 'src/a.ts'],
      ['const apiKey = "q8Zr1vT4xB7nM2kL9wPd";', 'secret', 'src/a.ts'],
      ['const apiKey = "xxxxxxxxxxxxxxxxxxxxxxxx";', '', 'src/a.ts'],
      ['const token = "your-token-goes-here-please";', '', 'src/a.ts'],
      ['"postinstall": "node x.js"', 'executableConfiguration', 'package.json'],
      ['"description": "x"', '', 'package.json'],
      ['#!/bin/sh', 'script', 'src/a'],
      ['// @generated by a tool', 'generated', 'src/a.ts'],
    ];
    for (const [line, expected, path] of table)
      assert.equal(flags(path, 'old\n', `${line}\n`), expected, line);
    assert.equal(flags('pixels', 'a', '\0b'), 'binary');
    assert.equal(flags('a.txt', 'a', null), 'deletion');
  });

  it('name tests that are removed or prove less', () => {
    const test = "it('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\n";
    assert.equal(flags('src/add.test.ts', test, null), 'deletion testRemoved');
    assert.equal(flags('src/add.test.ts', test, "it('adds', () => {\n});\n"), 'testWeakened');
    assert.equal(flags('src/add.test.ts', test, test.replace('it(', 'it.skip(')), 'testWeakened');
    assert.equal(
      flags('src/add.test.ts', `${test}${test.replace('adds', 'more')}`, test).includes('testRemoved'),
      true,
    );
    assert.equal(flags('src/add.test.ts', test, `${test}${test.replace('adds', 'more')}`), '');
    assert.equal(flags('src/add.ts', test, "it('adds')\n"), '', 'no test');
  });
});
