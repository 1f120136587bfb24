import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ChangedFile } from '../../../schemas/wire/review';
import type { ReviewSource } from '../../../schemas/wire/units';
import { ProblemError } from '../../../server/base';
import { sha256 } from '../../../server/base/node';
import type { Blobs } from '../../../server/engine/ports';
import { buildChangeset, unitsOf, withBytes, type DecidedFile } from '../../../server/review';
import { ExportDesk, type DecidedChangeset } from '../../../server/runs/exportDesk';
import {
  clock,
  ctx,
  fingerprint,
  freshFolder,
  git,
  makeRepository,
  open,
  removeFolders,
  write,
  type Content,
} from '../git/fixture';

const lines = (from: number, to: number, end = '\n') =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}`).join(end) + end;

const before: Record<string, Content> = {
  'long.txt': lines(0, 60),
  'crlf.txt': lines(0, 20, '\r\n'),
  'latin1.txt': Buffer.from('caf\xe9\nbar\n', 'latin1'),
  'open end.txt': 'a\nb',
  'tool.sh': '#!/bin/sh\n',
  'old name.txt': lines(0, 30),
  'picture.bin': Buffer.from([0, 1, 2, 3]),
  'gone.txt': 'gone\n',
  'ünï.txt': 'u\n',
  target: { link: 'long.txt' },
};

/** What an agent made of it; two plans share `long.txt`. */
function work(top: string): void {
  git(top, 'mv', 'old name.txt', 'new name.txt');
  git(top, 'rm', '-q', 'gone.txt', 'target');
  write(top, {
    'long.txt': lines(0, 60).replace('line 3\n', 'LINE 3\n').replace('line 50\n', 'LINE 50\nand more\n'),
    'crlf.txt': lines(0, 20, '\r\n').replace('line 7', 'LINE 7'),
    'latin1.txt': Buffer.from('th\xe9\nbar\n', 'latin1'),
    'open end.txt': 'a\nB',
    'picture.bin': Buffer.from([0, 9, 8, 7, 255]),
    'ünï.txt': 'ü – “quoted”\nFrom here on\n--- not a patch\n',
    'added/empty.txt': '',
    'added/one.bin': Buffer.from([0xff]),
    target: { link: 'crlf.txt' },
  });
  execFileSync('chmod', ['755', path.join(top, 'tool.sh')]);
}

const source = (plan: string, more: Partial<ReviewSource> = {}): ReviewSource => ({
  ...{ plan, title: `Work of ${plan}`, task: null, requirements: [], run: 'run-1', node: 'n', turn: null },
  ...{ commit: null, verified: [], tokens: 10, usd: null },
  ...more,
});

describe('reviewed changes leave the review', function () {
  this.timeout(60_000);
  after(removeFolders);

  async function made(states: (path: string, place: number) => 'kept' | 'dropped' | 'undecided') {
    const top = makeRepository(before);
    const opened = await open(top);
    const base = await opened.repository.snapshot(ctx, 'refs/symphony/base', 'base');
    const agent = path.join(freshFolder(), 'agent');
    git(top, 'clone', '-q', top, agent);
    work(agent);
    git(agent, 'add', '-A');
    const stored = new Map<string, Uint8Array>();
    const blobs: Blobs = {
      put: (bytes) => Promise.resolve((stored.set(sha256(bytes), bytes), sha256(bytes))),
      get: (hash) => Promise.resolve(stored.get(hash)),
    } as Blobs;
    const folder = opened.worktree('agent');
    await opened.repository.ensureWorktree(ctx, folder, base.commit);
    execFileSync('bash', [
      '-c',
      `rm -rf "$2"/*; cd "$1" && tar -c --exclude=.git . | tar -x -C "$2"`,
      '_',
      agent,
      folder,
    ]);
    const tree = await opened.repository.writeTree(ctx, folder);
    const end = await opened.repository.commit(ctx, tree, [base.commit], 'end', 0, 'refs/symphony/end');
    const changeset = await buildChangeset(ctx, {
      repository: opened.repository,
      ...{ blobs, clock, run: 'run-1', id: 'cs-1', title: 'Títle of it', groups: [] },
      ...{ base: base.commit, integration: end.commit, plansOf: () => [] },
    });
    const describe = async (changed: ChangedFile): Promise<DecidedFile> => {
      const file = await withBytes(changed, blobs);
      const units = unitsOf(file);
      const placeOf = (id: string) => units.units.findIndex(({ unit }) => unit === id);
      return {
        ...{ file, units },
        decision: (id) => ({ state: states(changed.path, placeOf(id)), edited: null }),
        sourcesOf: (id) => (changed.path === 'long.txt' ? [placeOf(id)] : [1]),
      };
    };
    const decided: DecidedChangeset = {
      run: { run: 'run-1', facts: { base: { ...base } } } as never,
      ...{ changeset, skipped: [] },
      sources: [
        source('01-01', { requirements: ['REQ-1'], verified: [{ command: 'npm test', exitCode: 0 }] }),
        source('01-02', { title: 'Größeres: 2', task: 'Task 3', usd: 0.5 }),
      ],
      files: await Promise.all(changeset.files.map(describe)),
    };
    const desk = new ExportDesk({
      world: { repository: () => Promise.resolve(opened.repository), clock },
      decided: () => Promise.resolve(decided),
    });
    return { top, agent, desk, decided, repository: opened.repository };
  }

  const content = (folder: string) => fingerprint(folder, (name) => name === '.git');
  /** A fresh clone of the user’s repository with `text` given to `git <command>`. */
  function applied(top: string, command: string, text: string): string {
    const folder = path.join(freshFolder(), 'clone');
    git(top, 'clone', '-q', top, folder);
    const file = path.join(path.dirname(folder), 'text');
    writeFileSync(file, text);
    git(folder, command, file);
    return folder;
  }

  it('as one patch that git applies to the byte', async () => {
    const { top, agent, desk } = await made(() => 'kept');
    const { text, skipped } = await desk.reviewExport(ctx, { changeset: 'cs-1', form: 'patch', all: false });
    assert.deepEqual(skipped, []);
    assert.match(text, /^rename to new name\.txt$/m);
    assert.match(text, /^\\ No newline at end of file$/m);
    assert.deepEqual(content(applied(top, 'apply', text)), content(agent));
  });

  it('as mails, one commit a task, that git am takes to the byte, with where they come from', async () => {
    const { top, agent, desk } = await made(() => 'undecided');
    const kept = await desk.reviewExport(ctx, { changeset: 'cs-1', form: 'commits', all: false });
    assert.equal(kept.text, '', 'nothing is kept yet');
    const { text } = await desk.reviewExport(ctx, { changeset: 'cs-1', form: 'commits', all: true });
    // eslint-disable-next-line no-control-regex -- mail programs leave ASCII alone
    assert.match(text, /^[\x00-\x7f]*$/);
    const folder = applied(top, 'am', text);
    assert.deepEqual(content(folder), content(agent));
    const log = git(folder, 'log', '-2', '--reverse', '--format=%s%n%(trailers)').trim();
    assert.equal(
      log,
      [
        'Work of 01-01',
        'Symphony-Run: run-1',
        'Symphony-Changeset: cs-1',
        'Symphony-Plan: 01-01',
        'Symphony-Requirement: REQ-1',
        'Symphony-Verified: npm test (exit 0)',
        'Symphony-Cost: 10 tokens',
        '',
        'Größeres: 2',
        'Symphony-Run: run-1',
        'Symphony-Changeset: cs-1',
        'Symphony-Plan: 01-02',
        'Symphony-Task: Task 3',
        'Symphony-Cost: 10 tokens, 0.5000 USD',
      ].join('\n'),
    );
    assert.equal(git(folder, 'show', '--format=', '--name-only', 'HEAD~1').trim(), 'long.txt');
  });

  it('as a new branch on the last commit, without what was dropped and what the person has not committed', async () => {
    const { top, desk } = await made((file, place) =>
      file === 'long.txt' && place === 1 ? 'dropped' : file === 'gone.txt' ? 'dropped' : 'undecided',
    );
    write(top, { 'private.txt': 'not committed\n', 'tool.sh': '#!/bin/sh\n# mine\n' });
    git(top, 'add', 'private.txt');
    const gitFolder = path.join(top, '.git');
    const unchanged = (name: string) =>
      !/^(objects|refs\/heads\/reviewed|refs\/heads$|logs\/refs\/heads\/reviewed)/.test(name);
    const look = () => Object.entries(fingerprint(gitFolder)).filter(([name]) => unchanged(name));
    const files = content(top);
    const first = look();
    const made1 = await desk.reviewBranch(ctx, { changeset: 'cs-1', branch: 'reviewed' });
    assert.deepEqual(look(), first, 'HEAD, index and every other ref stay');
    assert.deepEqual(content(top), files);
    assert.equal(git(top, 'rev-parse', 'reviewed').trim(), made1.commit);
    git(top, 'fsck', '--strict');
    assert.equal(git(top, 'rev-parse', 'reviewed~2').trim(), git(top, 'rev-parse', 'main').trim());
    const changed = git(top, 'diff', '--name-status', '--no-renames', 'main', 'reviewed');
    assert.doesNotMatch(changed, /gone\.txt|private\.txt/);
    assert.match(git(top, 'diff', 'main', 'reviewed', '--', 'long.txt'), /\+LINE 3/);
    assert.doesNotMatch(git(top, 'diff', 'main', 'reviewed', '--', 'long.txt'), /and more/);
    const refused = (branch: string, code: string) =>
      assert.rejects(
        desk.reviewBranch(ctx, { changeset: 'cs-1', branch }),
        (thrown) => thrown instanceof ProblemError && thrown.problem.code === code,
      );
    await refused('reviewed', 'review.branchExists');
    await refused('reviewed/more', 'review.branchExists');
    await refused('-x', 'review.branchName');
    await refused('a..b', 'review.branchName');
  });
});
