import type { Dice } from '../dice';

type Change =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

/**
 * The bytes of one file twice over: as every reader sees them while the machine runs, and as they surely
 * lie on the platter. What was changed since the last sync is kept as a list, in order.
 */
export class Content {
  private readonly seen = new Growing();
  private readonly sure = new Growing();
  private changes: Change[] = [];
  /** Whether the file's name becomes durable with its first sync, as a log's does on ext4 with SQLite. */
  syncsName = false;

  /** The same durable bytes on another disk. */
  copy(): Content {
    const made = new Content();
    made.sure.become(this.sure);
    made.seen.become(this.sure);
    return made;
  }

  get size(): number {
    return this.seen.size;
  }

  read(at: number, into: Uint8Array): number {
    return this.seen.read(at, into);
  }

  all(): Uint8Array {
    return this.seen.all();
  }

  write(at: number, bytes: Uint8Array): void {
    const copy = bytes.slice();
    this.seen.write(at, copy);
    this.changes.push({ kind: 'write', at, bytes: copy });
  }

  truncate(size: number): void {
    this.seen.resize(size);
    this.changes.push({ kind: 'truncate', size });
  }

  sync(): void {
    for (const change of this.changes) apply(this.sure, change);
    this.changes = [];
  }

  /** The disk refused to sync: what was not durable is gone, for readers too. */
  syncFailed(): void {
    this.changes = [];
    this.seen.become(this.sure);
  }

  /**
   * Power is lost. Of each sector, the newest state that reached the platter is one of those it went
   * through since the last sync; the last change of a sector may have reached it in part. `keep` is the
   * probability that a sector holds its newest state.
   */
  losePower(dice: Dice, sector: number, keep: number): void {
    if (this.changes.length > 0) {
      const truncations = this.changes.filter(({ kind }) => kind === 'truncate').length;
      const reached = dice.chance(keep) ? truncations : dice.upTo(truncations);
      this.flush(dice, sector, keep, reached);
      this.changes = [];
    }
    this.seen.become(this.sure);
  }

  private flush(dice: Dice, sector: number, keep: number, truncations: number): void {
    const newest = new Map<number, number>();
    const counts = new Map<number, number>();
    for (const change of this.changes)
      if (change.kind === 'write')
        for (const index of sectorsOf(change, sector)) counts.set(index, (counts.get(index) ?? 0) + 1);
    for (const [index, count] of [...counts].sort(([a], [b]) => a - b))
      newest.set(index, dice.chance(keep) ? count : dice.upTo(count));
    const torn = new Set<number>();
    for (const index of newest.keys()) if (dice.chance((1 - keep) / 4)) torn.add(index);
    let truncated = 0;
    for (const change of this.changes) {
      if (change.kind === 'truncate') {
        if (truncated++ < truncations) apply(this.sure, change);
        continue;
      }
      for (const index of sectorsOf(change, sector)) {
        const left = newest.get(index)!;
        if (left === 0) continue;
        newest.set(index, left - 1);
        const piece = pieceOf(change, index, sector);
        const bytes =
          left === 1 && torn.has(index)
            ? piece.bytes.subarray(0, dice.upTo(piece.bytes.length))
            : piece.bytes;
        this.sure.write(piece.at, bytes);
      }
    }
  }
}

interface Write {
  readonly at: number;
  readonly bytes: Uint8Array;
}

function* sectorsOf({ at, bytes }: Write, sector: number): Generator<number> {
  const last = Math.floor((at + bytes.length - 1) / sector);
  for (let index = Math.floor(at / sector); index <= last; index++) yield index;
}

function pieceOf({ at, bytes }: Write, index: number, sector: number): Write {
  const from = Math.max(at, index * sector);
  const to = Math.min(at + bytes.length, (index + 1) * sector);
  return { at: from, bytes: bytes.subarray(from - at, to - at) };
}

function apply(to: Growing, change: Change): void {
  if (change.kind === 'write') to.write(change.at, change.bytes);
  else to.resize(change.size);
}

/** Bytes that grow, with holes of zeros. */
class Growing {
  private bytes = new Uint8Array(0);
  size = 0;

  read(at: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, this.size - at));
    into.set(this.bytes.subarray(at, at + count));
    return count;
  }

  write(at: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.resize(Math.max(this.size, at + bytes.length));
    this.bytes.set(bytes, at);
  }

  resize(size: number): void {
    if (size > this.bytes.length) {
      const larger = new Uint8Array(Math.max(size, this.bytes.length * 2, 4096));
      larger.set(this.all());
      this.bytes = larger;
    } else if (size < this.size) {
      this.bytes.fill(0, size, this.size);
    }
    this.size = size;
  }

  all(): Uint8Array {
    return this.bytes.subarray(0, this.size);
  }

  become(other: Growing): void {
    this.resize(0);
    this.write(0, other.all());
    this.resize(other.size);
  }
}
