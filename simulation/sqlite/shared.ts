import type { Disk } from '../disk/disk';
import type { Wasm } from './wasm';

export const ok = 0;
export const busy = 5;

/** Levels of a lock on a database file, as SQLite numbers them. */
const shared = 1;
const reserved = 2;
const exclusive = 4;

const shmUnlock = 1;
const shmExclusive = 8;

/**
 * What all connections to one file share on one machine: its locks, and the memory of the write-ahead
 * log's index. The memory goes with the last connection, as that of a process does with its death.
 */
export class SharedFile {
  private readonly levels = new Map<number, number>();
  private readonly regions: number[] = [];
  private readonly slots = new Map<number, { by: Set<number>; alone: boolean }>();
  private readonly mappers = new Set<number>();

  constructor(private readonly wasm: Wasm) {}

  lock(connection: number, level: number): number {
    const others = this.othersLevel(connection);
    const allowed =
      level === shared ? others < reserved + 1 : level === reserved ? others < reserved : others < shared;
    if (!allowed) return busy;
    this.levels.set(connection, Math.max(level, this.levels.get(connection) ?? 0));
    return ok;
  }

  unlock(connection: number, level: number): number {
    if (level === 0) this.levels.delete(connection);
    else this.levels.set(connection, level);
    return ok;
  }

  isReserved(): boolean {
    return [...this.levels.values()].some((level) => level >= reserved && level <= exclusive);
  }

  /** The address of one region of shared memory; 0 where there is none and none is to be made. */
  map(connection: number, region: number, bytes: number, extend: boolean): number {
    this.mappers.add(connection);
    while (extend && this.regions.length <= region) {
      const pointer = this.wasm.alloc(bytes);
      this.wasm.heap8u().fill(0, pointer, pointer + bytes);
      this.regions.push(pointer);
    }
    return this.regions[region] ?? 0;
  }

  lockMemory(connection: number, offset: number, count: number, flags: number): number {
    const range = Array.from({ length: count }, (_, i) => offset + i);
    if (flags & shmUnlock) {
      for (const slot of range) {
        const held = this.slots.get(slot);
        if (held?.by.delete(connection) && held.by.size === 0) this.slots.delete(slot);
      }
      return ok;
    }
    const alone = (flags & shmExclusive) !== 0;
    for (const slot of range) {
      const held = this.slots.get(slot);
      if (!held) continue;
      const others = held.by.size - (held.by.has(connection) ? 1 : 0);
      if (others > 0 && (alone || held.alone)) return busy;
    }
    for (const slot of range) {
      const by = this.slots.get(slot)?.by ?? new Set<number>();
      this.slots.set(slot, { by: by.add(connection), alone });
    }
    return ok;
  }

  unmap(connection: number): void {
    for (let slot = 0; slot < 8; slot++) this.lockMemory(connection, slot, 1, shmUnlock);
    this.mappers.delete(connection);
    if (this.mappers.size === 0) for (const region of this.regions.splice(0)) this.wasm.dealloc(region);
  }

  private othersLevel(connection: number): number {
    let highest = 0;
    for (const [other, level] of this.levels) if (other !== connection) highest = Math.max(highest, level);
    return highest;
  }
}

/** The shared side of the files of all simulated machines. */
export class SharedFiles {
  private readonly machines = new WeakMap<Disk, Map<string, SharedFile>>();

  constructor(private readonly wasm: Wasm) {}

  of(disk: Disk, path: string): SharedFile {
    const files = this.machines.get(disk) ?? new Map<string, SharedFile>();
    this.machines.set(disk, files);
    const known = files.get(path) ?? new SharedFile(this.wasm);
    files.set(path, known);
    return known;
  }
}
