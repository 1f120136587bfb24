import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { problem } from '../base';
import { privateFolder, readIfThere, sha256, syncFolder, writeFileAtomic, zstd } from '../base/node';
import { guarded } from '../storage';

/** Beyond this a content is not taken for one: a damaged file must not fill the memory. */
const mostBytes = 4 * 1024 ** 3;

/**
 * What cleanings removed and an undo can bring back: a folder for each cleaning, with a compressed file for each
 * content and a folder for each archive. What `save` resolved for is durable and was read back.
 */
export class Trash {
  constructor(private readonly folder: string) {}

  /** Finishes removals that were interrupted, and answers the cleanings there is something of. */
  async open(): Promise<readonly string[]> {
    await privateFolder(this.folder);
    const names = await readdir(this.folder);
    for (const name of names.filter((one) => one.startsWith('.gone-')))
      await rm(path.join(this.folder, name), { recursive: true, force: true });
    return names.filter((one) => !one.startsWith('.'));
  }

  async begin(cleaning: string): Promise<void> {
    await guarded(this.folder, async () => {
      await privateFolder(this.of(cleaning));
      await syncFolder(this.folder);
    });
  }

  /** Keeps bytes for an undo. Throws `data.*`. */
  async save(cleaning: string, hash: string, bytes: Uint8Array): Promise<void> {
    const file = this.fileOf(cleaning, hash);
    await guarded(file, () => writeFileAtomic(file, zstd.compress(bytes), { mode: 0o600 }));
    if ((await this.read(cleaning, hash)) === undefined) throw lost(file);
  }

  /** The bytes, verified; undefined where they are not kept. Throws `data.corrupt`. */
  async read(cleaning: string, hash: string): Promise<Uint8Array | undefined> {
    const file = this.fileOf(cleaning, hash);
    const packed = await guarded(file, () => readIfThere(file));
    if (packed === undefined) return undefined;
    let bytes: Uint8Array;
    try {
      bytes = zstd.decompress(packed, mostBytes);
    } catch (thrown) {
      throw lost(file, thrown);
    }
    if (sha256(bytes) !== hash) throw lost(file);
    return bytes;
  }

  /** Where an archive lies that the cleaning removed. */
  archiveOf(cleaning: string, name: string): string {
    return path.join(this.of(cleaning), `archive-${name}`);
  }

  /** Gives up what is kept for a cleaning, for good. */
  async empty(cleaning: string): Promise<void> {
    const gone = path.join(this.folder, `.gone-${cleaning}`);
    await rm(gone, { recursive: true, force: true });
    const there = await rename(this.of(cleaning), gone).then(
      () => true,
      (thrown: unknown) => {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw thrown;
      },
    );
    if (!there) return;
    await syncFolder(this.folder);
    await rm(gone, { recursive: true, force: true });
  }

  private of(cleaning: string): string {
    return path.join(this.folder, cleaning);
  }

  private fileOf(cleaning: string, hash: string): string {
    return path.join(this.of(cleaning), `${hash}.zst`);
  }
}

const lost = (file: string, cause?: unknown) =>
  problem('data.corrupt', { path: file, detail: 'its bytes do not match its name', backup: file }, cause);
