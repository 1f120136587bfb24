import path from 'node:path';
import type { JournalFiles } from '../../server/storage';
import type { Content } from './content';
import { DiskFault, type Disk } from './disk';

/** What a process is about to do or has just done. */
export type Boundary = 'write' | 'sync' | 'name' | 'append' | 'performer';

/** Where a process may die, and what it is told it did when it does not. */
export interface ProcessHooks {
  /** Whether the process still runs. A dead one changes nothing any more. */
  isAlive(): boolean;
  /** Called before and after each thing of consequence; the process may be dead afterwards. */
  boundary(kind: Boundary, what: string): void;
}

/** The disk as one process sees it: every change can be the last one it makes. */
export class ProcessDisk {
  constructor(
    readonly disk: Disk,
    private readonly hooks: ProcessHooks,
  ) {}

  get isAlive(): boolean {
    return this.hooks.isAlive();
  }

  find(file: string): Content | undefined {
    this.mustLive(file);
    return this.disk.find(file);
  }

  create(file: string, syncsName: boolean): Content {
    this.mustLive(file);
    return this.disk.create(file, syncsName);
  }

  write(content: Content, file: string, at: number, bytes: Uint8Array): void {
    this.step('write', `write ${path.basename(file)}`, file, () => this.disk.write(content, file, at, bytes));
  }

  truncate(content: Content, file: string, size: number): void {
    this.step('write', `truncate ${path.basename(file)}`, file, () => content.truncate(size));
  }

  sync(content: Content, file: string): void {
    this.hooks.boundary('sync', `before sync ${path.basename(file)}`);
    this.step('sync', `sync ${path.basename(file)}`, file, () => this.disk.sync(content, file));
  }

  remove(file: string): void {
    this.step('name', `remove ${path.basename(file)}`, file, () => this.disk.remove(file));
  }

  /** The journal's own view of this disk. */
  journalFiles(): JournalFiles {
    const bytesOf = (file: string): Uint8Array => {
      const content = this.find(file);
      if (!content) throw new DiskFault('ENOENT', file, 'open');
      return content.all();
    };
    return {
      size: (file) => this.find(file)?.size,
      remove: (file) => {
        if (this.find(file)) this.remove(file);
      },
      rename: (from, to) => this.step('name', 'rename', from, () => this.disk.move(from, to)),
      copy: (from, to) => this.write(this.create(to, false), to, 0, bytesOf(from)),
      sameBytes: (one, other) => Buffer.from(bytesOf(one)).equals(bytesOf(other)),
      protect: (file) => void bytesOf(file),
      openSmall: (file) => {
        const content = this.create(file, false);
        return {
          read: (most) => content.all().slice(0, most),
          write: (bytes) => this.write(content, file, 0, bytes),
          close: () => undefined,
        };
      },
      syncFolder: async (folder) => this.step('sync', 'sync folder', folder, () => this.disk.syncNames()),
    };
  }

  private step(kind: Boundary, what: string, file: string, work: () => void): void {
    this.mustLive(file);
    work();
    this.hooks.boundary(kind, what);
    this.mustLive(file);
  }

  private mustLive(file: string): void {
    if (!this.hooks.isAlive()) throw new DiskFault('EIO', file, 'use by a dead process of');
  }
}
