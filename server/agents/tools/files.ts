import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { problem, type Json } from '../../base';
import { sha256, writeFileAtomic } from '../../base/node';
import { openInside, resolveInside, stillInside, type Inside } from './paths';

/** Larger files are not for an agent to read or edit whole. */
export const maxFileBytes = 4 * 1024 * 1024;

/**
 * The files of one worktree as an agent may see and change them, and which content of each it has seen:
 * a file is changed only if it still holds what the agent read.
 */
export class WorktreeFiles {
  private readonly seen = new Map<string, string>();

  constructor(readonly worktree: string) {}

  /** Takes back what an earlier life has seen; see `Tool.recall`. */
  recall(memory: Json): void {
    if (typeof memory !== 'object' || memory === null || Array.isArray(memory)) return;
    for (const [file, hash] of Object.entries(memory))
      if (typeof hash === 'string') this.seen.set(file, hash);
  }

  /** The bytes of a regular file of bearable size, or a sentence saying why not. */
  async read(name: string): Promise<{ found: Inside; bytes: Buffer } | string> {
    const found = await resolveInside(this.worktree, name);
    if (found.stats === undefined) return `There is no file ${name}.`;
    if (found.stats.isDirectory()) return `${name} is a folder; use list.`;
    if (found.stats.size > maxFileBytes)
      return `${name} has ${found.stats.size} bytes, too many to read whole.`;
    const handle = await openInside(this.worktree, found);
    if (handle === undefined) return `${name} is not a regular file.`;
    try {
      // Never more than was announced: a file that grows meanwhile is read up to the limit.
      const bytes = Buffer.alloc(Math.min(maxFileBytes, found.stats.size));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return { found, bytes: bytes.subarray(0, filled) };
    } finally {
      await handle.close();
    }
  }

  /** Notes that the agent has seen `bytes`; the returned memory belongs into the tool's result. */
  note(found: Inside, bytes: Uint8Array): { [file: string]: string } {
    const hash = sha256(bytes);
    this.seen.set(found.place, hash);
    return { [found.place]: hash };
  }

  /** Why the agent may not change a file that holds `bytes`, or undefined when it may. */
  unseen(found: Inside, bytes: Uint8Array): string | undefined {
    const known = this.seen.get(found.place);
    if (known === undefined) return `Read ${found.relative} with read_files before you change it.`;
    if (known !== sha256(bytes)) return `${found.relative} was changed since you read it; read it again.`;
    return undefined;
  }

  /**
   * Writes a file durably, keeping the permission bits of one that exists and making missing folders.
   * Throws `agent.link` for a file with a second name, whose other name could lie outside.
   */
  async write(found: Inside, bytes: Uint8Array): Promise<void> {
    if (found.stats !== undefined && found.stats.nlink > 1)
      throw problem('agent.link', { path: found.relative });
    await mkdir(path.dirname(found.absolute), { recursive: true });
    if (!(await stillInside(this.worktree, found))) throw problem('agent.link', { path: found.relative });
    await writeFileAtomic(found.absolute, bytes, {
      mode: found.stats === undefined ? 0o644 : found.stats.mode & 0o777,
    });
  }
}
