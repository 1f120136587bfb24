import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { chmod, stat } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { applyEdits } from '../../../server/agents/tools/edit';
import { decode, encode } from '../../../server/agents/tools/text';
import { Bench } from './bench';

describe('the tools of a worktree', () => {
  const bench = new Bench();
  const { use, put, bytes, read } = bench;

  it('have specs of JSON Schema, in an order that stays', () => {
    assert.deepEqual(
      [...bench.tools.keys()],
      ['read_files', 'search', 'list', 'replace', 'write_file', 'run_command'],
    );
    for (const { spec } of bench.tools.values()) {
      assert.equal(spec.schema['type'], 'object');
      assert.equal(spec.schema['additionalProperties'], false);
    }
  });

  describe('reading', () => {
    it('several files at once, by range, with numbers', async () => {
      await put('a.txt', Array.from({ length: 12 }, (_, i) => `line ${i + 1}`).join('\r\n') + '\r\n');
      await put('b.bin', Buffer.from([1, 0, 2]));
      const result = await use('read_files', {
        files: [{ path: 'a.txt', from: 9, to: 10 }, { path: 'b.bin' }, { path: 'none' }],
      });
      assert.equal(
        result.text,
        'a.txt, lines 9–10 of 12\n 9| line 9\n10| line 10\n\nb.bin is binary; it is not shown.\n\nThere is no file none.',
      );
      assert.equal(result.isError, false);
      assert.equal((await read('none')).isError, true);
      assert.equal((await read('src')).isError, true);
    });

    it('never more than the caps', async () => {
      await put('long.txt', 'x'.repeat(5000) + '\n' + 'y\n'.repeat(90_000));
      const { text } = await read('long.txt');
      assert.ok(text.length < 101_000, String(text.length));
      assert.match(text, /3000 more/);
      assert.match(text, /read on from line \d+/);
      await put('huge.txt', 'z'.repeat(4 * 1024 * 1024 + 1));
      assert.match((await read('huge.txt')).text, /too many/);
    });
  });

  describe('replacing', () => {
    const cases: readonly [title: string, before: Buffer, find: string, replace: string, after: Buffer][] = [
      ['LF', Buffer.from('a\nb\nc\n'), 'b\n', 'B\nB\n', Buffer.from('a\nB\nB\nc\n')],
      ['CRLF by LF', Buffer.from('a\r\nb\r\nc'), 'a\nb', 'x\ny\nz', Buffer.from('x\r\ny\r\nz\r\nc')],
      [
        'mixed endings, untouched elsewhere',
        Buffer.from('a\r\nb\nc\rd\r\n'),
        'c',
        'C',
        Buffer.from('a\r\nb\nC\rd\r\n'),
      ],
      ['old Mac endings', Buffer.from('a\rb\rc'), 'a\nb', 'x\ny', Buffer.from('x\ry\rc')],
      ['a byte order mark', Buffer.from('\ufeffa b'), 'a', 'ä', Buffer.from('\ufeffä b')],
      ['UTF-16 LE', Buffer.from('\ufeffa✓b', 'utf16le'), '✓', '→', Buffer.from('\ufeffa→b', 'utf16le')],
      [
        'UTF-16 BE',
        Buffer.from('\ufeffa✓b', 'utf16le').swap16(),
        '✓',
        '→',
        Buffer.from('\ufeffa→b', 'utf16le').swap16(),
      ],
      ['Latin-1', Buffer.from('caf\xe9 x', 'latin1'), 'x', 'é', Buffer.from('caf\xe9 \xe9', 'latin1')],
      [
        'invalid UTF-8',
        Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0a]),
        'b',
        'c',
        Buffer.from([0x61, 0xff, 0xfe, 0x63, 0x0a]),
      ],
      ['no last newline', Buffer.from('a'), 'a', 'b', Buffer.from('b')],
      ['dollar signs', Buffer.from('a'), 'a', '$& $1 $$', Buffer.from('$& $1 $$')],
    ];
    for (const [title, before, find, replace, after] of cases)
      it(`keeps every other byte: ${title}`, async () => {
        await put('f', before);
        await chmod(path.join(bench.worktree, 'f'), 0o751);
        await read('f');
        const result = await use('replace', { path: 'f', edits: [{ find, replace }] });
        assert.equal(result.isError, false, result.text);
        assert.deepEqual(await bytes('f'), after);
        assert.equal((await stat(path.join(bench.worktree, 'f'))).mode & 0o777, 0o751);
      });

    it('makes all edits or none, in order', async () => {
      await put('f', 'one two three');
      await read('f');
      const bad = await use('replace', {
        path: 'f',
        edits: [
          { find: 'one', replace: '1' },
          { find: 'four', replace: '4' },
        ],
      });
      assert.match(bad.text, /Edit 2: .*does not occur.*Nothing was changed/);
      assert.equal(String(await bytes('f')), 'one two three');
      const good = await use('replace', {
        path: 'f',
        edits: [
          { find: 'one', replace: '1' },
          { find: '1 two', replace: '2' },
        ],
      });
      assert.equal(good.isError, false);
      assert.equal(String(await bytes('f')), '2 three');
    });

    it('says where it is ambiguous, and what is nearest where it misses', async () => {
      await put('f', 'function add(a, b) {\n  return a - b;\n}\nx\nx\n');
      await read('f');
      assert.match(
        (await use('replace', { path: 'f', edits: [{ find: 'x', replace: 'y' }] })).text,
        /lines 4, 5/,
      );
      const miss = await use('replace', {
        path: 'f',
        edits: [{ find: 'function add(a, b) {\n\treturn a-b;\n}', replace: '' }],
      });
      assert.match(miss.text, /nearest lines are 1 to 3/);
      assert.match(miss.text, /- \treturn a-b;\n\+ {3}return a - b;/);
    });

    it('needs the file as it was read, also after a restart', async () => {
      await put('f', 'a');
      assert.match(
        (await use('replace', { path: 'f', edits: [{ find: 'a', replace: 'b' }] })).text,
        /Read f/,
      );
      const { memory } = await read('f');
      await put('f', 'a changed');
      assert.match(
        (await use('replace', { path: 'f', edits: [{ find: 'a', replace: 'b' }] })).text,
        /was changed/,
      );
      await put('f', 'a');
      bench.fresh();
      assert.equal((await use('write_file', { path: 'f', content: 'b' })).isError, true);
      bench.tools.get('read_files')!.recall!(memory!);
      assert.equal((await use('write_file', { path: 'f', content: 'b' })).isError, false);
    });

    it('keeps text it cannot encode out of Latin-1 files', async () => {
      await put('f', Buffer.from('caf\xe9', 'latin1'));
      await read('f');
      assert.match(
        (await use('replace', { path: 'f', edits: [{ find: 'caf', replace: '✓' }] })).text,
        /latin1/,
      );
    });

    it('is its own inverse and keeps bytes (property)', () => {
      const line = fc.constantFrom('a', 'b', 'c', 'ä', '', '  x', 'needle');
      const text = fc
        .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 20 })
        .map((lines) => lines.flat().join(''));
      fc.assert(
        fc.property(text, text, (head, tail) => {
          const whole = `${head}UNIQUE${tail}`;
          const there = applyEdits(whole, [{ find: 'UNIQUE', replace: 'OTHER' }]);
          assert.ok(there.ok);
          assert.equal(there.text, `${head}OTHER${tail}`);
          const back = applyEdits(there.text, [{ find: 'OTHER', replace: 'UNIQUE' }]);
          assert.ok(back.ok && back.text === whole);
        }),
      );
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 40 }), (content) => {
          const decoded = decode(Buffer.from(content));
          if (decoded !== undefined) assert.deepEqual(encode(decoded), Buffer.from(content));
        }),
        { numRuns: 1000 },
      );
    });
  });

  describe('writing', () => {
    it('makes new files with their folders, and keeps endings of old ones', async () => {
      assert.equal((await use('write_file', { path: 'x/y/z.txt', content: 'a\nb' })).isError, false);
      assert.equal(String(await bytes('x/y/z.txt')), 'a\nb');
      await put('crlf', '\ufeffa\r\nb\r\n');
      await read('crlf');
      await use('write_file', { path: 'crlf', content: 'c\nd\n' });
      assert.equal(String(await bytes('crlf')), '\ufeffc\r\nd\r\n');
      assert.equal((await use('write_file', { path: 'src', content: 'x' })).isError, true);
      assert.equal((await use('write_file', { path: '.', content: 'x' })).isError, true);
      assert.equal((await use('write_file', { path: 'crlf/below', content: 'x' })).isError, true);
    });
  });

  describe('running commands', () => {
    it('gives exit code and output', async () => {
      const result = await use('run_command', { command: 'npm test', cwd: 'src' });
      assert.equal(result.text, 'Exit code 2.\nout');
      assert.equal(result.isError, true);
      assert.deepEqual(bench.steps.asked, []);
    });

    for (const answer of ['allow', 'deny'])
      it(`asks where nothing isolates: ${answer}`, async () => {
        bench.fresh({ ...bench.sandbox, level: 'none', detail: 'no bubblewrap' });
        bench.steps.answer = answer;
        const result = await use('run_command', { command: 'rm -rf x' });
        const [question] = bench.steps.asked;
        assert.equal(question?.kind, 'approveCommand');
        assert.deepEqual(question.facts, { command: 'rm -rf x', cwd: '' });
        assert.deepEqual(question.problem, {
          code: 'sandbox.unavailable',
          args: { detail: 'no bubblewrap' },
        });
        const id = createHash('sha256')
          .update(JSON.stringify(['rm -rf x', '']))
          .digest('hex')
          .slice(0, 24);
        assert.equal(question.id, `command:${id}`);
        assert.deepEqual(bench.commands, answer === 'allow' ? ['rm -rf x'] : []);
        assert.equal(result.isError, true);
      });
  });
});
