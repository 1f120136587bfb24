import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { silentLog } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { foldAll } from '../../../server/engine';
import { openJournal } from '../../../server/storage';
import { temporaryFolder } from './support';

const folder = temporaryFolder();
const notes = (): string[] =>
  existsSync(folder.at('notes')) ? readFileSync(folder.at('notes'), 'utf8').trimEnd().split('\n') : [];

/** One life of the runner: killed `ms` after it began, or left to end by itself. */
function live(ms: number | undefined): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const runner = path.join(__dirname, 'runner.ts');
    const args = ['--import', 'tsx', runner, folder.at('journal.db'), folder.at('notes')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => {
      if (ms !== undefined) setTimeout(() => child.kill('SIGKILL'), ms);
    });
    child.once('error', reject);
    child.once('close', resolve);
  });
}

async function events() {
  const journal = await openJournal({ file: folder.at('journal.db'), clock: systemClock, log: silentLog });
  const all = journal.runs().flatMap((run) => journal.read(run));
  await journal.close();
  return all;
}

describe('a run whose process is killed', () => {
  it('goes on at the exact step and does no recorded step again', async () => {
    const kills = [2, 12, 25, 40, 8, 55, 18];
    for (const ms of kills) {
      await live(ms);
      const recorded = (await events()).flatMap(({ event }) =>
        event.type === 'StepRecorded' ? [`${event.node} ${event.key.slice(5)}`] : [],
      );
      assert.equal(new Set(recorded).size, recorded.length, 'each step is recorded once');
      const done = notes();
      for (const step of recorded) assert.ok(done.includes(step), step);
      // What is recorded now is noted as often at the end as it is now.
      counts.push(new Map(recorded.map((step) => [step, done.filter((one) => one === step).length])));
    }
    assert.equal(await live(undefined), 0);
    const final = notes();
    for (const [life, count] of counts.entries())
      for (const [step, times] of count)
        assert.equal(final.filter((one) => one === step).length, times, `${step}, recorded in life ${life}`);
    const run = foldAll(await events())!;
    assert.equal(run.state, 'completed');
    for (const node of run.nodes.values())
      assert.deepEqual([node.attempt, node.output], [1, [0, 10, 20, 30, 40, 50]]);
    // At most the two nodes at work lose the step they were in at each kill.
    assert.ok(final.length <= 30 + 2 * kills.length, `${final.length} pieces of work`);
  }).timeout(60_000);

  const counts: ReadonlyMap<string, number>[] = [];
});
