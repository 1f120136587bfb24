import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { problem } from '../base';
import { isCode, readIfThere, syncFolder, writeFileAtomic } from '../base/node';
import { damaged, keepDamaged, storageFailure } from './failures';

/** A small JSON file with a version under `versionKey`. */
export interface RecordKind<S extends z.ZodType> {
  readonly schema: S;
  readonly versionKey: 'layout' | 'version';
  readonly version: number;
}

/**
 * Reads a versioned JSON file; undefined where there is none. Throws `data.newer` for a later version and
 * `data.corrupt`, with a copy kept, for anything that is not what it should be.
 */
export async function readRecord<S extends z.ZodType>(
  file: string,
  kind: RecordKind<S>,
): Promise<z.infer<S> | undefined> {
  const bytes = await guarded(file, () => readIfThere(file));
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (thrown) {
    throw damaged(file, 'it is not JSON', keepDamaged, thrown);
  }
  const found = (value as Record<string, unknown> | null)?.[kind.versionKey];
  if (typeof found === 'number' && found > kind.version)
    throw problem('data.newer', { path: file, found, known: kind.version });
  const parsed = kind.schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw damaged(file, `${issue.path.join('.')}: ${issue.message}`, keepDamaged, parsed.error);
  }
  return parsed.data;
}

/** Replaces a record durably. */
export function writeRecord(file: string, value: unknown): Promise<void> {
  return guarded(file, () => writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 }));
}

/**
 * Creates a file whole, or not at all if it exists: of several processes one wins, and no reader sees a
 * half-written file. Returns whether this call created it.
 */
export function createWhole(file: string, text: string): Promise<boolean> {
  return guarded(file, async () => {
    const folder = path.dirname(file);
    const temporary = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      const handle = await open(temporary, 'wx', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await linkOrCopy(temporary, file);
    } catch (thrown) {
      if (isCode(thrown, 'EEXIST')) return false;
      throw thrown;
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
    await syncFolder(folder);
    return true;
  });
}

/** Gives a whole file its name if that is free; where there are no hard links, by an exclusive copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (thrown) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].some((code) => isCode(thrown, code))) throw thrown;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

/** Runs file work and names what went wrong as `data.*`. */
export async function guarded<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw storageFailure(thrown, file, keepDamaged);
  }
}
