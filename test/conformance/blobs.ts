import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import type { Blobs } from '../../server/engine';

/** What every store of blobs must do. `make` gives an empty one each time. */
export function blobsConformance(make: () => Promise<Blobs>): void {
  let blobs: Blobs;
  beforeEach(async () => void (blobs = await make()));

  async function check(bytes: Uint8Array): Promise<void> {
    const hash = createHash('sha256').update(bytes).digest('hex');
    assert.deepEqual([await blobs.has(hash), await blobs.get(hash)], [false, undefined]);
    assert.equal(await blobs.put(bytes), hash);
    assert.equal(await blobs.put(bytes), hash);
    assert.deepEqual(
      [await blobs.has(hash), Buffer.from((await blobs.get(hash))!)],
      [true, Buffer.from(bytes)],
    );
  }

  it('gives back the bytes under their hash', async () => {
    await check(new Uint8Array());
    await check(Buffer.from('text'));
    await check(new Uint8Array(300_000).map((_, i) => i % 251));
  });

  it('knows only names that are hashes', async () => {
    for (const name of ['', 'x', '../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(62)}/.`])
      assert.deepEqual([await blobs.has(name), await blobs.get(name)], [false, undefined], name);
  });

  it('takes the same bytes from many at once', async () => {
    const hashes = await Promise.all(Array.from({ length: 20 }, () => blobs.put(Buffer.from('same'))));
    assert.equal(new Set(hashes).size, 1);
    assert.equal(Buffer.from((await blobs.get(hashes[0]!))!).toString(), 'same');
  });
}
