import { strict as assert } from 'node:assert';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { searchTool } from '../../../server/agents/tools/find';
import { ignored, parseIgnore } from '../../../server/agents/tools/walk';
import { type Json } from '../../../server/base';
import { Bench, ctx } from './bench';

describe('searching and listing', () => {
  const bench = new Bench();
  const { use, put } = bench;

  beforeEach(async () => {
    await mkdir(path.join(bench.worktree, 'node_modules/p'), { recursive: true });
    await mkdir(path.join(bench.worktree, '.git'));
    await put('.git/config', 'needle');
    await put('.gitignore', 'node_modules/\n*.log\n!keep.log\n');
    await put('node_modules/p/i.js', 'needle');
    await put('a.log', 'needle');
    await put('keep.log', 'needle');
    await put('src/a.ts', 'one\nNeedle (x)\r\nneedle\n');
    await put('src/b.bin', Buffer.from('needle\0'));
    await symlink('../secret', path.join(bench.worktree, 'leak'));
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
    const result = await searchTool(bench.worktree, 400).run(ctx, { pattern: '^(a+)+$', path: 'evil.txt' });
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
    for (const [file, isFolder, wanted] of expect) assert.equal(ignored(rules, file, isFolder), wanted, file);
  });
});
