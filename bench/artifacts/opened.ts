/** A process of its own that opens a store, works with it, and tells its resident memory in MB. */
import { ctx, openStore } from './open';

const megabytes = (): number => Math.round(process.memoryUsage().rss / 1e6);

async function main(folder: string): Promise<void> {
  const bareMb = megabytes();
  const began = performance.now();
  const store = await openStore(folder);
  store.report();
  const startMs = Math.round(performance.now() - began);
  let after: string | null = null;
  for (let page = store.stored(after, 1000); page.length > 0; page = store.stored(after, 1000)) {
    after = page.at(-1)!.hash;
    await store.get(after);
  }
  for (const text of ['number', 'artifact 77', 'many']) await store.search(ctx, { text });
  const rssMb = megabytes();
  await store.stop(ctx);
  console.log(JSON.stringify({ rssMb, bareMb, startMs }));
}

void main(process.argv[2]!);
