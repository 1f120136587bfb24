import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunEvent } from '../../../schemas';
import { createArtifacts, type Artifact, type ArtifactStore } from '../../../server/artifacts';
import { silentLog, type Json, type ProblemError } from '../../../server/base';
import { sha256, systemClock, systemIds } from '../../../server/base/node';
import { blobsOf, RunArtifacts, runHolder } from '../../../server/runs/artifacts';
import { exportToFile, importFromFile } from '../../../server/runs/transfer';
import { exportRun, openJournal, type StoredJournal } from '../../../server/storage';
import { createdWith, workflowOf } from '../engine/support';
import { facts } from './story';

const ctx = { signal: new AbortController().signal, log: silentLog };
const text = (words: string) => new TextEncoder().encode(words);

interface Home {
  readonly journal: StoredJournal;
  readonly store: ArtifactStore;
  readonly naming: RunArtifacts;
}

describe('artifacts of runs', () => {
  let folder: string;
  const homes: Home[] = [];
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'symphony-run-artifacts-'))));
  afterEach(async () => {
    for (const { journal, store, naming } of homes.splice(0)) {
      naming.dispose();
      await store.stop(ctx);
      await journal.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function home(name: string): Promise<Home> {
    const at = (file: string) => path.join(folder, name, file);
    mkdirSync(path.join(folder, name), { recursive: true });
    const journal = await openJournal({ file: at('journal.db'), clock: systemClock, log: silentLog });
    const store = createArtifacts({
      ...{ folder: at('artifacts'), file: at('artifacts.db') },
      ...{ clock: systemClock, ids: systemIds, log: silentLog },
    });
    await store.start(ctx);
    const made = { journal, store, naming: new RunArtifacts(ctx, store, journal) };
    homes.push(made);
    return made;
  }

  /** The events of a main job in small: an agent, its verification, an offer. */
  async function eventsOf({ store }: Home, run: string): Promise<RunEvent[]> {
    const blobs = blobsOf({ artifacts: store } as never, run);
    const [baseline, proposal] = [await blobs.put(text('old')), await blobs.put(text('new zebra'))];
    const reply = await blobs.put(text('{"text":"I am done"}'));
    const changeset = {
      ...{ changeset: `changes-${run}`, run, title: 'T', createdAt: 1, groups: [] },
      files: [
        {
          ...{ path: 'src/a.ts', from: null, change: 'modified', baseline, proposal },
          ...{ baselineMode: '100644', proposalMode: '100644', binary: false, added: 1, removed: 1 },
          ...{ plans: ['01-01'], decision: 'undecided' },
        },
      ],
    };
    const blob = await blobs.put(text(JSON.stringify(changeset)));
    const evidence = [{ command: 'npm test', exitCode: 0, milliseconds: 5, tree: 't', output: 'ok 1' }];
    const offer = { changeset: `changes-${run}`, blob, files: 1, commit: 'c', tree: 't' };
    const done = (node: string, steps: Json[], output: Json): RunEvent[] => [
      { type: 'NodeStarted', node, attempt: 1 },
      ...steps.map((outcome, at): RunEvent => ({
        type: 'StepRecorded',
        node,
        attempt: 1,
        key: `k${at}`,
        outcome: outcome as never,
      })),
      { type: 'NodeCompleted', node, attempt: 1, output: output as never },
    ];
    return [
      {
        ...createdWith(
          workflowOf({ 'agent:01-01': '', plain: '', 'verify:01-01': 'agent:01-01', offer: 'verify:01-01' }),
        ),
        facts: facts as never,
      } as RunEvent,
      ...done('agent:01-01', [{ blob: reply }, 'told'], { summary: 'Made it' }),
      ...done('plain', [], 1),
      ...done('verify:01-01', [evidence[0]!], { evidence }),
      ...done('offer', ['made'], offer),
      { type: 'RunCompleted' },
    ];
  }

  async function record(at: Home, run: string): Promise<void> {
    const events = await eventsOf(at, run);
    at.naming.take(run, await at.journal.append(run, 0, events));
    await at.naming.settled();
  }

  const told = (artifacts: readonly Artifact[]) =>
    artifacts.map(({ name, type, version }) => `${name} ${type} ${version}`).sort();

  const expected = [
    'changeset.json changeset 1',
    'nodes/agent:01-01/outcome.json outcome 1',
    'nodes/agent:01-01/transcript.json transcript 1',
    'nodes/offer/outcome.json outcome 1',
    'nodes/offer/transcript.json transcript 1',
    'nodes/verify:01-01/outcome.json outcome 1',
    'nodes/verify:01-01/transcript.json transcript 1',
    'nodes/verify:01-01/verify.txt text 1',
    'run.json run 1',
    'src/a.ts code 1',
    'workflow.json workflow 1',
  ];

  it('get names, types, tags and what they were made from', async () => {
    const at = await home('one');
    await record(at, 'run-1');
    assert.deepEqual(told(at.store.ofRun('run-1')), expected);
    const [file] = at.store.versions('run-1', 'src/a.ts');
    assert.deepEqual(file?.tags, ['proposal', 'plan:01-01']);
    assert.deepEqual(file?.inputs, [sha256('old')]);
    await at.store.indexed();
    const found = await at.store.search(ctx, { text: 'zebra', run: 'run-1' });
    assert.deepEqual(
      found.hits.map(({ artifact }) => artifact.name),
      ['src/a.ts'],
    );
    for (const words of ['old', 'new zebra', '{"text":"I am done"}'])
      assert.ok(at.store.heldBy(runHolder('run-1')).includes(sha256(words)), words);
  });

  it('are named at the next start where a crash came between, and never twice', async () => {
    const at = await home('one');
    await at.journal.append('run-1', 0, await eventsOf(at, 'run-1'));
    for (let round = 0; round < 3; round++) {
      const naming = new RunArtifacts(ctx, at.store, at.journal);
      naming.recover();
      await naming.settled();
      assert.deepEqual(told(at.store.ofRun('run-1')), expected);
      const last = at.store.versions('run-1', 'run.json')[0]!;
      await at.store.drop(ctx, [last.id], 'as if the end had not been reached');
    }
  });

  it('are all named when the store was away for a while', async () => {
    const at = await home('one');
    const events = await at.journal.append('run-1', 0, await eventsOf(at, 'run-1'));
    await at.store.stop(ctx);
    at.naming.take('run-1', events.slice(0, 4));
    await at.naming.settled();
    await at.store.start(ctx);
    at.naming.take('run-1', events.slice(4));
    await at.naming.settled();
    assert.deepEqual(told(at.store.ofRun('run-1')), expected);
  });

  it('go to another home with their run, with ids, versions, tags and search', async () => {
    const from = await home('from');
    await record(from, 'run-1');
    const file = path.join(folder, 'run.symphony');
    await exportToFile(ctx, from.journal, from.store.blobs, 'run-1', file, from.store);
    const to = await home('to');
    for (let round = 0; round < 2; round++) {
      const { isNew } = await importFromFile(ctx, to.journal, to.store.blobs, file, to.store);
      assert.equal(isNew, round === 0);
      to.naming.recover();
      await to.naming.settled();
      const plain = (at: Home) => at.store.ofRun('run-1').map(({ quality: _, ...one }) => one);
      assert.deepEqual(plain(to), plain(from));
    }
    assert.deepEqual(
      to.journal.read('run-1').map(({ event }) => event),
      from.journal.read('run-1').map(({ event }) => event),
    );
    assert.deepEqual(
      to.store.heldBy(runHolder('run-1')).length >= from.store.heldBy(runHolder('run-1')).length,
      true,
    );
    for (const { hash } of from.store.ofRun('run-1'))
      assert.deepEqual(await to.store.get(hash), await from.store.get(hash));
    await Promise.all([from.store.indexed(), to.store.indexed()]);
    const search = async (at: Home, words: string) =>
      (await at.store.search(ctx, { text: words })).hits.map(({ artifact, highlights }) => [
        artifact.id,
        highlights,
      ]);
    for (const words of ['zebra', 'proposal', 'npm test', 'summary', '"I am done"'])
      assert.deepEqual(await search(to, words), await search(from, words), words);
    assert.deepEqual(to.store.lineage(sha256('old')).down.length, 2, 'the proposal and the changeset');
    assert.deepEqual(await to.store.check(ctx), []);
  });

  it('are refused with nothing recorded where a file tells of them what cannot be', async () => {
    const from = await home('from');
    await record(from, 'run-1');
    const whole = from.store.closure('run-1');
    const to = await home('to');
    const check = async (code: string, change: object) => {
      const file = path.join(folder, `bad-${++count}.symphony`);
      const artifacts = [...whole.artifacts.slice(1), { ...whole.artifacts[0]!, ...change }];
      const bytes: Uint8Array[] = [];
      for await (const chunk of exportRun(ctx, from.journal, from.store.blobs, 'run-1', {
        ...whole,
        artifacts,
      }))
        bytes.push(chunk);
      writeFileSync(file, Buffer.concat(bytes));
      await assert.rejects(
        importFromFile(ctx, to.journal, to.store.blobs, file, to.store),
        (thrown: ProblemError) => thrown.problem.code === code,
        JSON.stringify(change),
      );
      assert.deepEqual([to.journal.runs(), to.store.ofRun('run-1')], [[], []]);
    };
    let count = 0;
    for (const change of [
      { name: 'a\u202eb' },
      { id: '../x' },
      { version: 0 },
      { tags: 'x' },
      { createdAt: -1 },
      { hash: 'x' },
    ])
      await check('artifact.invalid', change);
    await check('runFile.damaged', { hash: 'f'.repeat(64) });
    await check('runFile.damaged', { run: 'run-2' });
  });
});
