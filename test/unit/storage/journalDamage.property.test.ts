import { strict as assert } from 'node:assert';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import type { RecordedEvent, RunEvent } from '../../../schemas/journal/events';
import { ProblemError, silentLog } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { openJournal } from '../../../server/storage';
import { createdWith, workflowOf } from '../engine/support';

const parts = ['', '-wal', '-seen'] as const;
type Part = (typeof parts)[number];

/** The files of a journal whose process died, and every event it had acknowledged. */
interface Remains {
  readonly files: Readonly<Record<Part, Buffer>>;
  readonly acknowledged: readonly RecordedEvent[];
}

const noted = (text: string): RunEvent => ({ type: 'RunCancelRequested', reason: text });

/** Lives one after another, the last of which leaves its log behind. */
async function remains(folder: string, lives: readonly number[]): Promise<Remains> {
  const file = path.join(folder, 'journal.db');
  for (const [life, commits] of lives.entries()) {
    const journal = await openJournal({ file, clock: systemClock, log: silentLog });
    for (let i = 0; i < commits; i++) {
      const [run, other] = [`run-${life}-${i % 3}`, `other-${life}-${i}`];
      const seq = journal.read(run).length;
      const first = seq === 0 ? [createdWith(workflowOf({ a: '', b: 'a' }))] : [];
      await Promise.all([
        journal.append(run, seq, [...first, noted(`${i}`.padEnd(40 + i * 7, '.'))]),
        journal.append(other, 0, [createdWith(workflowOf({ a: '' })), noted('x')]),
      ]);
    }
    const acknowledged = journal.since(0, 1e6);
    const files = Object.fromEntries(
      parts.map((part) => [part, existsSync(file + part) ? readFileSync(file + part) : Buffer.alloc(0)]),
    ) as Record<Part, Buffer>;
    await journal.close();
    if (life === lives.length - 1) return { files, acknowledged };
  }
  throw new Error('no life');
}

type Damage = { readonly part: Part; readonly at: number; readonly bit: number | 'cut' | 'gone' };

const damages: fc.Arbitrary<Damage> = fc.record({
  part: fc.constantFrom(...parts),
  /** Where, as a share of the file. */
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  bit: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 7 }) },
    { weight: 3, arbitrary: fc.constant('cut' as const) },
    { weight: 1, arbitrary: fc.constant('gone' as const) },
  ),
});

function lay({ files }: Remains, folder: string, damage: Damage | undefined): string {
  const file = path.join(folder, 'journal.db');
  for (const part of parts) {
    let bytes = Buffer.from(files[part]);
    if (part === damage?.part) {
      if (damage.bit === 'gone') continue;
      const at = Math.floor(damage.at * bytes.length);
      if (damage.bit === 'cut') bytes = bytes.subarray(0, at);
      else if (bytes.length > 0) bytes[at] = bytes[at]! ^ (1 << damage.bit);
    }
    writeFileSync(file + part, bytes);
  }
  return file;
}

/** More of them with DAMAGES=…; each takes about 5 ms. */
const rounds = Number(process.env['DAMAGES'] ?? 150);

type Ending = 'whole' | 'told' | 'refused';

/** Opens what is left and reads everything. Anything but all events, a told loss or a refusal fails. */
async function ending(left: Remains, damage: Damage | undefined): Promise<Ending> {
  const folder = mkdtempSync(path.join(tmpdir(), 'symphony-'));
  try {
    const file = lay(left, folder, damage);
    const journal = await openJournal({ file, clock: systemClock, log: silentLog });
    try {
      const found = journal.runs().flatMap((run) => journal.read(run));
      found.sort((one, other) => one.position - other.position);
      assert.deepEqual(journal.since(0, 1e6), found);
      assert.deepEqual(
        found,
        left.acknowledged.slice(0, found.length),
        'it holds what was acknowledged, or less',
      );
      assert.equal(journal.headings().length, new Set(found.map(({ run }) => run)).size);
      const lost = left.acknowledged.length - found.length;
      if (lost === 0) assert.equal(journal.recovered, undefined);
      else {
        assert.ok(journal.recovered, `${lost} events are missing and nobody says so`);
        const { code, args } = journal.recovered;
        assert.deepEqual([code, args['lost'], args['kept']], ['data.tailLost', lost, found.length]);
        assert.ok(existsSync(String(args['backup'])) && args['backup'] !== file);
      }
      await journal.append('after', 0, [noted('it goes on')]);
      return lost === 0 ? 'whole' : 'told';
    } finally {
      await journal.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof ProblemError)) throw thrown;
    assert.ok(thrown.problem.code.startsWith('data.'), String(thrown));
    return 'refused';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('what a dead process leaves of a journal', () => {
  for (const [name, lives] of [
    ['all of it in the log', [12]],
    ['half of it in the log', [12, 12]],
  ] as const)
    it(`is never misread in silence, whatever is flipped, cut or gone: ${name}`, async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'symphony-'));
      const left = await remains(folder, lives);
      rmSync(folder, { recursive: true });
      assert.ok(left.files['-wal'].length > 10_000 && left.files['-seen'].length > 0);
      assert.equal(await ending(left, undefined), 'whole');
      const seen: Record<Ending, number> = { whole: 0, told: 0, refused: 0 };
      await fc.assert(
        fc.asyncProperty(damages, async (damage) => void seen[await ending(left, damage)]++),
        { numRuns: rounds },
      );
      assert.ok(seen.whole > 5 && seen.told > 5 && seen.refused > 5, JSON.stringify(seen));
    }).timeout(30_000 + rounds * 50);

  it('is told once, and kept', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'symphony-'));
    const left = await remains(folder, [12]);
    rmSync(folder, { recursive: true });
    const place = mkdtempSync(path.join(tmpdir(), 'symphony-'));
    const file = lay(left, place, { part: '-wal', at: 0.6, bit: 'cut' });
    const torn = readFileSync(`${file}-wal`);
    const first = await openJournal({ file, clock: systemClock, log: silentLog });
    const backup = String(first.recovered!.args['backup']);
    await first.close();
    assert.deepEqual(readFileSync(`${backup}-wal`), torn);
    const second = await openJournal({ file, clock: systemClock, log: silentLog });
    assert.equal(second.recovered, undefined);
    await second.close();
    copyFileSync(`${file}-seen`, path.join(place, 'seen'));
    rmSync(file);
    await assert.rejects(
      openJournal({ file, clock: systemClock, log: silentLog }),
      /data\.corrupt.*it is gone.*has seen \d+ events/,
      'a journal that was there is not begun anew',
    );
    rmSync(place, { recursive: true });
  });
});
