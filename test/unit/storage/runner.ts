/** A process of its own that runs a workflow and notes every piece of work it does before doing it. */
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLog } from '../../../server/base';
import { systemClock, systemIds } from '../../../server/base/node';
import { Engine, type Performer } from '../../../server/engine';
import { openJournal } from '../../../server/storage';
import { workflowOf } from '../engine/support';

const perform =
  (notes: string): Performer =>
  async (ctx) => {
    const outcomes: number[] = [];
    for (let step = 0; step < 6; step++)
      outcomes.push(
        await ctx.step(`step ${step}`, async () => {
          appendFileSync(notes, `${ctx.node} ${step}\n`);
          await pause(5);
          return step * 10;
        }),
      );
    return outcomes;
  };

async function run(file: string, notes: string): Promise<void> {
  const journal = await openJournal({ file, clock: systemClock, log: silentLog });
  const engine = new Engine({
    journal,
    performers: new Map([['work', perform(notes)]]),
    clock: systemClock,
    ids: systemIds,
    epoch: systemIds.next('epoch'),
    log: silentLog,
  });
  console.log('begun');
  const nodes = { a: '', b: '', c: 'a', d: 'a b', e: 'c d' };
  if (journal.runs().length === 0)
    await engine.start({ title: '', kind: 'phase', workflow: workflowOf(nodes, { work: 2 }), facts: {} });
  else await engine.recover();
  while (engine.runs()[0]!.endedAt === null) await pause(5);
  await engine.stop();
  await journal.close();
}

void run(process.argv[2]!, process.argv[3]!);
