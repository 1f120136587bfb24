/**
 * A process of its own that edits a planning tree. `kill` ends it between journal and rename, `hold` takes
 * the lock and keeps it, `many` ticks twenty times.
 */
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { silentLog, type Log } from '../../../server/base';
import { sha256, systemClock, systemRandom } from '../../../server/base/node';
import { openPlanningWriter } from '../../../server/storage';

const [mode, root, undoFolder] = process.argv.slice(2) as [string, string, string];
const state = '.planning/STATE.md';
const ctx = { signal: new AbortController().signal, log: silentLog };

/** Ends the process at the moment an edit has been journaled. */
const deadly: Log = { ...silentLog, debug: () => process.kill(process.pid, 'SIGKILL') };

async function edit(log: Log, text: string): Promise<void> {
  const writer = await openPlanningWriter({
    root,
    undoFolder,
    log,
    clock: systemClock,
    random: systemRandom,
  });
  const bytes = readFileSync(path.join(root, state));
  const { length } = bytes.toString('utf8');
  const splices = [{ start: length, end: length, text }];
  await writer.edit(ctx, state, sha256(bytes), splices, { text: 'append' });
}

async function many(): Promise<void> {
  for (let made = 0; made < 20;) {
    try {
      await edit(silentLog, `${process.pid}\n`);
      made += 1;
    } catch (thrown) {
      if (!String(thrown).includes('planning.changedMeanwhile')) throw thrown;
    }
  }
}

if (mode === 'kill') void edit(deadly, 'never\n');
else if (mode === 'many') void many();
else if (mode === 'hold') {
  writeFileSync(path.join(root, '.planning/.lock'), JSON.stringify({ pid: process.pid, cwd: root }), {
    flag: 'wx',
  });
  writeSync(1, 'held\n');
  setInterval(() => undefined, 1000);
}
