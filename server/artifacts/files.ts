import { unlinkSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { isCode, privateFolder, readIfThere, syncFolder, writeFileAtomic } from '../base/node';

import { storageFailure } from '../storage';

export type WriteFile = typeof writeFileAtomic;

/**
 * Large contents as files `ab/cdef…-<suffix>`, warm ones below `warm/`. A name is never used twice, so that no
 * removal can meet a file written meanwhile. Files nobody may refer to yet are known, and never swept.
 */
export class ContentFiles {
  private readonly underWay = new Set<string>();

  constructor(
    readonly folder: string,
    private readonly suffix: () => string,
    private readonly writeFile: WriteFile = writeFileAtomic,
  ) {}

  /** Writes durably and gives the name; it is under way until `settled`. */
  async write(hash: string, tier: 'hot' | 'warm', bytes: Uint8Array): Promise<string> {
    const name = `${tier === 'warm' ? 'warm/' : ''}${hash.slice(0, 2)}/${hash.slice(2)}-${this.suffix()}`;
    const file = this.pathOf(name);
    this.underWay.add(name);
    try {
      const made = await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      for (let at = path.dirname(file); made !== undefined && at !== this.folder;) {
        at = path.dirname(at);
        await syncFolder(at);
      }
      await this.writeFile(file, bytes, { mode: 0o600 });
      return name;
    } catch (thrown) {
      this.underWay.delete(name);
      throw told(thrown, file);
    }
  }

  /** A row refers to the file now, or never will. */
  settled(name: string): void {
    this.underWay.delete(name);
  }

  async read(name: string): Promise<Buffer | undefined> {
    const file = this.pathOf(name);
    try {
      return await readIfThere(file);
    } catch (thrown) {
      throw told(thrown, file);
    }
  }

  pathOf(name: string): string {
    return path.join(this.folder, name);
  }

  /** Removes a file no row refers to; one that is gone already is fine. */
  remove(name: string): void {
    this.underWay.delete(name);
    try {
      unlinkSync(this.pathOf(name));
    } catch (thrown) {
      if (!isCode(thrown, 'ENOENT')) throw thrown;
    }
  }

  /** Keeps what is damaged beside the rest, for a person to look at; gives its path. */
  async keepDamaged(hash: string, found: string | Uint8Array | undefined): Promise<string> {
    const folder = await privateFolder(path.join(this.folder, 'damaged'));
    const kept = path.join(folder, `${hash}-${this.suffix()}`);
    if (found instanceof Uint8Array) await this.writeFile(kept, found, { mode: 0o600 });
    else if (found !== undefined) {
      try {
        await rename(this.pathOf(found), kept);
        await syncFolder(folder);
      } catch (thrown) {
        if (!isCode(thrown, 'ENOENT')) throw thrown;
      }
    }
    return kept;
  }

  /** Removes files that crashes left and no row refers to; answers how many. */
  async sweep(isReferredTo: (name: string) => boolean): Promise<number> {
    let swept = 0;
    for await (const name of this.names()) {
      // What is written under a name for the time being ends with `.tmp`.
      const meant = name.replace(/\/\.([^/]+)\.[0-9a-f]{12}\.tmp$/, '/$1');
      if (this.underWay.has(meant) || isReferredTo(name)) continue;
      this.remove(name);
      swept++;
    }
    return swept;
  }

  /** Names of all content files, and of what was being written to become one. */
  async *names(): AsyncGenerator<string> {
    for (const base of ['', 'warm/'])
      for (const two of await entries(this.pathOf(base)))
        if (/^[0-9a-f]{2}$/.test(two))
          for (const rest of await entries(this.pathOf(base + two)))
            if (/^\.?[0-9a-f]{62}-\w+/.test(rest)) yield `${base}${two}/${rest}`;
  }
}

/** What went wrong with a file, as a problem where it is one a person can mend. */
const told = (thrown: unknown, file: string): unknown => storageFailure(thrown, file, (kept) => kept);

async function entries(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR')) return [];
    throw thrown;
  }
}
