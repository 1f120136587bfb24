/** Hunk by hunk over the wire: keeping, undoing, a sidecar killed in between, talking back. */
import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { call, completes, eventually, finish, isAlive, modelAt, startModel, World } from './badInputWorld';
import type { Said } from '../../unit/llm/servers';
import type { WireClient } from './client';

const ask = { path: 'a.txt', instruction: 'Change it.' };
const lines = (...changed: Record<number, string>[]): string => {
  const over = Object.assign({}, ...changed) as Record<number, string>;
  return Array.from({ length: 20 }, (_, i) => `${over[i] ?? `line ${i}`}\r\n`).join('');
};

describe('review hunk by hunk', function () {
  this.timeout(90_000);
  let world: World;
  const closing: (() => Promise<void>)[] = [];

  before(() => (world = new World()));
  after(async () => {
    await world.end();
    for (const close of closing) await close();
  });

  async function propose(files: Record<string, string>, script: Record<string, readonly Said[]>) {
    const root = world.repository(files);
    const model = await startModel(script);
    closing.push(() => model.close());
    const settings = { root, ...modelAt(model) };
    const client = await world.open(settings);
    const { run } = await client.ask('runAsk', ask);
    await completes(client, run);
    return { root, client, settings, changeset: await newest(client), model };
  }

  it('keeps one hunk, lets the person type, undoes, and is as decided after a restart', async () => {
    const first = { 2: 'agent 2' };
    const second = { 12: 'agent 12' };
    const { root, client, settings, changeset } = await propose(
      { 'a.txt': lines() },
      {
        ask: [sed('s/^line 2.$/agent 2/; s/^line 12/agent 12/'), finish()],
      },
    );
    const file = path.join(root, 'a.txt');
    const [one, two] = await unitsOf(client, changeset);
    assert.deepEqual(
      [one!.before, two!.before],
      [
        { start: 2, end: 3 },
        { start: 12, end: 13 },
      ],
    );
    const params = { changeset, decision: 'keep' as const, buffers: [] };
    const kept = await client.ask('reviewDecideUnits', {
      ...params,
      units: [{ path: 'a.txt', unit: one!.unit }],
    });
    assert.equal(kept.files[0]!.result, 'written');
    assert.equal(readFileSync(file, 'latin1'), lines(first), 'with the line ends of the file');
    const mine = { 7: 'mine' };
    writeFileSync(file, lines(first, mine));
    const more = await client.ask('reviewDecideUnits', {
      ...params,
      units: [{ path: 'a.txt', unit: two!.unit }],
    });
    assert.equal(more.files[0]!.result, 'merged');
    assert.equal(readFileSync(file, 'latin1'), lines(first, mine, second));

    process.kill(client.pid, 'SIGKILL');
    await eventually(() => !isAlive(client.pid), 'the sidecar is gone');
    world.forget(client);
    const again = await world.open(settings);
    const states = (await unitsOf(again, changeset)).map(({ state }) => state);
    assert.deepEqual(states, ['kept', 'kept']);
    const undone = await again.ask('reviewUndo', { changeset, op: kept.op!, buffers: [] });
    assert.equal(undone.files[0]!.result, 'merged');
    assert.equal(readFileSync(file, 'latin1'), lines(mine, second), 'only that change');
    writeFileSync(file, lines(mine, { 12: 'mine too' }));
    const conflict = await again.ask('reviewUndo', { changeset, op: more.op!, buffers: [] });
    assert.equal(conflict.files[0]!.result, 'conflict');
    assert.equal(conflict.files[0]!.problem?.code, 'review.overlap');
    const { yours } = conflict.files[0]!.conflict!;
    const { base64 } = await again.ask('reviewContent', { hash: yours });
    assert.equal(Buffer.from(base64, 'base64').toString('latin1'), lines(mine, { 12: 'mine too' }));
    assert.equal(readFileSync(file, 'latin1'), lines(mine, { 12: 'mine too' }), 'nothing is overwritten');
  });

  it('killed between decision and write: every file is as recorded, and the rest follows', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `f${i}.txt`);
    const files = Object.fromEntries(['a.txt', ...names].map((name) => [name, 'old\n']));
    const { root, client, settings, changeset } = await propose(files, {
      ask: [call('run_command', { command: 'for f in f*.txt; do echo new > $f; done' }), finish()],
    });
    void client.ask('reviewDecideUnits', { changeset, decision: 'keep', buffers: [] }).catch(() => undefined);
    await eventually(
      () => names.some((name) => readFileSync(path.join(root, name), 'utf8') === 'new\n'),
      'it writes',
    );
    process.kill(client.pid, 'SIGKILL');
    await eventually(() => !isAlive(client.pid), 'the sidecar is gone');
    world.forget(client);
    const again = await world.open(settings);
    const { files: shown } = await again.ask('reviewUnits', { changeset });
    for (const { path: name, units } of shown) {
      const content = readFileSync(path.join(root, name), 'utf8');
      assert.equal(content, units[0]!.state === 'kept' ? 'new\n' : 'old\n', name);
    }
    await again.ask('reviewDecideUnits', { changeset, decision: 'keep', buffers: [] });
    for (const name of names) assert.equal(readFileSync(path.join(root, name), 'utf8'), 'new\n');
    const { ops } = await again.ask('reviewHistory', { changeset });
    for (const { op } of ops) await again.ask('reviewUndo', { changeset, op, buffers: [] });
    for (const name of names) assert.equal(readFileSync(path.join(root, name), 'utf8'), 'old\n');
  });

  it('sends comments to the agent, and its answer is the next version with what was decided', async () => {
    const { root, client, changeset } = await propose(
      { 'a.txt': lines() },
      {
        ask: [sed('s/^line 2\\(.\\)$/agent 2\\1/; s/^line 12/agent 12/'), finish()],
        revision: [
          sed('s/^agent 12/better 12/'),
          call('finish', { summary: 'Comment 1: done – it is better now.' }),
        ],
      },
    );
    const [one] = await unitsOf(client, changeset);
    const units = [{ path: 'a.txt', unit: one!.unit }];
    await client.ask('reviewDecideUnits', { changeset, decision: 'keep', units, buffers: [] });
    const said = { path: 'a.txt', side: 'proposal' as const, line: 12, text: 'Make it better.' };
    const { thread } = await client.ask('reviewComment', { changeset, ...said });
    assert.equal(thread.lineText, 'agent 12');
    const { run } = await client.ask('reviewRevise', { changeset });
    await completes(client, run);
    const next = await newest(client);
    assert.notEqual(next, changeset);
    const states = (await unitsOf(client, next)).map(({ state }) => state);
    assert.deepEqual(states, ['kept', 'undecided']);
    const { former, files } = await client.ask('reviewInterdiff', { changeset: next });
    assert.equal(former, changeset);
    assert.deepEqual(
      files.map(({ path: name }) => name),
      ['a.txt'],
    );
    const { threads } = await client.ask('reviewThreads', { changeset: next });
    assert.equal(threads[0]!.state, 'resolved');
    assert.deepEqual(
      threads[0]!.comments.map(({ by }) => by),
      ['person', 'agent'],
    );
    const { changesets } = await client.ask('reviewList', { open: true });
    assert.deepEqual(
      changesets.map((set) => set.changeset),
      [next],
      'the former version is not open any more',
    );
    await client.ask('reviewDecideUnits', { changeset: next, decision: 'keep', buffers: [] });
    assert.equal(readFileSync(path.join(root, 'a.txt'), 'latin1'), lines({ 2: 'agent 2', 12: 'better 12' }));
    assert.deepEqual(await client.ask('reviewVerify', { changeset: next }), { commands: [] });
  });
});

const sed = (script: string): Said => call('run_command', { command: `sed -i '${script}' a.txt` });

async function newest(client: WireClient): Promise<string> {
  const { changesets } = await client.ask('reviewList', { open: true });
  return changesets[0]!.changeset;
}

async function unitsOf(client: WireClient, changeset: string) {
  const { files } = await client.ask('reviewUnits', { changeset, paths: ['a.txt'] });
  return files[0]!.units;
}
