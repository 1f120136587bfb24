import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { ArtifactStore } from '../../../server/artifacts';
import { about, ctx, sha256, stores } from './support';

const home = stores();
const isLong = process.env['SYMPHONY_TIER'] === 'long';

/** Contents by number: tiny, compressible and large enough for a file, so that every way of storing is met. */
const contents = Array.from({ length: 6 }, (_, at) => {
  const bytes = Buffer.alloc([10, 3000, 300_000][at % 3]!, `content ${at} `);
  // Bytes that do not repeat do not shrink.
  if (at % 3 === 2)
    for (let i = 0; i < bytes.length; i++) bytes[i] = (Math.imul(i + at, 2654435761) >>> 13) & 255;
  return bytes;
});
const hashes = contents.map((bytes) => sha256(bytes));

/** What a store must be like: plain lists. */
class Model {
  readonly stored = new Set<number>();
  readonly versions: { name: string; content: number; id: string }[] = [];
  readonly holds = new Map<string, Set<number>>();

  references(content: number): number {
    const held = [...this.holds.values()].filter((one) => one.has(content)).length;
    return held + this.versions.filter((one) => one.content === content).length;
  }
}

type Step = (store: ArtifactStore, model: Model) => Promise<void>;

const content = fc.nat(contents.length - 1);
const name = fc.constantFrom('a', 'b', 'c');
const holder = fc.constantFrom('run:1', 'run:2');

const step: fc.Arbitrary<Step | 'restart'> = fc.oneof(
  fc.tuple(content, name).map(([at, called]): Step => async (store, model) => {
    const { id, hash, version } = await store.put(ctx, contents[at]!, about(called));
    assert.equal(hash, hashes[at]);
    model.stored.add(at);
    const before = model.versions.filter((one) => one.name === called);
    if (before.at(-1)?.content === at)
      assert.equal(id, before.at(-1)!.id, 'the same again is no new version');
    else model.versions.push({ name: called, content: at, id });
    if (before.length === 0) assert.equal(version >= 1, true);
  }),
  content.map((at): Step => async (store, model) => {
    assert.equal(await store.blobs.put(contents[at]!), hashes[at]);
    model.stored.add(at);
  }),
  fc.tuple(holder, fc.uniqueArray(content)).map(([who, which]): Step => async (store, model) => {
    const known = which.filter((at) => model.stored.has(at));
    await store.hold(
      who,
      known.map((at) => hashes[at]!),
    );
    model.holds.set(who, new Set([...(model.holds.get(who) ?? []), ...known]));
  }),
  holder.map((who): Step => async (store, model) => {
    await store.letGo(who);
    model.holds.delete(who);
  }),
  fc.nat().map((which): Step => async (store, model) => {
    const one = model.versions[which % (model.versions.length || 1)];
    if (one === undefined) return;
    await store.drop(ctx, [one.id], 'a step');
    model.versions.splice(model.versions.indexOf(one), 1);
  }),
  fc.uniqueArray(content).map((which): Step => async (store, model) => {
    const gone = await store.remove(
      ctx,
      which.map((at) => hashes[at]!),
    );
    const expected = which.filter((at) => model.stored.has(at) && model.references(at) === 0);
    assert.deepEqual(new Set(gone), new Set(expected.map((at) => hashes[at]!)));
    for (const at of expected) model.stored.delete(at);
  }),
  fc
    .tuple(content, fc.constantFrom('hot' as const, 'warm' as const))
    .map(([at, tier]): Step => async (store, model) => {
      if (model.stored.has(at)) await store.move(ctx, hashes[at]!, tier);
    }),
  fc.constant('restart' as const),
);

/** Whether the store says of itself what the model says. */
async function agree(store: ArtifactStore, model: Model): Promise<void> {
  const stored = new Map(store.stored(null, 100).map((one) => [one.hash, one]));
  for (const [at, bytes] of contents.entries()) {
    const isThere = model.stored.has(at);
    assert.equal(await store.blobs.has(hashes[at]!), isThere);
    assert.deepEqual(
      await store.get(hashes[at]!).then((found) => found && Buffer.from(found)),
      isThere ? bytes : undefined,
    );
    assert.equal(stored.get(hashes[at]!)?.references, isThere ? model.references(at) : undefined);
  }
  const { artifacts, blobs, bytes, storedBytes } = store.report().totals;
  const kept = [...model.stored];
  assert.deepEqual(
    [artifacts, blobs, bytes],
    [model.versions.length, kept.length, kept.reduce((sum, at) => sum + contents[at]!.length, 0)],
  );
  assert.equal(
    storedBytes,
    [...stored.values()].reduce((sum, one) => sum + one.storedSize, 0),
  );
  assert.deepEqual(await store.check(ctx), []);
}

describe('property: the artifact store', () => {
  it('is what a plain list of versions and holds would be, through restarts', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const place = { folder: home.folder.at(`f${++round}`), file: home.folder.at(`f${round}.db`) };
        let store = await home.open(place);
        const model = new Model();
        for (const one of steps) {
          if (one === 'restart') {
            await store.stop(ctx);
            store = await home.open(place);
          } else await one(store, model);
        }
        await agree(store, model);
        await store.stop(ctx);
      }),
      { numRuns: isLong ? 2000 : 25 },
    );
  }).timeout(isLong ? 1_800_000 : 20_000);

  it('does what many ask for at once as if they had asked one after the other', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(content, fc.nat(3)), { minLength: 5, maxLength: 40 }),
        async (work) => {
          const place = { folder: home.folder.at(`g${++round}`), file: home.folder.at(`g${round}.db`) };
          const store = await home.open(place);
          const put = new Set<number>();
          await Promise.all(
            work.map(async ([at, what]) => {
              if (what === 0) await store.remove(ctx, [hashes[at]!]);
              else if (what === 1) await store.move(ctx, hashes[at]!, 'warm').catch(() => undefined);
              else {
                await store.put(ctx, contents[at]!, about(`${at}`));
                put.add(at);
              }
            }),
          );
          for (const at of put) assert.equal(sha256((await store.get(hashes[at]!))!), hashes[at]);
          assert.deepEqual(await store.check(ctx), []);
          const { artifacts, blobs } = store.report().totals;
          assert.deepEqual([artifacts, blobs], [put.size, put.size]);
          await store.stop(ctx);
        },
      ),
      { numRuns: isLong ? 1000 : 15 },
    );
  }).timeout(isLong ? 1_800_000 : 20_000);
});
