import { Envelope, Names, readEnvelope, type EnvelopeFault } from './envelope';
import { FrameSplitter, type FrameFault } from './frames';
import type { PeerLimits } from './limits';
import { TokenBucket } from './tokenBucket';

/**
 * Turns the bytes of one connection into envelopes, and knows how fast they come. Pure: times come in, and what is
 * to be done comes out.
 */
export class Inlet {
  private readonly envelope = new Envelope();
  private readonly names = new Names();
  private readonly splitter: FrameSplitter;
  private readonly bucket: TokenBucket;
  private withinSince = -1;
  private fault: FrameFault | EnvelopeFault | undefined;
  /** Messages in the last chunk. */
  messages = 0;

  /** `message` says whether to go on. */
  constructor(
    private readonly limits: PeerLimits,
    now: number,
    private readonly message: (envelope: Envelope) => boolean,
  ) {
    this.splitter = new FrameSplitter(limits.messageBytes);
    this.bucket = new TokenBucket(limits.messagesPerSecond, limits.burst, now);
  }

  /** Shows every message that is now whole. Answers what was wrong, after which nothing more is read. */
  read(chunk: Buffer, now: number): FrameFault | EnvelopeFault | undefined {
    this.messages = 0;
    const fault = this.splitter.push(chunk, this.body) ?? this.fault;
    if (!this.splitter.within) this.withinSince = -1;
    else if (this.messages > 0 || this.withinSince < 0) this.withinSince = now;
    return fault;
  }

  /** How many milliseconds reading must rest after the last chunk to keep to the rate. */
  rest(now: number): number {
    return this.bucket.take(this.messages, now);
  }

  /** Whether a frame has begun and takes too long. */
  isSlow(now: number): boolean {
    return this.withinSince >= 0 && now - this.withinSince > this.limits.stallMs;
  }

  private readonly body = (bytes: Buffer, start: number, end: number): boolean => {
    this.messages++;
    this.fault = readEnvelope(bytes, start, end, this.envelope, this.names);
    return this.fault === undefined && this.message(this.envelope);
  };
}
