/** A process of its own that puts, holds, removes and moves artifacts until it is killed, and prints what was acknowledged. */
import { writeSync } from 'node:fs';
import { createArtifacts } from '../../server/artifacts';
import { silentLog } from '../../server/base';
import { systemClock, systemIds } from '../../server/base/node';

const ctx = { signal: new AbortController().signal, log: silentLog };
/** Synchronous, so that nothing acknowledged is lost in a buffer of this process. */
const say = (...words: readonly string[]): void => void writeSync(1, `${words.join(' ')}\n`);

/** Bytes that tell their size and number; every other content does not shrink. */
function contentOf(number: number): Uint8Array {
  const size = [200, 20_000, 300_000, 700_000][number % 4]!;
  const bytes = Buffer.alloc(size, `${number} `);
  if (number % 8 > 3)
    for (let at = 0; at < size; at++) bytes[at] = (Math.imul(at + number, 2654435761) >>> 13) & 255;
  return bytes;
}

async function write(folder: string, file: string, first: number): Promise<void> {
  const store = createArtifacts({ folder, file, clock: systemClock, ids: systemIds, log: silentLog });
  await store.start(ctx);
  say('open');
  await Promise.all([0, 1, 2].map((lane) => work(lane)));

  async function work(lane: number): Promise<void> {
    for (let round = 0; ; round++) {
      const number = first + round * 3 + lane;
      const about = {
        name: `lane-${lane}`,
        type: 'blob',
        run: 'r',
        node: null,
        inputs: [],
        tags: ['t'],
        facts: {},
      };
      const { hash, id } = await store.put(ctx, contentOf(number), about);
      say('put', hash);
      await store.move(ctx, hash, 'warm');
      if (round % 3 === 0) {
        await store.hold(`run:${lane}`, [hash]);
        say('held', hash, `run:${lane}`);
      }
      if (round % 3 === 1) {
        say('dropping', hash);
        await store.drop(ctx, [id], 'a test');
        say('removing', hash);
        await store.remove(ctx, [hash]);
        say('removed', hash);
      }
      if (round % 3 === 2) await store.move(ctx, hash, 'hot');
      // The next of this lane is a copy of bytes that may be on their way out.
      const copied = contentOf(number + 1);
      say('loose', await store.blobs.put(copied));
      say('removing', hash);
      const [gone] = await store.remove(ctx, [hash]);
      say(gone === undefined ? 'stayed' : 'removed', hash);
    }
  }
}

void write(process.argv[2]!, process.argv[3]!, Number(process.argv[4]));
