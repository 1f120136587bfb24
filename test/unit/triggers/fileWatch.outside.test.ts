import { strict as assert } from 'node:assert';
import { mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '../../../schemas/codes';
import type { Disposable } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { ignoredPaths, inspectUserRepository } from '../../../server/git';
import { watchFilesIn, type FileBatch, type FileWatchOptions } from '../../../server/triggers';
import { globFault, compileGlobs } from '../../../server/triggers/globs';
import { git, makeRepository, removeFolders, write } from '../git/fixture';
import { ctx, problemFrom, until } from './support';

let top = '';
let watching: Disposable | undefined;
let batches: FileBatch[] = [];
let broken: Problem[] = [];

/** Watches a repository of these files. */
async function watch(
  patterns: readonly string[],
  files: Readonly<Record<string, string>>,
  more: Partial<FileWatchOptions> = {},
): Promise<void> {
  top = makeRepository({ 'README.md': '', ...files });
  const user = await inspectUserRepository(ctx, top);
  const root = more.root ?? top;
  batches = [];
  broken = [];
  watching = await watchFilesIn(ctx, {
    clock: systemClock,
    root,
    ignored: (context, paths) => ignoredPaths(context, { user, folder: root, environment: {} }, paths),
    patterns,
    onBatch: (batch) => batches.push(batch),
    onBroken: (why) => broken.push(why),
    quietMs: 60,
    mostMs: 500,
    ...more,
  });
}

const at = (...names: string[]) => path.join(top, ...names);
const seen = () => batches.flatMap(({ files }) => files.map(({ path: file, change }) => `${change} ${file}`));

/** Does something and expects just these changes, told once. */
async function check(act: () => void, expected: readonly string[]): Promise<void> {
  batches = [];
  act();
  if (expected.length > 0) await until(() => seen().length >= expected.length, expected.join(', '));
  // Whatever else comes would come by now.
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(seen(), expected);
}

describe('watching files', function () {
  this.timeout(20_000);
  afterEach(() => {
    watching?.dispose();
    removeFolders();
  });

  it('tells what was created, changed and deleted, and nothing that does not match', async () => {
    await watch(['src/**/*.ts'], { 'src/a.ts': '1', 'src/deep/b.ts': '1', 'src/c.md': '1', 'd.ts': '1' });
    await check(() => writeFileSync(at('src/a.ts'), '2'), ['changed src/a.ts']);
    await check(() => writeFileSync(at('src/deep/new.ts'), '1'), ['created src/deep/new.ts']);
    await check(() => unlinkSync(at('src/deep/b.ts')), ['deleted src/deep/b.ts']);
    await check(() => {
      writeFileSync(at('src/c.md'), '2');
      writeFileSync(at('d.ts'), '2');
    }, []);
  });

  it('sees a save by rename as a change, and a file that came and went not at all', async () => {
    await watch(['*.ts'], { 'a.ts': '1' });
    await check(() => {
      writeFileSync(at('a.ts.tmp'), '2');
      renameSync(at('a.ts.tmp'), at('a.ts'));
    }, ['changed a.ts']);
    await check(() => {
      writeFileSync(at('b.ts'), '1');
      unlinkSync(at('b.ts'));
    }, []);
    await check(() => {
      unlinkSync(at('a.ts'));
      writeFileSync(at('a.ts'), '3');
    }, ['changed a.ts']);
  });

  it('gathers what happens together', async () => {
    await watch(['**/*.ts'], {});
    await check(
      () => write(top, { 'a.ts': '', 'x/b.ts': '', 'x/y/c.ts': '' }),
      ['created a.ts', 'created x/b.ts', 'created x/y/c.ts'],
    );
    assert.equal(batches.length, 1);
  });

  it('follows folders that come, go and move', async () => {
    await watch(['**/*.ts'], { 'x/a.ts': '1', 'x/y/b.ts': '1' });
    await check(
      () => renameSync(at('x'), at('z')),
      ['deleted x/a.ts', 'deleted x/y/b.ts', 'created z/a.ts', 'created z/y/b.ts'].sort((one, other) =>
        one.split(' ')[1]! < other.split(' ')[1]! ? -1 : 1,
      ),
    );
    await check(() => writeFileSync(at('z/y/b.ts'), '2'), ['changed z/y/b.ts']);
    await check(() => rmSync(at('z'), { recursive: true }), ['deleted z/a.ts', 'deleted z/y/b.ts']);
    await check(() => write(top, { 'z/y/b.ts': '3' }), ['created z/y/b.ts']);
  });

  it('leaves alone what git ignores, as the rules are now', async () => {
    await watch(['**/*.ts'], {
      '.gitignore': 'out/\n*.gen.ts\n',
      'sub/.gitignore': 'own.ts\n',
      'sub/a.ts': '',
    });
    await check(() => write(top, { 'out/a.ts': '', 'sub/own.ts': '', 'a.gen.ts': '' }), []);
    await check(() => write(top, { 'out/a.ts': '2', 'sub/a.ts': '2' }), ['changed sub/a.ts']);
    await check(() => write(top, { '.gitignore': 'other/\n' }), []);
    await check(() => write(top, { 'out/a.ts': '3', 'other/a.ts': '' }), ['changed out/a.ts']);
  });

  it('leaves git’s own folder and repositories within alone', async () => {
    await watch(['**/*'], { 'inner/a.ts': '1', 'a.ts': '1' });
    git(at('inner'), 'init', '-q');
    watching?.dispose();
    const user = await inspectUserRepository(ctx, top);
    watching = await watchFilesIn(ctx, {
      clock: systemClock,
      root: top,
      ignored: (context, paths) => ignoredPaths(context, { user, folder: top, environment: {} }, paths),
      patterns: ['**/*'],
      onBatch: (batch) => batches.push(batch),
      onBroken: (why) => broken.push(why),
      quietMs: 60,
    });
    await check(() => {
      writeFileSync(at('inner/a.ts'), '2');
      git(top, 'commit', '-q', '--allow-empty', '-m', 'x');
    }, []);
    assert.deepEqual(broken, []);
  });

  it('takes paths below the folder that is open, wherever it lies in the repository', async () => {
    top = makeRepository({ 'app/src/a.ts': '1', 'app/.gitignore': 'out\n', '.gitignore': 'app/gen\n' });
    const user = await inspectUserRepository(ctx, top);
    const ignored = await ignoredPaths(ctx, { user, folder: at('app'), environment: {} }, [
      'src/a.ts',
      'out/',
      'gen/x.ts',
      'ü "quoted"\n.ts',
      ':(top)x',
      'gen/:*.ts',
    ]);
    assert.deepEqual([...ignored], ['out/', 'gen/x.ts', 'gen/:*.ts']);
  });

  it('does not watch folders no pattern reaches', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`other/${i}/a.ts`, '']));
    await watch(['src/*.ts', 'one.md'], { ...many, 'src/a.ts': '' }, { mostFolders: 2 });
    await check(() => writeFileSync(at('one.md'), '2'), ['created one.md']);
    assert.ok(readdirSync(at('other')).length === 30);
  });

  it('refuses more folders than it may watch', async () => {
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`x/${i}/a.ts`, '']));
    const { args } = await problemFrom('trigger.watchTooMuch', () =>
      watch(['**/*.ts'], many, { mostFolders: 5 }),
    );
    assert.deepEqual(args, { patterns: '**/*.ts', most: 5 });
  });

  it('says so when there is nothing to watch', async () => {
    const gone = path.join(makeRepository({}), 'gone');
    await problemFrom('trigger.watchFailed', () => watch(['*'], {}, { root: gone }));
  });

  it('takes a file that was only touched for changed: its time is all there is to see', async () => {
    await watch(['*.ts'], { 'a.ts': '1' });
    await check(() => utimesSync(at('a.ts'), new Date(1e12), new Date(1e12)), ['changed a.ts']);
  });

  it('keeps up with a thousand files in a hundred folders', async () => {
    await watch(['**/*.ts'], {});
    batches = [];
    for (let i = 0; i < 100; i++) mkdirSync(at(`d${i}`));
    for (let i = 0; i < 1000; i++) writeFileSync(at(`d${i % 100}/f${i}.ts`), '');
    await until(() => seen().length >= 1000, 'a thousand files');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(new Set(seen()).size, 1000);
    assert.equal(seen().length, 1000);
  });
});

describe('patterns', () => {
  it('reach the folders in which something could match', () => {
    const cases: [string, string, boolean][] = [
      ['src/**/*.ts', '', true],
      ['src/**/*.ts', 'src', true],
      ['src/**/*.ts', 'src/a/b', true],
      ['src/**/*.ts', 'srcs', false],
      ['src/*.ts', 'src/a', false],
      ['a/b/c.md', 'a', true],
      ['a/b/c.md', 'a/b', true],
      ['a/b/c.md', 'a/b/c.md', false],
      ['*.md', 'a', false],
      ['{a,b}/*.md', 'b', true],
      ['./src/*.ts', 'src', true],
    ];
    for (const [glob, folder, expected] of cases)
      assert.equal(compileGlobs([glob]).reaches(folder), expected, `${glob} ${folder}`);
  });

  it('match names with dots', () => {
    assert.ok(compileGlobs(['**/*.yml']).matches('.github/workflows/.x.yml'));
    assert.ok(!compileGlobs(['*.yml']).matches('a/b.yml'));
  });

  it('are refused when they are none of paths below the folder', () => {
    for (const glob of ['/etc/*', '../x', 'a/../../b', 'C:/x', 'a\\b', '!a', '*(*(a))b'])
      assert.notEqual(globFault(glob), undefined, glob);
    for (const glob of ['a', '**/*.ts', '.env', 'a..b/*', '{a,b}/[x-z]*'])
      assert.equal(globFault(glob), undefined);
  });
});
