import { problem, type Context } from '../base';
import { objectId, type Git } from './command';

interface Waiting {
  readonly object: string;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (thrown: unknown) => void;
}

const batchSize = 200;

/** Reads objects; what is asked for in one turn of the event loop is read by one git process. */
export class ObjectReader {
  /** By context, so that cancelling one run does not take another's objects away. */
  private readonly waiting = new Map<Context, Waiting[]>();

  constructor(private readonly git: Git) {}

  /** The exact bytes of a blob. Throws `git.failed` when there is no such object. */
  read(ctx: Context, object: string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const batch = this.waiting.get(ctx) ?? [];
      batch.push({ object: objectId(object), resolve, reject });
      this.waiting.set(ctx, batch);
      if (batch.length === 1) setImmediate(() => void this.flush(ctx));
    });
  }

  private async flush(ctx: Context): Promise<void> {
    const all = this.waiting.get(ctx) ?? [];
    this.waiting.delete(ctx);
    for (let at = 0; at < all.length; at += batchSize)
      await this.readBatch(ctx, all.slice(at, at + batchSize));
  }

  private async readBatch(ctx: Context, batch: readonly Waiting[]): Promise<void> {
    try {
      const input = batch.map(({ object }) => `${object}\n`).join('');
      const { stdout } = await this.git.run(ctx, ['cat-file', '--batch'], { input });
      let at = 0;
      for (const { object, resolve, reject } of batch) {
        const end = stdout.indexOf(10, at);
        const header = stdout.toString('latin1', at, end);
        const [, kind, size] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(header) ?? [];
        at = end + 1;
        if (size === undefined) {
          reject(problem('git.failed', { command: 'cat-file', detail: `there is no object ${object}` }));
          continue;
        }
        const bytes = stdout.subarray(at, at + Number(size));
        at += Number(size) + 1;
        if (kind === 'blob') resolve(bytes);
        else
          reject(problem('git.failed', { command: 'cat-file', detail: `${object} is a ${kind}, no blob` }));
      }
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
    }
  }
}
