import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import { problem, type Ids, type Random } from '../base';
import { isCode, writeFileAtomic } from '../base/node';

/** A key contents are encrypted with. */
export interface StoreKey {
  /** Stands beside each content it encrypted; never a part of the secret. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/**
 * Where keys come from: the editor's secret storage, or a file. The first one encrypts, all of them decrypt;
 * with none nothing is encrypted anew.
 */
export interface StoreKeys {
  load(): Promise<readonly StoreKey[]>;
}

const keyFile = z.object({
  keys: z.array(z.object({ id: z.string().regex(/^[\w-]{1,60}$/), secret: z.base64() })).min(1),
});

/** Keys in a file that only its owner can read; made with one key at first. Throws `artifact.keyFile`. */
export function fileKeys(file: string, ids: Ids, random: Random): StoreKeys & { rotate(): Promise<void> } {
  const refused = (detail: string) => problem('artifact.keyFile', { path: file, detail });
  const fresh = (): StoreKey => ({ id: ids.next('key'), secret: random.bytes(32) });
  const write = async (keys: readonly StoreKey[]): Promise<void> => {
    const said = keys.map(({ id, secret }) => ({ id, secret: Buffer.from(secret).toString('base64') }));
    await writeFileAtomic(file, `${JSON.stringify({ keys: said }, null, 2)}\n`, { mode: 0o600 });
  };
  const read = async (): Promise<readonly StoreKey[] | undefined> => {
    try {
      const { mode } = await stat(file);
      if (process.platform !== 'win32' && (mode & 0o077) !== 0)
        throw refused(`others can read it (mode ${(mode & 0o777).toString(8)} instead of 600)`);
      return keysIn(await readFile(file, 'utf8'));
    } catch (thrown) {
      if (isCode(thrown, 'ENOENT')) return undefined;
      throw thrown;
    }
  };
  const keysIn = (text: string): readonly StoreKey[] => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw refused('it is no JSON');
    }
    const found = keyFile.safeParse(value);
    if (!found.success) throw refused('it holds no keys');
    return found.data.keys.map(({ id, secret }) => {
      const bytes = Buffer.from(secret, 'base64');
      if (bytes.length !== 32) throw refused(`the key ${id} has ${bytes.length} bytes instead of 32`);
      return { id, secret: bytes };
    });
  };
  return {
    async load() {
      const found = await read();
      if (found !== undefined) return found;
      const made = [fresh()];
      await write(made);
      return made;
    },
    async rotate() {
      await write([fresh(), ...((await read()) ?? [])]);
    },
  };
}
