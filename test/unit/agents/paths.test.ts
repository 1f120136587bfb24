import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { link, readFile, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { resolveInside } from '../../../server/agents';
import { isGitName, openInside } from '../../../server/agents/tools/paths';
import { problemOf, type Json } from '../../../server/base';
import { Bench } from './bench';

describe('paths of tools', () => {
  const bench = new Bench();
  const { use, put, read } = bench;

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
      await assert.rejects(resolveInside(bench.worktree, name), (thrown) => {
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
      assert.deepEqual(bench.commands, []);
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
      const { absolute } = await resolveInside(bench.worktree, name);
      assert.ok(absolute.startsWith(bench.worktree + path.sep));
    });

  it('follow links that stay inside and refuse those that lead out', async () => {
    await put('src/real', 'inside');
    const links: [string, string, boolean][] = [
      ['in', 'src/real', true],
      ['folder', 'src', true],
      ['up', '../secret', false],
      ['abs', path.join(bench.base, 'secret'), false],
      ['chain1', 'chain2', false],
      ['chain2', 'up', false],
      ['loop1', 'loop2', false],
      ['loop2', 'loop1', false],
      ['togit', '.git/config', false],
      ['root', '/', false],
      ['dangling', '../nothing', false],
    ];
    for (const [name, target] of links) await symlink(target, path.join(bench.worktree, name));
    for (const [name, , inside] of links) {
      const result = await read(
        name === 'folder' ? 'folder/real' : name === 'root' ? 'root/etc/passwd' : name,
      );
      assert.equal(result.isError, !inside, `${name}: ${result.text}`);
      if (inside) assert.match(result.text, /inside/);
      else assert.match(result.text, /is a link that leads out/);
      if (!inside) assert.equal((await use('write_file', { path: name, content: 'x' })).isError, true);
    }
    assert.equal(await readFile(path.join(bench.base, 'secret'), 'utf8'), 'canary');
    await assert.rejects(stat(path.join(bench.base, 'nothing')));
  });

  it('refuse to change a file with a second name, and special files', async () => {
    await link(path.join(bench.base, 'secret'), path.join(bench.worktree, 'hard'));
    await read('hard');
    assert.match((await use('write_file', { path: 'hard', content: 'x' })).text, /leads out/);
    assert.equal(await readFile(path.join(bench.base, 'secret'), 'utf8'), 'canary');
    execFileSync('mkfifo', [path.join(bench.worktree, 'pipe')]);
    assert.equal((await read('pipe')).isError, true);
    assert.equal((await use('write_file', { path: 'pipe', content: 'x' })).isError, true);
  });

  it('notice a file swapped between judging and opening', async () => {
    await put('a', 'mine');
    const found = await resolveInside(bench.worktree, 'a');
    await rm(path.join(bench.worktree, 'a'));
    await symlink('../secret', path.join(bench.worktree, 'a'));
    await assert.rejects(openInside(bench.worktree, found), /agent\.link/);
    const folder = await resolveInside(bench.worktree, 'src/new');
    await rm(path.join(bench.worktree, 'src'), { recursive: true });
    await symlink('..', path.join(bench.worktree, 'src'));
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
        const found = await resolveInside(bench.worktree, name).catch(problemOf);
        if ('code' in found) assert.match(found.code, /^agent\./);
        else
          assert.ok(
            found.absolute === bench.worktree || found.absolute.startsWith(bench.worktree + path.sep),
          );
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
