/** A process of its own that fires a trigger again and again until it is killed; its “runs” are lines of a file. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Emitter, silentLog } from '../../server/base';
import { systemClock, systemIds, systemRandom } from '../../server/base/node';
import { openFirings } from '../../server/storage';
import { createTriggers, type MelodyFile, type RunEnd, type StartRequest } from '../../server/triggers';

const file: MelodyFile = {
  path: 'a.melody.json',
  hash: 'h',
  melody: { triggers: [{ on: 'manual', id: 'm' }] },
};

async function run(database: string, notes: string, mode: string): Promise<void> {
  const ctx = { signal: new AbortController().signal, log: silentLog };
  const begun = () => (existsSync(notes) ? readFileSync(notes, 'utf8').split('\n') : []);
  const nothing = () => Promise.resolve({ dispose: () => undefined });
  const firings = await openFirings({ file: database, log: silentLog });
  const triggers = await createTriggers({
    clock: systemClock,
    random: systemRandom,
    ids: systemIds,
    log: silentLog,
    firings,
    melodies: () => Promise.resolve([file]),
    melody: () => Promise.resolve(file),
    start: async (_ctx, { key }: StartRequest) => {
      await pause(systemRandom.next() * 4);
      if (!begun().includes(key)) appendFileSync(notes, `${key}\n`);
      await pause(systemRandom.next() * 4);
      return key;
    },
    runOf: (key) => Promise.resolve(begun().includes(key) ? key : undefined),
    onRunEnded: new Emitter<RunEnd>().event,
    trusted: () => true,
    watchFiles: nothing,
    watchGit: nothing,
    hashOf: () => Promise.resolve(null),
  });
  console.log('begun');
  while (mode === 'fire') await triggers.fire(ctx, file.path, 'm');
  await triggers.settled();
  triggers.dispose();
  firings.close();
}

void run(process.argv[2]!, process.argv[3]!, process.argv[4]!);
