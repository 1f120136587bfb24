/**
 * Measures arbitration: how long one decision takes with 1,000 waiting (its commit left out), for every strategy, and how
 * long 100 changesets take through the merge queue into one tree, whose every file is then compared with what it must be.
 * Target: `arbitration.decide_p99_us` at most 200.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  decide,
  defaultPolicy,
  emptyState,
  mergeInTurn,
  MergeQueue,
  type Request,
  type State,
  type Strategy,
  type Want,
} from '../../server/arbitration';
import { silentLog, type Context } from '../../server/base';
import { systemClock } from '../../server/base/node';
import {
  inspectUserRepository,
  openPrivateRepository,
  type Commit,
  type PrivateRepository,
} from '../../server/git';
import { conflictIn } from '../../server/runs/conflict';
import { percentile } from '../engine/statistics';

export interface Line {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly shape?: string;
}

export async function section(print: (line: Line) => void): Promise<void> {
  const strategies: readonly Strategy[] = [
    'priority',
    'roundRobin',
    'collaborative',
    'queue',
    'weightedRandom',
  ];
  const all = strategies.map((strategy) => ({ strategy, us: percentile(decisionTimes(strategy), 0.99) }));
  for (const { strategy, us } of all)
    print({ name: 'arbitration.decide_one_p99_us', value: rounded(us), unit: 'us', shape: strategy });
  print({
    name: 'arbitration.decide_p99_us',
    value: rounded(Math.max(...all.map(({ us }) => us))),
    unit: 'us',
  });
  const merged = await mergeChangesets(100);
  print({ name: 'arbitration.merge_100_changesets_s', value: rounded(merged.seconds), unit: 's' });
  print({ name: 'arbitration.merged_files_checked', value: merged.files, unit: 'files' });
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

const waiting = 1000;
const measured = 10_000;

/** Microseconds of single decisions, requests and releases in turn, while 1,000 wait for 40 locks and 8 rooms. */
function decisionTimes(strategy: Strategy): number[] {
  const rules = [{ kind: 'room', name: 'models', most: 8 }] as const;
  const state = emptyState({ ...defaultPolicy, strategy, rules }, 1);
  let chance = 12_345;
  const next = (below: number): number =>
    (chance = (Math.imul(chance, 1_103_515_245) + 12_345) >>> 0) % below;
  const priorities = ['critical', 'high', 'normal', 'normal', 'low', 'background'] as const;
  let at = 1_700_000_000_000;
  let count = 0;
  const request = (): Request => {
    const id = `r${++count}`;
    const lock = (): Want => ({
      kind: 'lock',
      name: `file/${next(40)}`,
      mode: next(4) === 0 ? 'shared' : 'exclusive',
    });
    const wants: Want[] = [lock()];
    if (next(3) === 0) wants.push({ kind: 'room', name: 'models', amount: 1 + next(2) });
    return {
      ...{ id, key: id, holder: id, requester: `agent-${next(1000)}`, label: id, wants },
      ...{ priority: priorities[next(6)]!, cost: 1, timeoutMs: 3_600_000, leaseMs: null },
    };
  };
  while (state.waiting.size < waiting) decide(state, { do: 'request', request: request(), at: ++at });
  const times: number[] = [];
  // The first tenth warms up.
  for (let index = 0; index < measured * 1.1; index++) {
    const input = isFull(state)
      ? ({ do: 'release', id: anyGranted(state, next), at: ++at } as const)
      : ({ do: 'request', request: request(), at: ++at } as const);
    const began = performance.now();
    decide(state, input);
    if (index >= measured / 10) times.push((performance.now() - began) * 1000);
  }
  return times;
}

const isFull = (state: State): boolean => state.waiting.size >= waiting && state.granted.size > 0;

function anyGranted(state: State, next: (below: number) => number): string {
  const ids = [...state.granted.keys()];
  return ids[next(ids.length)]!;
}

const fileCount = 200;
const linesOf = (file: number): string[] =>
  Array.from({ length: 120 }, (_, line) => `file ${file} line ${line}`);
const nameOf = (file: number): string => `folder-${file % 10}/file-${file}.txt`;

/** Changesets of three files each, many of them of the same files at other lines, merged and proven ten at a time. */
async function mergeChangesets(count: number): Promise<{ seconds: number; files: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'symphony-bench-arbitration-'));
  const ctx: Context = { signal: new AbortController().signal, log: silentLog };
  try {
    const { repository, base, worktree } = await makeRepository(ctx, folder);
    const expected = new Map(Array.from({ length: fileCount }, (_, file) => [file, linesOf(file)] as const));
    const changesets: Commit[] = [];
    for (let index = 0; index < count; index++) {
      await repository.restoreTree(ctx, worktree, base.tree);
      for (const file of [index, index + 7, index * 3].map((one) => one % 50)) {
        // A place of its own in each file, far from those of others.
        const line = (index * 37) % 110;
        const change = (lines: string[]) => (lines[line] = `file ${file} line ${line}, changed by ${index}`);
        if (
          expected
            .get(file)!
            .slice(Math.max(0, line - 3), line + 4)
            .some((text) => text.includes('changed'))
        )
          continue;
        const own = linesOf(file);
        change(own);
        change(expected.get(file)!);
        writeFileSync(path.join(worktree, nameOf(file)), `${own.join('\n')}\n`);
      }
      expected.set(1000 + index, [`new file of ${index}`]);
      writeFileSync(path.join(worktree, nameOf(1000 + index)), `new file of ${index}\n`);
      const tree = await repository.writeTree(ctx, worktree);
      changesets.push(await repository.commit(ctx, tree, [base.commit], `changeset ${index}`, 0));
    }
    const began = performance.now();
    const tip = await mergeAll(ctx, repository, base, changesets);
    const seconds = (performance.now() - began) / 1000;
    await assertFiles(ctx, repository, base, tip, expected);
    return { seconds, files: expected.size };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function mergeAll(
  ctx: Context,
  repository: PrivateRepository,
  base: Commit,
  changesets: readonly Commit[],
): Promise<Commit> {
  const changes = changesets.map(({ commit }, index) => ({ id: String(index), base: base.commit, commit }));
  const outcome = await mergeInTurn(new MergeQueue<Commit>(base, changes, { batch: 10, isProven: true }), {
    merge: async (ours, { id }) => {
      const theirs = changesets[Number(id)]!;
      const result = await repository.merge(ctx, base.commit, ours.commit, theirs.commit);
      const conflict = await conflictIn(ctx, repository, { base: base.commit, ours, theirs }, result);
      if (conflict !== undefined) return { conflict: Object.keys(conflict.kinds) };
      return {
        tip: await repository.commit(ctx, result.tree, [ours.commit, theirs.commit], `merge ${id}`, 0),
      };
    },
    prove: () => Promise.resolve(true),
  });
  if (outcome.left.length > 0) throw new Error(`not merged: ${JSON.stringify(outcome.left)}`);
  return outcome.tip;
}

/** Every file of the tree holds exactly what it must; a blob's name is the hash of its bytes. */
async function assertFiles(
  ctx: Context,
  repository: PrivateRepository,
  base: Commit,
  tip: Commit,
  expected: ReadonlyMap<number, readonly string[]>,
): Promise<void> {
  const found = execFileSync('git', [`--git-dir=${repository.gitDir}`, 'ls-tree', '-r', '-z', tip.tree], {
    encoding: 'utf8',
  });
  const objects = new Map(
    found
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => [line.slice(line.indexOf('\t') + 1), line.split(/[ \t]/)[2]]),
  );
  if (objects.size !== expected.size) throw new Error(`${objects.size} files instead of ${expected.size}`);
  for (const [file, lines] of expected) {
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const hash = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    if (objects.get(nameOf(file)) !== hash) throw new Error(`${nameOf(file)} is not what it must be`);
  }
  if ((await repository.changes(ctx, base.commit, tip.commit)).length === 0)
    throw new Error('nothing was merged');
}

async function makeRepository(
  ctx: Context,
  folder: string,
): Promise<{ repository: PrivateRepository; base: Commit; worktree: string }> {
  const top = path.join(folder, 'project');
  for (let file = 0; file < fileCount; file++) {
    mkdirSync(path.dirname(path.join(top, nameOf(file))), { recursive: true });
    writeFileSync(path.join(top, nameOf(file)), `${linesOf(file).join('\n')}\n`);
  }
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { cwd: top });
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'base');
  const home = path.join(folder, 'home');
  const repository = await openPrivateRepository(ctx, {
    gitDir: path.join(home, 'repository.git'),
    user: await inspectUserRepository(ctx, top),
    userRoot: top,
    clock: systemClock,
  });
  const base = await repository.snapshot(ctx, 'refs/symphony/base', 'base');
  const worktree = path.join(home, 'worktrees', 'one');
  await repository.ensureWorktree(ctx, worktree, base.commit);
  return { repository, base, worktree };
}
