import { strict as assert } from 'node:assert';
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ctx, fingerprint, git, makeRepository, removeFolders, write } from '../git/fixture';
import { listed, openCheckpoints } from './fixture';

const rounds = process.env['SYMPHONY_TIER'] === 'long' ? 500 : 12;

/** Names files are made under; some are ignored by some rules. */
const universe = [
  'a.txt',
  'b.txt',
  'dir/c.txt',
  'dir/deep/d.txt',
  'other/e.bin',
  'x.log',
  'dir/y.log',
  'build/out.o',
  'z.tmp',
  'sp ace/ü.txt',
  '.planning/STATE.md',
];
const rules = ['*.log\nbuild/\n', '*.log\nbuild/\n*.tmp\n', 'build/\n', ''];

describe('checkpoints in random repositories', function () {
  this.timeout(rounds * 10_000);
  afterEach(removeFolders);

  for (let seed = 1; seed <= rounds; seed++) {
    it(`restores every byte and touches nothing of git’s (seed ${seed})`, () => round(seed));
  }
});

async function round(seed: number): Promise<void> {
  const random = sequence(seed);
  const top = person(random);
  const gitFolder = git(top, 'rev-parse', '--path-format=absolute', '--git-common-dir').trim();
  const { checkpoints } = await openCheckpoints(top);
  git(top, 'status');

  const first = look(top, gitFolder);
  const ignored = ignoredIn(top);
  const kept = await checkpoints.create(ctx, 'first');
  assert.deepEqual(look(top, gitFolder), first, 'taking a checkpoint changes nothing');

  mess(top, random, 2 + random(8));
  if (random(3) === 0) tried(() => git(top, 'commit', '-q', '--allow-empty', '-m', 'later'));
  const second = look(top, gitFolder);

  const paths = random(3) === 0 ? ['dir', 'a.txt'] : undefined;
  const dirty = random(3) === 0 ? ['b.txt', 'dir/c.txt'] : [];
  const wish = { checkpoint: kept.checkpoint, ...(paths === undefined ? {} : { paths }) };
  const { files: shown, from } = await checkpoints.preview(ctx, wish);
  assert.deepEqual(look(top, gitFolder), second, 'looking changes nothing');
  const { recovery, files } = await checkpoints.restore(ctx, { ...wish, from, dirty });
  assert.deepEqual(
    files.map(({ path: at }) => at),
    shown.map(({ path: at }) => at),
  );

  const third = look(top, gitFolder);
  const refused = files.filter(({ problem }) => problem !== null).map(({ problem }) => problem);
  const seen = `${JSON.stringify({ shown, refused }, null, 1)}`;
  assert.deepEqual(third.git, second.git, 'HEAD, index, stash and refs stay byte for byte');
  const model = expected({ first, second, ignored, paths, dirty });
  for (const name of new Set([...Object.keys(third.files), ...Object.keys(model)]))
    assert.equal(third.files[name], model[name], `${name}\n${seen}`);
  for (const { path: at, problem } of files) {
    if (third.files[at] === first.files[at]) continue;
    assert.ok(problem !== null, `${at} was left and no reason was given`);
  }

  const back = await checkpoints.preview(ctx, { checkpoint: recovery.checkpoint });
  await checkpoints.restore(ctx, { checkpoint: recovery.checkpoint, from: back.from, dirty: [] });
  assert.deepEqual(look(top, gitFolder), second, 'the recovery checkpoint leads back to the byte');
}

interface Look {
  readonly files: Record<string, string>;
  readonly listed: Set<string>;
  readonly git: Record<string, string>;
}

function look(top: string, gitFolder: string): Look {
  const all = fingerprint(top, (name) => name.split('/').includes('.git'));
  const files = Object.fromEntries(Object.entries(all).filter(([, what]) => !what.startsWith('folder')));
  return { files, git: fingerprint(gitFolder), listed: listed(top) };
}

interface Case {
  readonly first: Look;
  readonly second: Look;
  /** Names the rules ignored at first. */
  readonly ignored: ReadonlySet<string>;
  readonly paths: readonly string[] | undefined;
  readonly dirty: readonly string[];
}

/** What the tree holds after restoring: the model. */
function expected({ first, second, ignored, paths, dirty }: Case): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of new Set([...Object.keys(first.files), ...Object.keys(second.files)])) {
    const [then, now] = [first.files[name], second.files[name]];
    const asked = paths === undefined || paths.some((one) => name === one || name.startsWith(`${one}/`));
    const forced = name.startsWith('.planning/');
    const wasIn = forced ? then !== undefined : first.listed.has(name);
    const isIn = forced ? now !== undefined : second.listed.has(name);
    const value = ((): string | undefined => {
      if (!asked || dirty.includes(name)) return now;
      // Ignored now, so it is in no recovery checkpoint: it stays whatever it is.
      if (now !== undefined && !isIn) return now;
      if (wasIn) return then;
      // It was there but ignored, or nobody can tell.
      if (then !== undefined || (ignored.has(name) && !forced)) return now;
      return undefined;
    })();
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/** A repository as a person leaves it: staged, unstaged, new and ignored files, stashes, a merge in the middle. */
function person(random: (below: number) => number): string {
  const files = { 'a.txt': 'one\n', 'b.txt': 'two\n', 'dir/c.txt': 'c\n', '.gitignore': rules[random(2)]! };
  let top = makeRepository(files);
  write(top, { 'a.txt': 'stashed\n', 'b.txt': 'stashed too\n' });
  git(top, 'add', 'a.txt');
  git(top, 'stash', 'push', '-q');
  if (random(4) === 0) {
    const linked = path.join(path.dirname(top), 'linked');
    git(top, 'worktree', 'add', '-q', '-b', 'linked', linked);
    top = linked;
  }
  const merging = random(3);
  if (merging > 0) {
    git(top, 'checkout', '-q', '-b', 'side');
    write(top, { 'a.txt': 'side\n', 'side.txt': 's\n' });
    git(top, 'add', '-A');
    git(top, 'commit', '-q', '-m', 'side');
    git(top, 'checkout', '-q', '-');
    write(top, { 'a.txt': 'ours\n' });
    git(top, 'commit', '-q', '-a', '-m', 'ours');
    tried(() => git(top, ...(merging === 1 ? ['merge', '-q', 'side'] : ['rebase', '-q', 'side'])));
  }
  mess(top, random, 3 + random(8), merging > 0);
  return top;
}

function mess(top: string, random: (below: number) => number, steps: number, careful = false): void {
  for (let step = 0; step < steps; step++) {
    const name = universe[random(universe.length)]!;
    const file = path.join(top, name);
    switch (random(careful ? 6 : 8)) {
      case 0:
        rmSync(file, { force: true });
        break;
      case 1:
        if (existsSync(file) && !lstatSync(file).isSymbolicLink()) chmodSync(file, 0o755);
        break;
      case 2:
        if (!careful) write(top, { '.gitignore': rules[random(rules.length)]! });
        break;
      case 3:
        if (existsSync(file)) git(top, 'add', '-f', '--', name);
        break;
      case 4:
        rmSync(file, { force: true });
        mkdirSync(path.dirname(file), { recursive: true });
        symlinkSync(`to-${random(5)}`, file);
        break;
      case 5:
      case 6:
        mkdirSync(path.dirname(file), { recursive: true });
        rmSync(file, { force: true });
        writeFileSync(file, bytes(random));
        break;
      default:
        tried(() => git(top, 'rm', '-q', '--cached', '-f', '--', name));
    }
  }
}

function bytes(random: (below: number) => number): Buffer {
  const kinds = ['text\r\nmore\n', 'no end', '', 'caf\u00e9\n'];
  const kind = random(5);
  return kind === 4 ? Buffer.from([0, 255, random(256), 10]) : Buffer.from(`${kinds[kind]}${random(9)}`);
}

function ignoredIn(top: string): Set<string> {
  return new Set(universe.filter((name) => tried(() => git(top, 'check-ignore', '-q', '--no-index', name))));
}

/** Whether git did it; a conflict, or nothing to do, is an answer too. */
function tried(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** Numbers below a bound, the same for the same seed. */
function sequence(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}
