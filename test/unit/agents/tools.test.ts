import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { resolveInside, worktreeTools, type Tool } from '../../../server/agents';
import { applyEdits } from '../../../server/agents/tools/edit';
import { searchTool } from '../../../server/agents/tools/find';
import { isGitName, openInside } from '../../../server/agents/tools/paths';
import { decode, encode } from '../../../server/agents/tools/text';
import { ignored, parseIgnore } from '../../../server/agents/tools/walk';
import { problemOf, silentLog, type Json } from '../../../server/base';
import type { Sandbox } from '../../../server/sandbox';
import { Steps } from './fakes';

const ctx = { signal: new AbortController().signal, log: silentLog };

describe('the tools of a worktree', () => {
  let base: string;
  let worktree: string;
  let steps: Steps;
  let tools: Map<string, Tool>;
  let commands: string[];
  let sandbox: Sandbox;

  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'symphony-tools-'));
    worktree = path.join(base, 'worktree');
    await mkdir(path.join(worktree, 'src'), { recursive: true });
    await writeFile(path.join(base, 'secret'), 'canary');
    commands = [];
    sandbox = {
      level: 'isolated',
      detail: 'd',
      run: async (_ctx, { command }) => {
        commands.push(command);
        return { exitCode: 2, output: 'out', timedOut: false, truncated: false, milliseconds: 1 };
      },
    };
    fresh();
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  /** New tools over the same worktree, as after a restart. */
  function fresh() {
    steps = new Steps();
    const list = worktreeTools({ worktree, home: base, sandbox, node: steps.context() });
    tools = new Map(list.map((tool) => [tool.spec.name, tool]));
  }
  const use = (tool: string, input: Json) => tools.get(tool)!.run(ctx, input);
  const put = (name: string, bytes: string | Buffer) => writeFile(path.join(worktree, name), bytes);
  const bytes = (name: string) => readFile(path.join(worktree, name));
  const read = (name: string) => use('read_files', { files: [{ path: name }] });

  it('have specs of JSON Schema, in an order that stays', () => {
    assert.deepEqual(
      [...tools.keys()],
      ['read_files', 'search', 'list', 'replace', 'write_file', 'run_command'],
    );
    for (const { spec } of tools.values()) {
      assert.equal(spec.schema['type'], 'object');
      assert.equal(spec.schema['additionalProperties'], false);
    }
  });

  describe('paths', () => {
    const hostile = [
      '..',
      '../secret',
      'src/../../secret',
      'src/..',
      '..\\secret',
      'src\\..\\..\\secret',
      '/etc/passwd',
      '//etc/passwd',
      'C:\\x',
      'C:x',
      '\\\\server\\share',
      '\\\\?\\C:\\x',
      'a\0b',
      '\0',
      '.git',
      '.git/config',
      '.GIT/config',
      '.GİT/config',
      '.gıt/config',
      '.g\u200cit/config',
      '.gi\u00adt/config',
      '\ufeff.git/hooks',
      '．git/config',
      '.ｇｉｔ/config',
      '.git./config',
      '.git /config',
      '.git::$INDEX_ALLOCATION/config',
      'git~1/config',
      'GIT~2',
      'sub/.git/hooks/pre-commit',
      'a\u202eb',
      'a\nb',
      `${'a'.repeat(256)}`,
      'a/'.repeat(2049),
      '/proc/self/root/etc/passwd',
      '/dev/zero',
    ];
    for (const name of hostile)
      it(`refuse ${JSON.stringify(name.slice(0, 40))}`, async () => {
        await assert.rejects(resolveInside(worktree, name), (thrown) => {
          assert.equal(problemOf(thrown).code, 'agent.outside');
          return true;
        });
        for (const [tool, input] of [
          ['read_files', { files: [{ path: name }] }],
          ['write_file', { path: name, content: 'x' }],
          ['replace', { path: name, edits: [{ find: 'a', replace: 'b' }] }],
          ['list', { path: name }],
          ['search', { pattern: 'a', path: name }],
          ['run_command', { command: 'true', cwd: name }],
        ] as [string, Json][]) {
          const result = await use(tool, input);
          assert.equal(result.isError, true, `${tool}: ${result.text}`);
          assert.doesNotMatch(result.text, /canary|root:/);
        }
        assert.deepEqual(commands, []);
      });

    const harmless = [
      'a',
      './a',
      'src//a',
      '.gitignore',
      '.github/x',
      'git',
      '.gitx',
      '%2e%2e/x',
      '~/x',
      '...',
      'ä/ö',
      'CON',
    ];
    for (const name of harmless)
      it(`accept ${name}`, async () => {
        const { absolute } = await resolveInside(worktree, name);
        assert.ok(absolute.startsWith(worktree + path.sep));
      });

    it('follow links that stay inside and refuse those that lead out', async () => {
      await put('src/real', 'inside');
      const links: [string, string, boolean][] = [
        ['in', 'src/real', true],
        ['folder', 'src', true],
        ['up', '../secret', false],
        ['abs', path.join(base, 'secret'), false],
        ['chain1', 'chain2', false],
        ['chain2', 'up', false],
        ['loop1', 'loop2', false],
        ['loop2', 'loop1', false],
        ['togit', '.git/config', false],
        ['root', '/', false],
        ['dangling', '../nothing', false],
      ];
      for (const [name, target] of links) await symlink(target, path.join(worktree, name));
      for (const [name, , inside] of links) {
        const result = await read(
          name === 'folder' ? 'folder/real' : name === 'root' ? 'root/etc/passwd' : name,
        );
        assert.equal(result.isError, !inside, `${name}: ${result.text}`);
        if (inside) assert.match(result.text, /inside/);
        else assert.match(result.text, /is a link that leads out/);
        if (!inside) assert.equal((await use('write_file', { path: name, content: 'x' })).isError, true);
      }
      assert.equal(await readFile(path.join(base, 'secret'), 'utf8'), 'canary');
      await assert.rejects(stat(path.join(base, 'nothing')));
    });

    it('refuse to change a file with a second name, and special files', async () => {
      await link(path.join(base, 'secret'), path.join(worktree, 'hard'));
      await read('hard');
      assert.match((await use('write_file', { path: 'hard', content: 'x' })).text, /leads out/);
      assert.equal(await readFile(path.join(base, 'secret'), 'utf8'), 'canary');
      execFileSync('mkfifo', [path.join(worktree, 'pipe')]);
      assert.equal((await read('pipe')).isError, true);
      assert.equal((await use('write_file', { path: 'pipe', content: 'x' })).isError, true);
    });

    it('notice a file swapped between judging and opening', async () => {
      await put('a', 'mine');
      const found = await resolveInside(worktree, 'a');
      await rm(path.join(worktree, 'a'));
      await symlink('../secret', path.join(worktree, 'a'));
      await assert.rejects(openInside(worktree, found), /agent\.link/);
      const folder = await resolveInside(worktree, 'src/new');
      await rm(path.join(worktree, 'src'), { recursive: true });
      await symlink('..', path.join(worktree, 'src'));
      assert.notEqual(folder.absolute, undefined);
    });

    it('never climb out, whatever the name (property)', async () => {
      const part = fc.oneof(
        fc.constantFrom('..', '.', '', 'src', '.git', 'a', '~', ' '),
        fc.string({ maxLength: 6 }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
          const name = parts.join('/');
          const found = await resolveInside(worktree, name).catch(problemOf);
          if ('code' in found) assert.match(found.code, /^agent\./);
          else assert.ok(found.absolute === worktree || found.absolute.startsWith(worktree + path.sep));
        }),
        { numRuns: 300 },
      );
    });

    it('know .git by every name and nothing else', () => {
      for (const name of ['.git', '.GIT', '.git ', '.git.', '.Git::$DATA', 'GIT~1'])
        assert.ok(isGitName(name), name);
      for (const name of ['.gitignore', 'git', '.gi', 'agit~1', '.git-x']) assert.ok(!isGitName(name), name);
    });
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
        await chmod(path.join(worktree, 'f'), 0o751);
        await read('f');
        const result = await use('replace', { path: 'f', edits: [{ find, replace }] });
        assert.equal(result.isError, false, result.text);
        assert.deepEqual(await bytes('f'), after);
        assert.equal((await stat(path.join(worktree, 'f'))).mode & 0o777, 0o751);
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
      fresh();
      assert.equal((await use('write_file', { path: 'f', content: 'b' })).isError, true);
      tools.get('read_files')!.recall!(memory!);
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

  describe('searching and listing', () => {
    beforeEach(async () => {
      await mkdir(path.join(worktree, 'node_modules/p'), { recursive: true });
      await mkdir(path.join(worktree, '.git'));
      await put('.git/config', 'needle');
      await put('.gitignore', 'node_modules/\n*.log\n!keep.log\n');
      await put('node_modules/p/i.js', 'needle');
      await put('a.log', 'needle');
      await put('keep.log', 'needle');
      await put('src/a.ts', 'one\nNeedle (x)\r\nneedle\n');
      await put('src/b.bin', Buffer.from('needle\0'));
      await symlink('../secret', path.join(worktree, 'leak'));
    });

    const searches: readonly [title: string, input: Json, expected: string][] = [
      ['a word', { pattern: 'needle' }, 'keep.log:1: needle\nsrc/a.ts:3: needle'],
      [
        'any case',
        { pattern: 'needle', ignoreCase: true, path: 'src' },
        'src/a.ts:2: Needle (x)\nsrc/a.ts:3: needle',
      ],
      ['plain text', { pattern: '(x)', literal: true }, 'src/a.ts:2: Needle (x)'],
      ['some files', { pattern: 'needle', glob: '*.ts' }, 'src/a.ts:3: needle'],
      ['one file', { pattern: '^one$', path: 'src/a.ts' }, 'src/a.ts:1: one'],
      ['nothing', { pattern: 'canary' }, 'No match.'],
    ];
    for (const [title, input, expected] of searches)
      it(`finds ${title}`, async () => assert.equal((await use('search', input)).text, expected));

    it('refuses a bad pattern and stops an endless one without blocking', async () => {
      assert.match((await use('search', { pattern: '(' })).text, /not valid/);
      await put('evil.txt', 'a'.repeat(60) + '!');
      let beats = 0;
      const heart = setInterval(() => beats++, 20);
      const result = await searchTool(worktree, 400).run(ctx, { pattern: '^(a+)+$', path: 'evil.txt' });
      clearInterval(heart);
      assert.match(result.text, /longer than/);
      assert.ok(beats >= 8, `${beats} beats`);
    });

    it('lists what git would show', async () => {
      assert.equal(
        (await use('list', {})).text,
        '.gitignore\nkeep.log\nleak (link)\nsrc/\nsrc/a.ts\nsrc/b.bin',
      );
      assert.equal((await use('list', { depth: 1 })).text, '.gitignore\nkeep.log\nleak (link)\nsrc/');
      assert.equal((await use('list', { path: 'src' })).text, 'src/a.ts\nsrc/b.bin');
    });

    it('reads .gitignore as git does', () => {
      const rules = parseIgnore('# c\n/build\n*.o\ndoc/*.txt\n**/tmp/\n!tmp/keep\nsp\\ ace\n[ab].x\n', '');
      const expect: [string, boolean, boolean][] = [
        ['build', true, true],
        ['sub/build', true, false],
        ['x/y.o', false, true],
        ['doc/a.txt', false, true],
        ['doc/s/a.txt', false, false],
        ['x/tmp', true, true],
        ['x/tmp', false, false],
        ['tmp/keep', false, false],
        ['sp ace', false, true],
        ['a.x', false, true],
        ['c.x', false, false],
      ];
      for (const [file, isFolder, wanted] of expect)
        assert.equal(ignored(rules, file, isFolder), wanted, file);
    });
  });

  describe('running commands', () => {
    it('gives exit code and output', async () => {
      const result = await use('run_command', { command: 'npm test', cwd: 'src' });
      assert.equal(result.text, 'Exit code 2.\nout');
      assert.equal(result.isError, true);
      assert.deepEqual(steps.asked, []);
    });

    for (const answer of ['allow', 'deny'])
      it(`asks where nothing isolates: ${answer}`, async () => {
        sandbox = { ...sandbox, level: 'none', detail: 'no bubblewrap' };
        fresh();
        steps.answer = answer;
        const result = await use('run_command', { command: 'rm -rf x' });
        const [question] = steps.asked;
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
        assert.deepEqual(commands, answer === 'allow' ? ['rm -rf x'] : []);
        assert.equal(result.isError, true);
      });
  });
});
