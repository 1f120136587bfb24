import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ArtifactStore, StoredBlob } from '../../../server/artifacts';
import { silentLog, type Clock, type Service } from '../../../server/base';
import { sha256 } from '../../../server/base/node';
import { openBlobs } from '../../../server/storage';

type Meta = Omit<StoredBlob, 'hash' | 'references' | 'storedSize'>;
interface State {
  readonly blobs: Record<string, Meta>;
  readonly holds: Record<string, readonly string[]>;
}

export interface FakeArtifacts extends Pick<
  ArtifactStore,
  'blobs' | 'get' | 'hold' | 'letGo' | 'stored' | 'remove' | 'move' | keyof Service
> {
  /** Changes what is known of a content, as time would. */
  set(hash: string, meta: Partial<Meta>): void;
  holders(): readonly string[];
}

/** The store as its interface promises it, in files: what a call resolved for outlives the process. */
export async function fakeArtifacts(folder: string, clock: Clock): Promise<FakeArtifacts> {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'state.json');
  const inner = await openBlobs({ folder: path.join(folder, 'blobs'), log: silentLog });
  const state: State = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as State)
    : { blobs: {}, holds: {} };
  const save = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify(state));
    renameSync(`${file}.new`, file);
  };
  const pathOf = (hash: string) => path.join(folder, 'blobs', hash.slice(0, 2), hash.slice(2));
  const references = (hash: string): number =>
    Object.values(state.holds).filter((hashes) => hashes.includes(hash)).length;
  const blobs: ArtifactStore['blobs'] = {
    async put(bytes) {
      const hash = await inner.put(bytes);
      const now = clock.now();
      state.blobs[hash] = {
        ...(state.blobs[hash] ?? { createdAt: now, uses: 0, quality: null, tags: [], runs: [], tier: 'hot' }),
        ...{ size: bytes.length, usedAt: now },
      };
      save();
      return hash;
    },
    async get(hash) {
      const meta = state.blobs[hash];
      if (meta === undefined) return undefined;
      const bytes = await inner.get(hash);
      state.blobs[hash] = { ...meta, usedAt: clock.now(), uses: meta.uses + 1 };
      return bytes;
    },
    has: (hash) => Promise.resolve(hash in state.blobs),
  };
  return {
    name: 'artifacts',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    report: () => ({ totals: {}, rows: [] }),
    blobs,
    get: (hash) => blobs.get(hash),
    hold: (holder, hashes) => {
      for (const hash of hashes)
        if (!(hash in state.blobs)) throw new Error(`${hash} cannot be held: it is not there`);
      state.holds[holder] = [...new Set([...(state.holds[holder] ?? []), ...hashes])];
      save();
      return Promise.resolve();
    },
    letGo: (holder) => {
      delete state.holds[holder];
      save();
      return Promise.resolve();
    },
    stored: (after, most) =>
      Object.keys(state.blobs)
        .filter((hash) => after === null || hash > after)
        .sort()
        .slice(0, most)
        .map((hash) => {
          const meta = state.blobs[hash]!;
          return { ...meta, hash, storedSize: meta.size, references: references(hash) };
        }),
    remove: (ctx, hashes) => {
      ctx.signal.throwIfAborted();
      const gone = hashes.filter((hash) => hash in state.blobs && references(hash) === 0);
      for (const hash of gone) delete state.blobs[hash];
      save();
      for (const hash of gone) rmSync(pathOf(hash), { force: true });
      return Promise.resolve(gone);
    },
    move: (_ctx, hash, tier) => {
      state.blobs[hash] = { ...state.blobs[hash]!, tier };
      save();
      return Promise.resolve();
    },
    set: (hash, meta) => {
      state.blobs[hash] = { ...state.blobs[hash]!, ...meta };
      save();
    },
    holders: () => Object.keys(state.holds).sort(),
  };
}

export const hashOf = (text: string): string => sha256(Buffer.from(text));
