import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { median, percentile } from '../engine/statistics';
import { installRival } from './rival';
import type { Measured } from '../pit/section';
import { prose, seeded } from './contents';
import { about, ctx, openStore } from './open';

interface Contestant {
  readonly name: string;
  put(bytes: Uint8Array): Promise<string> | string;
  get(key: string): Promise<Uint8Array> | Uint8Array;
  close(): Promise<void> | void;
}

const rounds = 400;
const bytesEach = 65_536;

/**
 * Puts and gets contents of 64 KiB one after the other, all contestants in turn. A put is durable when it is
 * answered (cacache never syncs); a get is decompressed and verified, and nobody keeps contents in memory.
 */
export async function measurePutAndGet(folder: string, print: (line: Measured) => void): Promise<void> {
  const ours = await openOurs(path.join(folder, 'ours'));
  const rivals = [rawSqlite(path.join(folder, 'raw')), await cacache(path.join(folder, 'cacache'))].filter(
    (one) => one !== undefined,
  );
  const contestants = [ours, ...rivals];
  const random = seeded(1);
  const puts = new Map<Contestant, number[]>(contestants.map((one) => [one, []]));
  const gets = new Map<Contestant, number[]>(contestants.map((one) => [one, []]));
  const keys = new Map<Contestant, string[]>(contestants.map((one) => [one, []]));
  for (let round = -20; round < rounds; round++) {
    const bytes = prose(bytesEach, random);
    for (const one of contestants) {
      const began = performance.now();
      const key = await one.put(bytes);
      // The first ones warm up.
      if (round >= 0) puts.get(one)!.push((performance.now() - began) * 1000);
      keys.get(one)!.push(key);
    }
  }
  for (let round = 0; round < rounds; round++) {
    const at = Math.floor(random() * keys.get(ours)!.length);
    for (const one of contestants) {
      const began = performance.now();
      const bytes = await one.get(keys.get(one)![at]!);
      if (round >= 20) gets.get(one)!.push((performance.now() - began) * 1000);
      if (bytes.length !== bytesEach) throw new Error(`${one.name} gave back ${bytes.length} bytes`);
    }
  }
  for (const [what, found] of [
    ['put', puts],
    ['get', gets],
  ] as const) {
    const name = `artifacts.${what}_64k_p50_us`;
    const value = median(found.get(ours)!);
    for (const rival of rivals) {
      const other = median(found.get(rival)!);
      print({
        ...{ name, value: Math.round(value), unit: 'us', rival: rival.name, rival_value: Math.round(other) },
        ratio: Math.round((value / other) * 100) / 100,
      });
    }
    const p99 = percentile(found.get(ours)!, 0.99);
    print({ name: `artifacts.${what}_64k_p99_us`, value: Math.round(p99), unit: 'us' });
  }
  for (const one of contestants) await one.close();
}

async function openOurs(folder: string): Promise<Contestant> {
  mkdirSync(folder);
  const store = await openStore(folder);
  let count = 0;
  return {
    name: 'ours',
    put: async (bytes) => (await store.put(ctx, bytes, about(`f${count++}`))).hash,
    get: async (key) => (await store.get(key))!,
    close: () => store.stop(ctx),
  };
}

/** What is the least that does it: the same hash, zstd at the same level, one row and one synced commit. */
function rawSqlite(folder: string): Contestant {
  mkdirSync(folder);
  const database = new DatabaseSync(path.join(folder, 'raw.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE blobs(hash TEXT PRIMARY KEY, bytes BLOB NOT NULL)');
  const insert = database.prepare('INSERT OR IGNORE INTO blobs VALUES(?, ?)');
  const find = database.prepare('SELECT bytes FROM blobs WHERE hash = ?');
  const params = { [constants.ZSTD_c_compressionLevel]: 1 };
  return {
    name: 'raw-sqlite',
    put(bytes) {
      const key = hash('sha256', bytes, 'hex');
      insert.run(key, zstdCompressSync(bytes, { params }));
      return key;
    },
    get(key) {
      const bytes = zstdDecompressSync(find.get(key)!['bytes'] as Uint8Array);
      if (hash('sha256', bytes, 'hex') !== key) throw new Error('damaged');
      return bytes;
    },
    close: () => database.close(),
  };
}

interface Cacache {
  put(folder: string, key: string, bytes: Uint8Array, options: object): Promise<unknown>;
  get(folder: string, key: string, options: object): Promise<{ readonly data: Buffer }>;
}

async function cacache(folder: string): Promise<Contestant | undefined> {
  const rival = await installRival<Cacache>('cacache', '21.0.2');
  if (rival === undefined) return undefined;
  let count = 0;
  return {
    name: 'cacache',
    async put(bytes) {
      const key = `f${count++}`;
      await rival.put(folder, key, bytes, { algorithms: ['sha256'] });
      return key;
    },
    get: async (key) => (await rival.get(folder, key, { memoize: false })).data,
    close: () => undefined,
  };
}
