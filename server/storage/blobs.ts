import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { problem, type Log } from '../base';
import { privateFolder, readIfThere, sha256, syncFolder, writeFileAtomic } from '../base/node';
import type { Blobs } from '../engine';
import { storageFailure } from './failures';

export interface BlobsOptions {
  /** Where the blobs lie; created when missing. */
  readonly folder: string;
  readonly log: Log;
}

/** Blobs as files `ab/cdef…`, readable by their owner only. Throws `data.*`. */
export async function openBlobs({ folder, log }: BlobsOptions): Promise<Blobs> {
  const guarded = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      throw storageFailure(thrown, file, (kept) => kept);
    }
  };
  await guarded(folder, () => privateFolder(folder));
  const fileOf = (hash: string): string | undefined =>
    /^[0-9a-f]{64}$/.test(hash) ? path.join(folder, hash.slice(0, 2), hash.slice(2)) : undefined;
  const sizeOf = (file: string): Promise<number | undefined> =>
    stat(file).then(
      ({ size }) => size,
      () => undefined,
    );

  return {
    put(bytes) {
      const hash = sha256(bytes);
      const file = fileOf(hash)!;
      return guarded(file, async () => {
        if ((await sizeOf(file)) === bytes.byteLength) return hash;
        const made = await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
        if (made !== undefined) await syncFolder(folder);
        await writeFileAtomic(file, bytes, { mode: 0o600 });
        return hash;
      });
    },
    async get(hash) {
      const file = fileOf(hash);
      if (file === undefined) return undefined;
      const bytes = await guarded(file, () => readIfThere(file));
      if (bytes === undefined || sha256(bytes) === hash) return bytes;
      // Moved aside, so that storing the same bytes again heals it.
      const backup = `${file}.damaged`;
      await guarded(file, () => rename(file, backup));
      log.error('a damaged blob was moved aside', { file, backup });
      throw problem('data.corrupt', { path: file, detail: 'its bytes do not match its name', backup });
    },
    async has(hash) {
      const file = fileOf(hash);
      return file !== undefined && (await sizeOf(file)) !== undefined;
    },
  };
}
