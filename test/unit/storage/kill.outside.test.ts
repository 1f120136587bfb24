import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { silentLog } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { openBlobs, openJournal } from '../../../server/storage';
import { temporaryFolder } from './support';

const folder = temporaryFolder();
const writer = path.join(__dirname, 'writer.ts');

/** Runs the writer and kills it `ms` after its first acknowledged append; gives what it acknowledged. */
function killedAfter(ms: number): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const args = ['--import', 'tsx', writer, folder.at('journal.db'), folder.at('blobs')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), ms);
      said += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (_, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`the writer ended by itself: ${said.slice(-200)}`));
      resolve(said.split('\n').slice(0, -1));
    });
  });
}

describe('a journal whose process is killed', () => {
  it('has everything it acknowledged, ten times over', async () => {
    // Spread over the life of a writer by a fixed rule: 3, 40, 77 … milliseconds.
    for (let round = 0; round < 10; round++) {
      const acknowledged = await killedAfter(3 + ((round * 37) % 100));
      assert.ok(acknowledged.length > 0);
      const journal = await openJournal({
        file: folder.at('journal.db'),
        clock: systemClock,
        log: silentLog,
      });
      assert.equal(journal.recovered, undefined);
      const blobs = await openBlobs({ folder: folder.at('blobs'), log: silentLog });
      for (const line of acknowledged) {
        const [run, seq, hash] = line.split(' ') as [string, string, string];
        const event = journal.read(run)[Number(seq) - 1]?.event;
        assert.deepEqual(event, { type: 'RunCancelRequested', reason: hash }, `round ${round}: ${line}`);
        assert.ok(await blobs.get(hash), `round ${round}: ${line}`);
      }
      for (const run of journal.runs()) assert.equal(journal.read(run).length % 2, 0, 'no half append');
      await journal.close();
    }
  }).timeout(60_000);
});
