import { Deque } from './deque';
import { priorityCount, roomFor, writeFrame, type Kind } from './envelope';
import { timing } from './limits';

/** Whose messages wait: a subscription counts its own, so that one cannot push out another's. */
export interface QueueOwner {
  readonly waiting: Deque<Waiting>;
  /** How many of them have neither gone nor been dropped. */
  queued: number;
}

/** A frame that waits to be written. */
export interface Waiting {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly priority: number;
  /** Milliseconds of the monotonic clock. */
  readonly since: number;
  readonly owner: QueueOwner | undefined;
  /** Gone, or dropped. */
  done: boolean;
}

/**
 * What waits to be written to one connection. Frames are written one behind the other into larger buffers, so that
 * neighbours go out as one piece; by priority, and a waiting one rises with time.
 */
export class Outbox {
  private readonly queues = Array.from({ length: priorityCount }, () => new Deque<Waiting>());
  private chunk = Buffer.alloc(0);
  private at = 0;
  private chunkBytes = firstChunkBytes;
  private tombs = 0;
  /** How many messages and bytes wait. */
  count = 0;
  bytes = 0;
  /** How many of them belong to nobody's subscription. */
  unowned = 0;

  add(
    kind: Kind,
    priority: number,
    correlation: number,
    time: number,
    deadline: number,
    count: number,
    type: string,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
    now: number,
    owner?: QueueOwner,
  ): void {
    const room = roomFor(type, payloadEnd - payloadStart);
    if (this.chunk.length - this.at < room) this.nextChunk(room);
    const start = this.at;
    const { chunk } = this;
    // prettier-ignore
    const end = writeFrame(
      chunk, start, kind, priority, correlation, time, deadline, count, type, payload, payloadStart, payloadEnd,
    );
    this.at = end;
    const waiting: Waiting = { buffer: chunk, start, end, priority, since: now, owner, done: false };
    this.queues[priority]!.push(waiting);
    this.count++;
    this.bytes += end - start;
    if (owner === undefined) this.unowned++;
    else {
      owner.waiting.push(waiting);
      owner.queued++;
    }
  }

  /** Gives up the oldest message of `owner`; false when it has none. */
  dropOldest(owner: QueueOwner): boolean {
    let oldest = owner.waiting.shift();
    while (oldest?.done) oldest = owner.waiting.shift();
    if (oldest === undefined) return false;
    oldest.done = true;
    owner.queued--;
    this.count--;
    this.bytes -= oldest.end - oldest.start;
    // What is dropped stays in its queue as a tomb until half of all is tombs.
    if (++this.tombs > 64 && this.tombs > this.count) this.bury();
    return true;
  }

  /** Gives up everything of `owner`. */
  dropAll(owner: QueueOwner): void {
    while (this.dropOldest(owner));
  }

  /** The next pieces to write, in order and about `most` bytes in all. */
  take(now: number, most: number): Buffer[] {
    const pieces: Buffer[] = [];
    let buffer: Buffer | undefined;
    let start = 0;
    let end = 0;
    let taken = 0;
    while (taken < most && this.count > 0) {
      const next = this.next(now);
      if (next === undefined) break;
      if (next.buffer !== buffer || next.start !== end) {
        if (buffer !== undefined) pieces.push(buffer.subarray(start, end));
        buffer = next.buffer;
        start = next.start;
      }
      taken += next.end - next.start;
      end = next.end;
    }
    if (buffer !== undefined) pieces.push(buffer.subarray(start, end));
    if (this.count === 0) this.bury();
    return pieces;
  }

  private next(now: number): Waiting | undefined {
    let chosen: Deque<Waiting> | undefined;
    let best = Infinity;
    for (const queue of this.queues) {
      if (queue.length === 0) continue;
      let head = queue.first();
      while (head?.done) {
        queue.shift();
        this.tombs--;
        head = queue.first();
      }
      if (head === undefined) continue;
      const rank = head.priority - (now - head.since) / timing.agingMs;
      if (rank >= best) continue;
      best = rank;
      chosen = queue;
    }
    const next = chosen?.shift();
    if (next === undefined) return undefined;
    this.count--;
    this.bytes -= next.end - next.start;
    next.done = true;
    const { owner } = next;
    if (owner === undefined) this.unowned--;
    else {
      owner.queued--;
      // Other priorities may have gone before the oldest.
      while (owner.waiting.first()?.done) owner.waiting.shift();
    }
    return next;
  }

  private bury(): void {
    if (this.tombs === 0) return;
    for (const queue of this.queues) queue.keep((waiting) => !waiting.done);
    this.tombs = 0;
  }

  /** Quiet connections have small buffers; busy ones come to large ones. */
  private nextChunk(room: number): void {
    this.chunk = Buffer.allocUnsafeSlow(Math.max(this.chunkBytes, room));
    this.at = 0;
    this.chunkBytes = Math.min(this.chunkBytes * 2, lastChunkBytes);
  }
}

const firstChunkBytes = 2048;
const lastChunkBytes = 64 * 1024;
