import { strict as assert } from 'node:assert';
import { existsSync, statSync, truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { RunEvent } from '../../../schemas/journal/events';
import { silentLog, type Log } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { nodeJournalFiles, openJournal, type JournalFiles } from '../../../server/storage';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();
const file = () => folder.at('journal.db');
const open = (files: Partial<JournalFiles> = {}, log: Log = silentLog) =>
  openJournal({ file: file(), clock: systemClock, log, files: { ...nodeJournalFiles, ...files } });
const paused: RunEvent = { type: 'RunPaused' };
const system = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};

/** A log that keeps its warnings. */
function listeningLog(): Log & { readonly warnings: string[] } {
  const warnings: string[] = [];
  return { ...silentLog, warnings, warn: (message) => void warnings.push(message) };
}

describe('the files beside a journal', () => {
  it('are asked for in a folder that cannot be written, which is told', async () => {
    await problemFrom('data.diskFull', () => open({ rename: system('ENOSPC') }));
    await problemFrom('data.failing', () => open({ syncFolder: async () => system('EIO')() }));
    for (const code of ['EACCES', 'EROFS', 'EPERM'])
      assert.equal(
        (await problemFrom('data.readOnly', () => open({ openSmall: system(code) }))).args['path'],
        file(),
      );
  });

  it('do not keep it from acknowledging what is durable', async () => {
    const log = listeningLog();
    const openSmall: JournalFiles['openSmall'] = (name) => ({
      ...nodeJournalFiles.openSmall(name),
      write: system('ENOSPC'),
    });
    const journal = await open({ openSmall }, log);
    await journal.append('run', 0, [paused]);
    await journal.append('run', 1, [paused]);
    assert.deepEqual(log.warnings, ['the witness of the journal cannot be written'], 'it is said once');
    await journal.close();
    const again = await open();
    assert.deepEqual([again.position(), again.recovered], [2, undefined]);
    await again.close();
  });

  it('are private', async () => {
    await (await open()).close();
    if (process.platform === 'win32') return;
    assert.equal(statSync(`${file()}-seen`).mode & 0o777, 0o600);
  });

  it('refuse a lost end that cannot be copied, as often as it is tried', async () => {
    const journal = await open();
    await journal.append('run', 0, [paused]);
    const other = nodeJournalFiles.openSmall(`${file()}-seen`);
    await journal.append('run', 1, [paused, paused]);
    const ahead = Buffer.from(other.read(100));
    await journal.close();
    // The journal is put back to what it was before the second append.
    const database = new DatabaseSync(file());
    database.exec('DELETE FROM batches WHERE last > 1; UPDATE lease SET last = 1');
    database.close();
    other.write(ahead);
    other.close();
    for (let i = 0; i < 2; i++) {
      const { args } = await problemFrom('data.corrupt', () => open({ copy: system('ENOSPC') }));
      assert.match(String(args['detail']), /its last 2 events are missing/);
    }
    const recovered = await open();
    assert.deepEqual(
      [recovered.recovered?.code, recovered.recovered?.args['lost'], recovered.position()],
      ['data.tailLost', 2, 1],
    );
    assert.ok(existsSync(String(recovered.recovered?.args['backup'])));
    await recovered.append('run', 1, [paused]);
    await recovered.close();
  });

  it('may have forgotten, as after a loss of power', async () => {
    const journal = await open();
    await journal.append('run', 0, [paused]);
    await journal.close();
    const log = listeningLog();
    for (const damage of [() => truncateSync(`${file()}-seen`, 0), () => truncateSync(`${file()}-seen`, 9)]) {
      damage();
      const again = await open({}, log);
      assert.deepEqual([again.position(), again.recovered], [1, undefined]);
      await again.close();
    }
    assert.equal(log.warnings.length, 1, 'what cannot be read is said');
  });
});
