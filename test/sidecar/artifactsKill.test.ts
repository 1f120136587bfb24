/**
 * A process is killed with SIGKILL at seeded random moments while it puts, holds, removes and moves artifacts.
 * Every acknowledged content must read back, no reference may dangle, counts must agree with a full scan.
 */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createArtifacts } from '../../server/artifacts';
import { silentLog } from '../../server/base';
import { sha256, systemClock, systemIds } from '../../server/base/node';
import { mulberry32 } from '../e2e/headless/aftermath';

const kills = process.env['SYMPHONY_TIER'] === 'long' ? 200 : 6;
const seed = Number(process.env['SYMPHONY_SEED'] ?? 20261120);
const ctx = { signal: new AbortController().signal, log: silentLog };

describe('kill -9 of a process that stores artifacts', function () {
  this.timeout(kills * 10_000);
  let folder: string;
  const at = (name: string) => path.join(folder, name);
  before(() => void (folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-artifacts-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the writer and kills it `ms` after it has opened the store; the lines it printed whole. */
  const killedAfter = (ms: number, first: number) =>
    new Promise<readonly string[]>((resolve, reject) => {
      const args = ['--import', 'tsx', path.join(__dirname, 'artifactsWriter.ts')];
      const child = spawn(process.execPath, [...args, at('artifacts'), at('artifacts.db'), String(first)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        if (said === '') setTimeout(() => child.kill('SIGKILL'), ms);
        said += chunk.toString();
      });
      child.once('error', reject);
      child.once('close', (_, signal) =>
        signal === 'SIGKILL'
          ? resolve(said.split('\n').slice(0, -1))
          : reject(new Error(`the writer ended by itself: ${said.slice(-300)}`)),
      );
    });

  const random = mulberry32(seed);
  it(`${kills} times loses nothing it acknowledged (seed ${seed})`, async () => {
    /** Contents that must be there: those something refers to, and those nobody was removing. */
    const named = new Set<string>();
    const loose = new Set<string>();
    const held = new Map<string, Set<string>>();
    let puts = 0;
    for (let round = 0; round < kills; round++) {
      // All that was acknowledged is read after every kill; it must not become more and more.
      if (round % 20 === 0) {
        for (const name of ['artifacts', 'artifacts.db', 'artifacts.db-wal', 'artifacts.db-shm'])
          rmSync(at(name), { recursive: true, force: true });
        for (const known of [named, loose, held]) known.clear();
      }
      /** Being removed by somebody; what nothing refers to may go at any moment then. */
      const going = new Map<string, number>();
      const count = (hash: string, by: number) => void going.set(hash, (going.get(hash) ?? 0) + by);
      for (const line of await killedAfter(1 + random() * 250, round * 100_000)) {
        const [what, hash, holder] = line.split(' ') as [string, string, string];
        if (what === 'put') puts++;
        if (what === 'put' || what === 'held') named.add(hash);
        if (what === 'loose' && !(going.get(hash)! > 0)) loose.add(hash);
        if (what === 'held') held.set(holder, (held.get(holder) ?? new Set()).add(hash));
        if (what === 'dropping') named.delete(hash);
        if (what === 'removing') loose.delete(hash);
        if (what === 'removing') count(hash, 1);
        if (what === 'removed' || what === 'stayed') count(hash, -1);
      }
      const store = createArtifacts({
        ...{ folder: at('artifacts'), file: at('artifacts.db') },
        ...{ clock: systemClock, ids: systemIds, log: silentLog },
      });
      await store.start(ctx);
      assert.deepEqual(await store.check(ctx), [], `round ${round}`);
      for (const hash of new Set([...named, ...loose]))
        assert.equal(sha256((await store.get(hash)) ?? ''), hash, `round ${round}: ${hash}`);
      for (const { hash } of store.ofRun('r')) assert.ok(await store.blobs.has(hash), `round ${round}`);
      for (const [holder, hashes] of held) {
        const there = new Set(store.heldBy(holder));
        for (const hash of hashes) assert.ok(there.has(hash), `round ${round}: ${holder} ${hash}`);
      }
      await store.stop(ctx);
      // The folder holds what rows name, and nothing a crash left.
      const again = createArtifacts({
        ...{ folder: at('artifacts'), file: at('artifacts.db') },
        ...{ clock: systemClock, ids: systemIds, log: silentLog },
      });
      await again.start(ctx);
      assert.deepEqual(await again.check(ctx), [], `round ${round}, once more`);
      await again.stop(ctx);
    }
    assert.ok(puts > kills, `only ${puts} puts were acknowledged`);
  });
});
