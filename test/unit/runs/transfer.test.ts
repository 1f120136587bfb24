import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunEvent } from '../../../schemas';
import { ProblemError, silentLog, type Json } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { foldAll, type Blobs } from '../../../server/engine';
import { auditEntry } from '../../../server/runs/audit';
import { exportToFile, importFromFile } from '../../../server/runs/transfer';
import { openBlobs, openJournal, type StoredJournal } from '../../../server/storage';
import { createdWith, workflowOf } from '../engine/support';
import { facts } from './story';

const ctx = { signal: new AbortController().signal, log: silentLog };

describe('a run in a file', () => {
  let folder: string;
  let from: { journal: StoredJournal; blobs: Blobs };
  let to: { journal: StoredJournal; blobs: Blobs };
  let blob: string;
  const at = (name: string) => path.join(folder, name);

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'symphony-transfer-'));
    from = await home('from');
    to = await home('to');
    blob = await from.blobs.put(new TextEncoder().encode('large'));
    const created = {
      ...createdWith(workflowOf({ a: '', b: 'a' })),
      facts: facts as unknown as Record<string, Json>,
    };
    await record('done', created as RunEvent, ...done('a', { blob }), ...done('b', 1), {
      type: 'RunCompleted',
    });
    await record('going', created as RunEvent, ...done('a', 0), {
      type: 'NodeStarted',
      node: 'b',
      attempt: 1,
    });
  });
  afterEach(async () => {
    await from.journal.close();
    await to.journal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function home(name: string) {
    await mkdir(at(name));
    const journal = await openJournal({ file: at(`${name}/journal.db`), clock: systemClock, log: silentLog });
    return { journal, blobs: await openBlobs({ folder: at(`${name}/blobs`), log: silentLog }) };
  }
  const record = (run: string, ...events: RunEvent[]) => from.journal.append(run, 0, events);
  const done = (node: string, output: Json): RunEvent[] => [
    { type: 'NodeStarted', node, attempt: 1 },
    { type: 'NodeCompleted', node, attempt: 1, output: output as never },
  ];
  const take = async (name: string) => {
    const { run, events, isNew, wasPaused } = await importFromFile(ctx, to.journal, to.blobs, at(name));
    return { run, events, isNew, wasPaused };
  };
  const give = (run: string, name: string) => exportToFile(ctx, from.journal, from.blobs, run, at(name));
  const audit = (run: string) => JSON.stringify({ entries: from.journal.read(run).map(auditEntry) });

  async function refused(work: Promise<unknown>, code: string, part = ''): Promise<void> {
    await assert.rejects(work, (thrown) => {
      assert.ok(thrown instanceof ProblemError, String(thrown));
      assert.equal(thrown.problem.code, code);
      assert.ok(JSON.stringify(thrown.problem.args).includes(part), JSON.stringify(thrown.problem));
      return true;
    });
  }

  it('goes to another home whole, and only its owner can read the file', async () => {
    assert.equal(await give('done', 'run.symphony'), statSync(at('run.symphony')).size);
    assert.equal(statSync(at('run.symphony')).mode & 0o777, 0o600);
    assert.deepEqual(await take('run.symphony'), { run: 'done', events: 6, isNew: true, wasPaused: false });
    assert.equal(foldAll(to.journal.read('done'))!.state, 'completed');
    assert.ok(await to.blobs.has(blob));
    assert.deepEqual(await take('run.symphony'), { run: 'done', events: 6, isNew: false, wasPaused: false });
  });

  it('goes to another home as the JSON of its audit, too', async () => {
    writeFileSync(at('audit.json'), audit('done'));
    assert.deepEqual(await take('audit.json'), { run: 'done', events: 6, isNew: true, wasPaused: false });
    const bare = (journal: StoredJournal) =>
      journal.read('done').map(({ seq, at: when, event }) => [seq, when, event]);
    assert.deepEqual(bare(to.journal), bare(from.journal));
    assert.equal((await take('audit.json')).isNew, false);
  });

  it('is paused where it had not ended', async () => {
    await give('going', 'run.symphony');
    assert.equal((await take('run.symphony')).wasPaused, true);
    assert.equal(foldAll(to.journal.read('going'))!.state, 'paused');
  });

  it('never takes the place of another file', async () => {
    writeFileSync(at('mine'), 'precious');
    await refused(give('done', 'mine'), 'runFile.exists', 'mine');
    assert.equal(readFileSync(at('mine'), 'utf8'), 'precious');
    await refused(give('done', 'no/such/folder'), 'runFile.unwritable', 'no/such');
    await refused(exportToFile(ctx, from.journal, from.blobs, 'done', 'x'), 'runFile.relative', 'x');
    await refused(importFromFile(ctx, to.journal, to.blobs, '../x'), 'runFile.relative', 'x');
  });

  it('leaves no part of a file behind when the export fails', async () => {
    await from.journal.append('broken', 0, [
      createdWith(workflowOf({ a: '' })),
      { type: 'NodeStarted', node: 'a', attempt: 1 },
      { type: 'NodeCompleted', node: 'a', attempt: 1, output: { blob: 'a'.repeat(64) } },
    ]);
    await refused(give('broken', 'part'), 'runFile.blobMissing');
    assert.equal(existsSync(at('part')), false);
  });

  it('is refused with nothing recorded when it is not what it should be', async () => {
    const entries = (JSON.parse(audit('done')) as { entries: Record<string, unknown>[] }).entries;
    const check = async (name: string, text: string | Uint8Array, code: string, part = '') => {
      writeFileSync(at(name), text);
      await refused(take(name), code, part);
    };
    await check('empty', '', 'runFile.damaged');
    await check('json', '{"x":1}', 'runFile.damaged', 'entries');
    await check('cut', audit('done').slice(0, -20), 'runFile.damaged');
    await check('gap', JSON.stringify({ entries: entries.toSpliced(2, 1) }), 'runFile.damaged', 'entry 3');
    await check(
      'order',
      JSON.stringify({ entries: [entries[0], { ...entries[2], seq: 2 }] }),
      'runFile.damaged',
      'follow',
    );
    const other = { ...(entries[0]!['event'] as object), facts: {} };
    await check('facts', JSON.stringify({ entries: [{ ...entries[0], event: other }] }), 'runFile.damaged');
    await refused(take('to'), 'runFile.unreadable', 'no file');
    await refused(take('nowhere'), 'runFile.unreadable', 'nowhere');
    assert.deepEqual(to.journal.runs(), []);
    await to.journal.append('done', 0, [createdWith(workflowOf({ z: '' }))]);
    await give('done', 'good');
    await refused(take('good'), 'runFile.taken', 'done');
    await check('audit', audit('done'), 'runFile.taken', 'done');
  });
});
