import type { Dice } from '../dice';
import { Content } from './content';

/** What a faulty disk says, with the code Node gives such an error. */
export class DiskFault extends Error {
  override readonly name = 'DiskFault';
  constructor(
    readonly code: 'ENOSPC' | 'EIO' | 'ENOENT',
    readonly path: string,
    during: string,
  ) {
    super(`${code}: ${during} '${path}'`);
  }
}

type NameChange = (names: Map<string, Content>) => void;

/** How often the disk fails; everything is 0 or false on a healthy one. */
export interface DiskTroubles {
  full: boolean;
  /** Probability that a write fails, after a part of it. */
  writeFails: number;
  syncFails: number;
}

/**
 * A disk with a volatile cache. Writes are seen at once and durable after a sync; names are durable
 * after a sync of their folder. When power is lost, what was not synced may be lost, kept or torn.
 */
export class Disk {
  readonly troubles: DiskTroubles = { full: false, writeFails: 0, syncFails: 0 };
  /** 512 or 4096 bytes. */
  readonly sector: number;
  private names = new Map<string, Content>();
  private sureNames = new Map<string, Content>();
  private renamings: NameChange[] = [];

  /** `holds`: a disk whose durable files it begins with. */
  constructor(
    private readonly dice: Dice,
    holds?: Disk,
  ) {
    for (const [path, content] of holds?.sureNames ?? []) this.sureNames.set(path, content.copy());
    this.names = new Map(this.sureNames);
    this.sector = dice.pick([512, 4096]);
  }

  find(path: string): Content | undefined {
    return this.names.get(path);
  }

  /** The file, created empty where there is none; `syncsName`: its first sync makes its name durable. */
  create(path: string, syncsName: boolean): Content {
    const known = this.names.get(path);
    if (known) return known;
    if (this.troubles.full) throw new DiskFault('ENOSPC', path, 'open');
    const made = new Content();
    made.syncsName = syncsName;
    this.rename((names) => names.set(path, made));
    return made;
  }

  write(content: Content, path: string, at: number, bytes: Uint8Array): void {
    if (this.troubles.full && at + bytes.length > content.size) throw new DiskFault('ENOSPC', path, 'write');
    if (this.dice.chance(this.troubles.writeFails)) {
      content.write(at, bytes.subarray(0, this.dice.upTo(bytes.length)));
      throw new DiskFault('EIO', path, 'write');
    }
    content.write(at, bytes);
  }

  sync(content: Content, path: string): void {
    if (this.dice.chance(this.troubles.syncFails)) {
      content.syncFailed();
      throw new DiskFault('EIO', path, 'fsync');
    }
    content.sync();
    if (content.syncsName) this.syncNames();
    content.syncsName = false;
  }

  remove(path: string): void {
    this.rename((names) => names.delete(path));
  }

  move(from: string, to: string): void {
    const moved = this.names.get(from);
    if (!moved) throw new DiskFault('ENOENT', from, 'rename');
    this.rename((names) => {
      names.delete(from);
      names.set(to, moved);
    });
  }

  syncNames(): void {
    for (const change of this.renamings) change(this.sureNames);
    this.renamings = [];
  }

  /** What the machine finds when power comes back. */
  losePower(keep: number): void {
    const reached = this.dice.chance(keep) ? this.renamings.length : this.dice.upTo(this.renamings.length);
    for (const change of this.renamings.slice(0, reached)) change(this.sureNames);
    this.renamings = [];
    this.names = new Map(this.sureNames);
    for (const [, content] of [...this.names].sort(([a], [b]) => (a < b ? -1 : 1)))
      content.losePower(this.dice, this.sector, keep);
  }

  private rename(change: NameChange): void {
    change(this.names);
    this.renamings.push(change);
  }
}
