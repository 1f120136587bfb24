import { strict as assert } from 'node:assert';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { RunEvent } from '../../../schemas/journal/events';
import { silentLog, type Context } from '../../../server/base';
import { sha256, systemClock } from '../../../server/base/node';
import type { Blobs } from '../../../server/engine';
import { exportRun, importRun, openBlobs, openJournal, type StoredJournal } from '../../../server/storage';
import { createdWith, workflowOf } from '../engine/support';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();
const ctx: Context = { signal: new AbortController().signal, log: silentLog };

interface Home {
  readonly journal: StoredJournal;
  readonly blobs: Blobs;
}
const open: Home[] = [];
async function home(name: string): Promise<Home> {
  const journal = await openJournal({ file: folder.at(`${name}.db`), clock: systemClock, log: silentLog });
  const made = { journal, blobs: await openBlobs({ folder: folder.at(name), log: silentLog }) };
  open.push(made);
  return made;
}
afterEach(async () => {
  for (const { journal } of open.splice(0)) await journal.close();
});

const large = Buffer.alloc(2_500_000).map((_, i) => (i * i) % 253);
const proposal = Buffer.from('what the agents made');
const unnamed = Buffer.from('of another run');

/** A home with two runs, one of which names blobs: by itself, and through a blob of JSON. */
async function source(): Promise<Home & { readonly named: readonly string[] }> {
  const made = await home('source');
  const { journal, blobs } = made;
  const changeset = Buffer.from(
    JSON.stringify({ files: [{ proposal: { hash: await blobs.put(proposal) } }, { none: 'f'.repeat(64) }] }),
  );
  const named = [
    await blobs.put(large),
    await blobs.put(changeset),
    sha256(proposal),
    await blobs.put(Buffer.alloc(0)),
  ];
  await blobs.put(unnamed);
  const step: RunEvent = {
    type: 'StepRecorded',
    node: 'a',
    attempt: 1,
    key: 'k',
    outcome: { blob: named[0]! },
  };
  const output = { offer: { blob: named[1]! }, empty: [{ hash: named[3]! }], unknown: 'e'.repeat(64) };
  await journal.append('other', 0, [createdWith(workflowOf({ a: '' }))]);
  await journal.append('run', 0, [
    createdWith(workflowOf({ a: '' })),
    { type: 'NodeStarted', node: 'a', attempt: 1 },
  ]);
  await new Promise((resolve) => setTimeout(resolve, 3));
  await journal.append('run', 2, [step, { type: 'NodeCompleted', node: 'a', attempt: 1, output }]);
  await journal.append('run', 4, [{ type: 'RunCompleted' }]);
  return { ...made, named };
}

async function exported({ journal, blobs }: Home, run = 'run'): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportRun(ctx, journal, blobs, run)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Hands bytes over in small pieces, as a file or socket would. */
async function* pieces(bytes: Buffer, size = 1000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function taken({ journal, blobs }: Home, bytes: Buffer, limits = {}) {
  const { run, events, isNew } = await importRun(ctx, journal, blobs, pieces(bytes), limits);
  return { run, events, isNew };
}

describe('the file of a run', () => {
  it('brings the run to another home with its times and every blob it names', async () => {
    const from = await source();
    const file = await exported(from);
    const to = await home('target');
    await to.journal.append('first', 0, [createdWith(workflowOf({ a: '' }))]);
    assert.deepEqual(await taken(to, file), { run: 'run', events: 5, isNew: true });
    const bare = (one: Home) => one.journal.read('run').map(({ seq, at, event }) => ({ seq, at, event }));
    assert.deepEqual(bare(to), bare(from));
    assert.deepEqual(to.journal.runs(), ['first', 'run']);
    const { title, state, createdAt, endedAt } = to.journal.headings()[1]!;
    const { at } = from.journal.read('run')[0]!;
    assert.deepEqual(
      [title, state, createdAt, endedAt],
      ['test', 'completed', at, from.journal.read('run')[4]!.at],
    );
    for (const hash of from.named) assert.deepEqual(await to.blobs.get(hash), await from.blobs.get(hash));
    assert.equal(await to.blobs.has(sha256(unnamed)), false);
    const back = await taken(from, await exported(to));
    assert.deepEqual(back, { run: 'run', events: 5, isNew: false }, 'and back again it is the same run');
  });

  it('is text that people can read', async () => {
    const lines = zstdDecompressSync(await exported(await source()))
      .toString()
      .trimEnd()
      .split('\n');
    assert.deepEqual(JSON.parse(lines[0]!), { symphony: 'run', version: 2, run: 'run', events: 5 });
    assert.match(lines[1]!, /^\{"seq":1,"at":\d+,"event":\{"type":"RunCreated"/);
    assert.equal(lines.length, 1 + 5 + 3 + 1 + 1 + 1 + 1);
  });

  it('keeps every byte of text, wherever it is cut and however it begins', async () => {
    const from = await home('source');
    const texts = [`a${'𝄞'.repeat(600_000)}`, '\ufeffbegins with a mark', '\0\n\u2028"', '', 'é'.repeat(9)];
    const blobs = [...texts.map((text) => Buffer.from(text)), Buffer.from([0xc3, 0x28]), Buffer.from([0xff])];
    const output = { files: await Promise.all(blobs.map((bytes) => from.blobs.put(bytes))) };
    await from.journal.append('run', 0, [
      createdWith(workflowOf({ a: '' })),
      { type: 'NodeCompleted', node: 'a', attempt: 1, output },
    ]);
    const to = await home('target');
    await taken(to, await exported(from));
    for (const [i, hash] of output.files.entries()) assert.deepEqual(await to.blobs.get(hash), blobs[i]);
  });

  it('has what was stored as version 1 had it', async () => {
    const to = await home('target');
    const [text, bytes] = [Buffer.from('as base64'), Buffer.from([1, 2, 255])];
    const event = createdWith(workflowOf({ a: '' }));
    const lines = [
      { symphony: 'run', version: 1, run: 'run', events: 1 },
      { seq: 1, at: 1, event },
      ...[text, bytes].map((blob) => ({ blob: sha256(blob), base64: blob.toString('base64') })),
    ].map((line) => `${JSON.stringify(line)}\n`);
    const whole = lines.join('');
    await taken(to, zstdCompressSync(Buffer.from(`${whole}${JSON.stringify({ sha256: sha256(whole) })}\n`)));
    for (const blob of [text, bytes]) assert.deepEqual(await to.blobs.get(sha256(blob)), blob);
  });

  it('changes nothing where the same run is, and nothing where another has its id', async () => {
    const from = await source();
    const file = await exported(from);
    assert.deepEqual(await taken(from, file), { run: 'run', events: 5, isNew: false });
    assert.equal(from.journal.position(), 6);
    await from.journal.append('run', 5, [{ type: 'NodeRetried', node: 'a' }]);
    const longer = await problemFrom('runFile.taken', () => taken(from, file));
    assert.deepEqual(longer.args, { run: 'run', seq: 6 });
    const to = await home('target');
    await to.journal.append('run', 0, [createdWith(workflowOf({ b: '' }))]);
    assert.deepEqual((await problemFrom('runFile.taken', () => taken(to, file))).args, {
      run: 'run',
      seq: 1,
    });
    assert.equal(to.journal.position(), 1);
  });

  it('is not made of a run that is unknown or lacks a blob', async () => {
    const from = await source();
    await problemFrom('run.unknown', () => exported(from, 'nobody'));
    const lost = {
      type: 'StepRecorded',
      node: 'a',
      attempt: 1,
      key: 'k',
      outcome: { blob: 'd'.repeat(64) },
    } as const;
    await from.journal.append('run', 5, [lost]);
    const { args } = await problemFrom('runFile.blobMissing', () => exported(from));
    assert.deepEqual(args, { run: 'run', blob: 'd'.repeat(64) });
  });

  it('stops when it is called off', async () => {
    const from = await source();
    const reason = new Error('enough');
    const off = { signal: AbortSignal.abort(reason), log: silentLog };
    await assert.rejects(async () => {
      for await (const _ of exportRun(off, from.journal, from.blobs, 'run'));
    }, reason);
    const file = await exported(from);
    await assert.rejects(importRun(off, from.journal, from.blobs, pieces(file)), reason);
  });
});

describe('a file of a run that is not what it should be', () => {
  it('is refused wherever a byte is flipped or its end is cut', async () => {
    const file = await exported(await source(), 'other');
    const to = await home('target');
    for (let at = 0; at < file.length; at += 3) {
      const flipped = Buffer.from(file);
      flipped[at] = flipped[at]! ^ (1 << (at % 8));
      for (const bytes of [flipped, file.subarray(0, at)]) {
        // A few bits of a frame's header mean nothing to what comes out of it.
        const outcome = await taken(to, bytes).then(
          () => zstdDecompressSync(bytes).equals(zstdDecompressSync(file)),
          (thrown: { problem?: { code: string } }) => thrown.problem?.code === 'runFile.damaged',
        );
        assert.ok(outcome, `byte ${at} of ${file.length}`);
      }
    }
    assert.ok(to.journal.runs().length <= 1);
  });

  it('is refused whatever was changed in it', async () => {
    const from = await source();
    const text = zstdDecompressSync(await exported(from)).toString();
    const lines = text.trimEnd().split('\n');
    const to = await home('target');
    const check = async (code: 'runFile.damaged' | 'runFile.newer', changed: string, part: RegExp) => {
      const { args } = await problemFrom(code, () => taken(to, zstdCompressSync(Buffer.from(changed))));
      assert.match(JSON.stringify(args), part);
    };
    /** Changed lines with a checksum that is right. */
    const sealed = (changed: readonly string[]) => {
      const body = changed.map((line) => `${line}\n`).join('');
      return `${body}${JSON.stringify({ sha256: sha256(body) })}\n`;
    };
    const body = lines.slice(0, -1);
    const without = (index: number) => sealed(body.filter((_, i) => i !== index));
    const with0 = (line: string) => sealed([line, ...body.slice(1)]);
    await check('runFile.damaged', '', /too early/);
    await check('runFile.damaged', '\n', /not JSON/);
    await check('runFile.damaged', 'null\n', /first line/);
    await check('runFile.damaged', text.slice(0, -1), /no end/);
    await check('runFile.damaged', `${text}{}\n`, /follows its end/);
    await check('runFile.damaged', `${body.join('\n')}\n`, /too early/);
    await check('runFile.damaged', text.replace('"attempt":1', '"attempt":2'), /checksum/);
    await check('runFile.damaged', without(1), /event 1 is missing/);
    await check('runFile.damaged', without(3), /event 3 is missing/);
    await check('runFile.damaged', without(5), /event 5/);
    await check('runFile.damaged', without(7), /does not match its name/);
    await check('runFile.damaged', without(8), /is not whole/);
    await check('runFile.damaged', with0(body[0]!.replace('"events":5', '"events":6')), /event 6/);
    await check('runFile.damaged', with0(body[0]!.replace('"run":"run"', '"run":""')), /first line/);
    await check(
      'runFile.damaged',
      sealed([body[0]!.replace('5', '1'), body[2]!.replace('2', '1')]),
      /beginning of a run/,
    );
    await check('runFile.damaged', sealed([body[0]!.replace('5', '1'), '['.repeat(200_000)]), /./);
    await check('runFile.newer', '{"symphony":"run","version":3}\n', /"found":3,"known":2/);
    assert.deepEqual(to.journal.runs(), []);
  });

  it('may not unpack to more than is allowed', async () => {
    const to = await home('target');
    const bomb = zstdCompressSync(Buffer.alloc(5_000_000, 'x'));
    for (const limits of [{ mostBytes: 1_000_000 }, { mostLineBytes: 1_000_000 }])
      await problemFrom('runFile.damaged', () => taken(to, bomb, limits));
  });

  it('passes on what goes wrong in reading it', async () => {
    const to = await home('target');
    const failing = (async function* () {
      yield Buffer.alloc(0);
      throw Object.assign(new Error('gone'), { code: 'EIO' });
    })();
    await assert.rejects(importRun(ctx, to.journal, to.blobs, failing), { code: 'EIO' });
  });
});
