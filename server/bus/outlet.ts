import type { Writable } from 'node:stream';
import type { Clock } from '../base';
import type { Counters } from './counters';
import type { Kind } from './envelope';
import { Outbox, type QueueOwner } from './outbox';

/**
 * Writes what waits for one connection: everything that was queued in a turn of the loop goes out at the turn's end in
 * as few pieces as there can be, and nothing goes while the stream has no room.
 */
export class Outlet {
  readonly outbox = new Outbox();
  private flushing = false;
  /** The moment the turn began, so that its messages need not ask the clock each. */
  private turn = 0;
  private blockedSince = -1;

  /** `drained` is called when nothing waits any more; `failed` hears of what would have ended the loop. */
  constructor(
    private readonly stream: Writable,
    private readonly clock: Clock,
    private readonly counters: Counters,
    private readonly drained: () => void,
    private readonly failed: (thrown: unknown) => void,
  ) {
    stream.on('drain', () => this.unblock());
  }

  /** Whether what is added now goes without delay. */
  get idle(): boolean {
    return this.blockedSince < 0 && this.outbox.count === 0;
  }

  /** Whether the other side has read nothing for longer than `milliseconds`, though something waits for it. */
  isStalled(now: number, milliseconds: number): boolean {
    return this.blockedSince >= 0 && now - this.blockedSince > milliseconds;
  }

  add(
    kind: Kind,
    priority: number,
    correlation: number,
    deadline: number,
    count: number,
    type: string,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
    owner: QueueOwner | undefined,
  ): void {
    const { clock } = this;
    if (!this.flushing) {
      this.turn = clock.monotonic();
      if (this.blockedSince < 0) {
        this.flushing = true;
        queueMicrotask(this.flush);
      }
    }
    this.counters.sent++;
    // prettier-ignore
    this.outbox.add(
      kind, priority, correlation, clock.now(), deadline, count, type,
      payload, payloadStart, payloadEnd, this.turn, owner,
    );
  }

  /** Writes what can be written now. */
  write(): void {
    const { stream, outbox } = this;
    while (outbox.count > 0 && this.blockedSince < 0 && stream.writable) {
      const pieces = outbox.take(this.turn, bytesAtOnce);
      let room = true;
      if (pieces.length > 1) stream.cork();
      for (const piece of pieces) {
        this.counters.sentBytes += piece.length;
        room = stream.write(piece);
      }
      if (pieces.length > 1) stream.uncork();
      if (!room) this.blockedSince = this.clock.monotonic();
    }
    if (outbox.count === 0) this.drained();
  }

  /** Ends the stream; one who does not read its end is not waited for. */
  end(): void {
    const { stream } = this;
    const farewell = new AbortController();
    stream.once('close', () => farewell.abort());
    stream.end();
    this.clock.sleep(farewellMs, farewell.signal).then(
      () => stream.destroy(),
      () => undefined,
    );
  }

  private readonly flush = (): void => {
    this.flushing = false;
    try {
      if (this.blockedSince < 0) this.write();
    } catch (thrown) {
      this.failed(thrown);
    }
  };

  private unblock(): void {
    this.blockedSince = -1;
    this.turn = this.clock.monotonic();
    this.flush();
  }
}

const bytesAtOnce = 256 * 1024;
const farewellMs = 500;
