/** A process of its own that appends until it is killed, and prints what was acknowledged. */
import { writeSync } from 'node:fs';
import { silentLog } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { openBlobs, openJournal } from '../../../server/storage';

async function write(file: string, folder: string): Promise<void> {
  const journal = await openJournal({ file, clock: systemClock, log: silentLog });
  const blobs = await openBlobs({ folder, log: silentLog });
  await Promise.all(['r', 's', 't'].map((run) => writeRun(run)));

  async function writeRun(run: string): Promise<void> {
    for (let seq = journal.read(run).length; ; seq += 2) {
      const hash = await blobs.put(Buffer.from(`${run} ${seq} `.repeat(50)));
      await journal.append(run, seq, [{ type: 'RunPaused' }, { type: 'RunCancelRequested', reason: hash }]);
      // Synchronous, so that nothing acknowledged is lost in a buffer of this process.
      writeSync(1, `${run} ${seq + 2} ${hash}\n`);
    }
  }
}

void write(process.argv[2]!, process.argv[3]!);
