import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { silentLog } from '../../../server/base';
import { systemClock, systemIds, systemRandom } from '../../../server/base/node';
import { openWorkspace, type DataHome, type Fingerprint } from '../../../server/storage';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();

const git = (root: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

/** A real repository with one commit of its own. */
function repository(name: string): string {
  const root = folder.at(name);
  mkdirSync(root);
  git(root, 'init', '-q');
  git(root, 'commit', '-q', '--allow-empty', '-m', `first of ${name} ${systemIds.next('c')}`);
  return root;
}

/** As the git room gives it. */
async function fingerprint(root: string): Promise<Fingerprint | undefined> {
  if (!existsSync(root)) return undefined;
  try {
    const gitFolder = path.resolve(root, git(root, 'rev-parse', '--git-dir'));
    const { dev, ino } = await stat(gitFolder, { bigint: true });
    const firstCommit = git(root, 'rev-list', '--max-parents=0', 'HEAD');
    const inside = git(root, 'rev-parse', '--show-prefix');
    return { firstCommit, device: String(dev), inode: String(ino), inside };
  } catch {
    return undefined;
  }
}

const open = (root: string): Promise<DataHome> =>
  openWorkspace({
    stateFolder: folder.at('state'),
    root,
    fingerprint,
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    log: silentLog,
  });

describe('the data home', () => {
  it('is private, complete, and the same the next time', async () => {
    const home = await open(repository('a'));
    assert.match(home.token, /^[0-9a-f]{64}$/);
    assert.equal(readFileSync(home.tokenFile, 'utf8'), home.token);
    if (process.platform !== 'win32') {
      assert.equal(statSync(home.tokenFile).mode & 0o777, 0o600);
      for (const one of [folder.at('state'), home.folder, home.blobs, home.worktrees, home.homes])
        assert.equal(statSync(one).mode & 0o777, 0o700, one);
    }
    assert.deepEqual(await open(folder.at('a')), home);
  });

  it('is the same through a link to the folder', async () => {
    const home = await open(repository('a'));
    symlinkSync(home.root, folder.at('link'));
    assert.deepEqual(await open(folder.at('link')), home);
  });

  it('follows a repository that was moved, and only it', async () => {
    const home = await open(repository('a'));
    renameSync(home.root, folder.at('b'));
    const moved = await open(folder.at('b'));
    assert.deepEqual([moved.id, moved.root, moved.token], [home.id, folder.at('b'), home.token]);
    const other = await open(repository('a'));
    assert.notEqual(other.id, home.id);
    assert.equal((await open(folder.at('b'))).id, home.id);
    assert.equal((await open(folder.at('a'))).id, other.id);
    const { roots } = JSON.parse(readFileSync(path.join(home.folder, 'workspace.json'), 'utf8'));
    assert.deepEqual(
      roots.map((one: { root: string }) => one.root),
      [folder.at('a'), folder.at('b')],
    );
  });

  it('follows a moved repository whose place another has taken', async () => {
    const home = await open(repository('a'));
    renameSync(home.root, folder.at('b'));
    const newcomer = await open(repository('a'));
    assert.notEqual(newcomer.id, home.id);
    const moved = await open(folder.at('b'));
    assert.equal(moved.id, home.id);
    assert.equal((await open(folder.at('a'))).id, newcomer.id);
    assert.equal((await open(folder.at('b'))).id, moved.id);
  });

  it('gives a copy a home of its own', async () => {
    const home = await open(repository('a'));
    cpSync(home.root, folder.at('copy'), { recursive: true });
    const copy = await open(folder.at('copy'));
    assert.notEqual(copy.id, home.id);
    assert.notEqual(copy.token, home.token);
    assert.equal((await open(home.root)).id, home.id);
  });

  it('keeps two folders of one repository apart', async () => {
    const root = repository('a');
    mkdirSync(path.join(root, 'x'));
    mkdirSync(path.join(root, 'y'));
    const ids = [await open(root), await open(path.join(root, 'x')), await open(path.join(root, 'y'))];
    assert.equal(new Set(ids.map(({ id }) => id)).size, 3);
    renameSync(root, folder.at('b'));
    assert.equal((await open(folder.at('b', 'y'))).id, ids[2]!.id);
  });

  it('serves a folder without a repository', async () => {
    mkdirSync(folder.at('plain'));
    const home = await open(folder.at('plain'));
    assert.equal((await open(folder.at('plain'))).id, home.id);
  });

  it('gives one id to many who open it first', async () => {
    const root = repository('a');
    const homes = await Promise.all(Array.from({ length: 8 }, () => open(root)));
    assert.equal(new Set(homes.map(({ id }) => id)).size, 1);
    assert.equal(new Set(homes.map(({ token }) => token)).size, 1);
  });

  it('goes on where an opening was interrupted', async () => {
    const home = await open(repository('a'));
    rmSync(path.join(home.folder, 'workspace.json'));
    rmSync(home.tokenFile);
    assert.equal((await open(home.root)).id, home.id);
  });

  it('refuses what is newer or damaged', async () => {
    const home = await open(repository('a'));
    const record = path.join(home.folder, 'workspace.json');
    const good = readFileSync(record, 'utf8');
    writeFileSync(record, good.replace('"layout": 1', '"layout": 2'));
    const newer = await problemFrom('data.newer', () => open(home.root));
    assert.deepEqual(newer.args, { path: record, found: 2, known: 1 });
    writeFileSync(record, good.slice(0, 30));
    const damaged = await problemFrom('data.corrupt', () => open(home.root));
    assert.equal(readFileSync(String(damaged.args['backup']), 'utf8'), good.slice(0, 30));
    writeFileSync(record, good);
    writeFileSync(home.tokenFile, '');
    await problemFrom('data.corrupt', () => open(home.root));
  });

  it('says when its place cannot be written', async () => {
    writeFileSync(folder.at('state'), 'a file');
    await problemFrom('data.readOnly', () => open(repository('a')));
  });
});
