/**
 * Ten agents at once in real worktrees: they write, rename, remove and link what the others do too. All ends in one tree
 * whose test passes; what could not be joined is named, and no line anybody wrote is lost without being named.
 */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createArbitration, mergeInTurn, MergeQueue, type Arbitration } from '../../../server/arbitration';
import { silentLog } from '../../../server/base';
import { systemClock, systemIds, systemRandom } from '../../../server/base/node';
import type { Commit } from '../../../server/git';
import { conflictIn } from '../../../server/runs/conflict';
import { mulberry32 } from '../../e2e/headless/aftermath';
import { ctx, freshFolder, makeRepository, open, removeFolders, type Opened } from '../git/fixture';
import { isLong } from './schedules';

const seeds = Number(process.env['SYMPHONY_SEED'] ?? 20261120);
const rounds = isLong ? 20 : 2;
const agentCount = 10;

/** The project's test: every text begins with its title, holds no marker and nothing bad. */
const check = `import { readdirSync, readFileSync } from 'node:fs';
for (const name of readdirSync('data')) {
  const text = readFileSync('data/' + name, 'utf8');
  if (!text.startsWith('# data\\n')) throw new Error(name + ' has no title');
  if (/^(<{7}|>{7}|={7})/m.test(text)) throw new Error(name + ' holds a marker');
  if (text.includes('BAD')) throw new Error(name + ' is bad');
}
`;

const textOf = (file: number): string =>
  ['# data', ...Array.from({ length: 40 }, (_, line) => `base ${file}.${line}`), ''].join('\n');

describe('ten agents on one repository', function () {
  this.timeout(600_000);
  after(removeFolders);

  for (let round = 0; round < rounds; round++)
    it(`end in one tree whose test passes, or in named conflicts; no line is lost (seed ${seeds + round})`, async () => {
      const random = mulberry32(seeds + round);
      const world = await begin();
      const agents = await Promise.all(
        Array.from({ length: agentCount }, (_, index) =>
          work(world, index, mulberry32(seeds + round * 100 + index)),
        ),
      );
      const named = new Set<string>();
      const kinds = new Set<string>();
      const byId = new Map(agents.map((agent) => [agent.id, agent]));
      const queue = new MergeQueue<Commit>(
        world.base,
        agents.map(({ id, commit }) => ({ id, base: world.base.commit, commit: commit.commit })),
        { batch: 4, isProven: true },
      );
      const grant = await world.arbitration.acquire(ctx, {
        ...{ holder: 'run/merge', requester: 'run', label: 'Merge' },
        wants: [{ kind: 'lock', name: 'integration/run', mode: 'exclusive' }],
      });
      const { repository } = world.opened;
      const outcome = await mergeInTurn(queue, {
        merge: async (ours, { id }) => {
          const theirs = byId.get(id)!.commit;
          const result = await repository.merge(ctx, world.base.commit, ours.commit, theirs.commit);
          const conflict = await conflictIn(
            ctx,
            repository,
            { base: world.base.commit, ours, theirs },
            result,
          );
          let { tree } = result;
          if (conflict !== undefined) {
            for (const kind of Object.values(conflict.kinds)) kinds.add(kind);
            // Both sides are shown to whoever decides: nothing of them goes unseen.
            for (const side of [await world.read(ours.tree), byId.get(id)!.lines])
              for (const [line, file] of side) if (conflict.take.includes(file)) named.add(line);
            const choice = Math.floor(random() * 3);
            if (choice === 0) return { conflict: Object.keys(conflict.kinds) };
            tree = await repository.takePaths(
              ctx,
              tree,
              choice === 1 ? ours.tree : theirs.tree,
              conflict.take,
            );
          }
          return { tip: await repository.commit(ctx, tree, [ours.commit, theirs.commit], `merge ${id}`, 0) };
        },
        prove: async ({ tree }) => {
          await repository.restoreTree(ctx, world.proving, tree);
          try {
            execFileSync(process.execPath, ['check.mjs'], { cwd: world.proving, stdio: 'ignore' });
            return true;
          } catch {
            return false;
          }
        },
      });
      await grant.release();

      const final = await world.read(outcome.tip.tree);
      execFileSync(process.execPath, ['check.mjs'], { cwd: world.proving, stdio: 'pipe' });
      assert.equal(outcome.merged.length + outcome.left.length, agentCount);
      for (const { id, why } of outcome.left)
        assert.ok(why === 'blamed' ? byId.get(id)!.isBad : true, `${id} was blamed for nothing`);
      const lost: string[] = [];
      const merged = outcome.merged.map((id) => byId.get(id)!);
      for (const agent of merged)
        for (const line of agent.lines.keys())
          if (line.startsWith('agent') && !final.has(line) && !named.has(line))
            lost.push(`${agent.id}: ${line}`);
      // What nobody removed must still be there.
      for (const line of (await world.read(world.base.tree)).keys())
        if (merged.every(({ lines }) => lines.has(line)) && !final.has(line) && !named.has(line))
          lost.push(line);
      assert.deepEqual(lost, []);
      assert.ok(kinds.size > 0, 'they met at least once');
      const told = world.arbitration.report().totals['collisions']!;
      assert.ok(told > 0, 'and it was forecast');
      await world.arbitration.stop(ctx);
    });
});

interface World {
  readonly opened: Opened;
  readonly base: Commit;
  readonly arbitration: Arbitration;
  /** The worktree trees are proven and read in. */
  readonly proving: string;
  /** Every line of the texts of a tree, with the file it is in. */
  read(tree: string): Promise<Map<string, string>>;
}

async function begin(): Promise<World> {
  const files = Object.fromEntries(
    Array.from({ length: 8 }, (_, file) => [`data/f${file}.txt`, textOf(file)]),
  );
  const opened = await open(
    makeRepository({ ...files, 'check.mjs': check, 'logo.bin': Buffer.from([0, 255]) }),
  );
  const { repository } = opened;
  const base = await repository.snapshot(ctx, 'refs/symphony/base', 'base');
  const proving = opened.worktree('proving');
  await repository.ensureWorktree(ctx, proving, base.commit);
  const arbitration = createArbitration({
    ...{ clock: systemClock, random: systemRandom, ids: systemIds, log: silentLog },
    file: path.join(freshFolder(), 'arbitration.db'),
  });
  await arbitration.start(ctx);
  const read = async (tree: string): Promise<Map<string, string>> => {
    await repository.restoreTree(ctx, proving, tree);
    return linesIn(proving);
  };
  return { opened, base, arbitration, proving, read };
}

function linesIn(folder: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const name of readdirSync(path.join(folder, 'data')))
    for (const line of readFileSync(path.join(folder, 'data', name), 'utf8').split('\n'))
      lines.set(line, `data/${name}`);
  return lines;
}

interface Agent {
  readonly id: string;
  readonly commit: Commit;
  readonly lines: ReadonlyMap<string, string>;
  readonly isBad: boolean;
}

/** One scripted agent: a few random changes in its own worktree, looked at after each. */
async function work(
  { opened, base, arbitration }: World,
  index: number,
  random: () => number,
): Promise<Agent> {
  const { repository } = opened;
  const id = `agent ${index}`;
  const folder = opened.worktree(`agent-${index}`);
  const grant = await arbitration.acquire(ctx, {
    ...{ holder: `run/${id}`, requester: 'run', label: id },
    wants: [{ kind: 'lock', name: `worktree/run/${index}`, mode: 'exclusive' }],
  });
  await repository.ensureWorktree(ctx, folder, base.commit);
  const at = (name: string): string => path.join(folder, name);
  const one = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  let count = 0;
  let isBad = false;
  for (let turn = 0; turn < 3; turn++) {
    const texts = readdirSync(at('data'));
    const file = `data/${one(texts)}`;
    const edit = (change: (lines: string[], place: number) => void): void => {
      const lines = readFileSync(at(file), 'utf8').split('\n');
      change(lines, 1 + Math.floor(random() * (lines.length - 2)));
      writeFileSync(at(file), lines.join('\n'));
    };
    const mine = (): string => `${id} line ${++count}`;
    const chance = random();
    if (chance < 0.35) edit((lines, place) => lines.splice(place, 0, mine()));
    else if (chance < 0.6) edit((lines, place) => (lines[place] = mine()));
    else if (chance < 0.66) edit((lines, place) => lines.splice(place, 3));
    else if (chance < 0.76) {
      const to = at(`data/g${Math.floor(random() * 4)}.txt`);
      if (!existsSync(to)) renameSync(at(file), to);
    } else if (chance < 0.8) rmSync(at(file));
    else if (chance < 0.86) writeFileSync(at('logo.bin'), Buffer.from([0, index]));
    else if (chance < 0.9) {
      rmSync(at('link'), { force: true });
      symlinkSync(`data/f${index}.txt`, at('link'));
    } else if (chance < 0.97) {
      const name = one(['new', 'New', 'other']);
      writeFileSync(at(`data/${name}.txt`), `# data\n${mine()}\n${mine()}\n`);
    } else {
      edit((lines, place) => lines.splice(place, 0, `${mine()} BAD`));
      isBad = true;
    }
    const tree = await repository.writeTree(ctx, folder);
    const observed = await repository.changes(ctx, base.tree, tree);
    arbitration.writes.observe('run', { id, declared: [], observed });
  }
  const commit = await repository.commit(ctx, await repository.writeTree(ctx, folder), [base.commit], id, 0);
  await grant.release();
  assert.ok(lstatSync(folder).isDirectory());
  return { id, commit, lines: linesIn(folder), isBad };
}
