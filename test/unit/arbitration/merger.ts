/** A process of its own that merges changes one after the other under a lock, and tells each merge once it is durable. */
import path from 'node:path';
import { createArbitration, mergeInTurn, MergeQueue } from '../../../server/arbitration';
import { silentLog } from '../../../server/base';
import { systemClock, systemIds, systemRandom } from '../../../server/base/node';
import type { Commit } from '../../../server/git';
import { conflictIn } from '../../../server/runs/conflict';
import { ctx, open } from '../git/fixture';

async function merge(
  top: string,
  home: string,
  name: string,
  base: string,
  commits: readonly string[],
): Promise<void> {
  const { repository } = await open(top, home);
  const arbitration = createArbitration({
    ...{ clock: systemClock, random: systemRandom, ids: systemIds, log: silentLog },
    file: path.join(home, 'arbitration.db'),
  });
  await arbitration.start(ctx);
  console.log('begun');
  const grant = await arbitration.acquire(ctx, {
    ...{ holder: `${name}/merge`, requester: name, label: 'Merge' },
    wants: [{ kind: 'lock', name: `integration/${name}`, mode: 'exclusive' }],
  });
  const asCommit = async (commit: string): Promise<Commit> => ({
    commit,
    tree: await repository.treeOf(ctx, commit),
  });
  const refOf = (id: string): string => `refs/symphony/${name}/${id}`;
  let tip = await asCommit(base);
  const todo: string[] = [];
  for (const id of commits.keys()) {
    const done = await repository.readRef(ctx, refOf(String(id)));
    if (done === null) todo.push(String(id));
    else tip = await asCommit(done);
  }
  const changes = todo.map((id) => ({ id, base, commit: commits[Number(id)]! }));
  const outcome = await mergeInTurn(new MergeQueue<Commit>(tip, changes, { batch: 1, isProven: true }), {
    merge: async (ours, { id, commit }) => {
      const theirs = await asCommit(commit);
      const result = await repository.merge(ctx, base, ours.commit, commit);
      const conflict = await conflictIn(ctx, repository, { base, ours, theirs }, result);
      const tree =
        conflict === undefined
          ? result.tree
          : await repository.takePaths(ctx, result.tree, ours.tree, conflict.take);
      const made = await repository.commit(ctx, tree, [ours.commit, commit], `merge ${id}`, 0, refOf(id));
      console.log(`merged ${id} ${made.commit}`);
      return { tip: made };
    },
    prove: () => Promise.resolve(true),
  });
  await grant.release();
  await arbitration.stop(ctx);
  console.log(`done ${outcome.tip.commit}`);
}

const [top, home, name, base, ...commits] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  ...string[],
];
void merge(top, home, name, base, commits);
