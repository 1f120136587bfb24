import { mostFrameBytes } from './limits';

/** Bytes of the length before each body: an unsigned 32-bit number, big-endian, that does not count itself. */
export const lengthBytes = 4;

/** Why a length was not believed. */
export type FrameFault = 'frame.empty' | 'frame.tooLong';

/** Looks at one body, `bytes[start, end)`, which is valid during the call alone; false ends the splitting. */
export type FrameSink = (bytes: Buffer, start: number, end: number) => boolean;

/**
 * Cuts a stream of bytes into bodies. Bodies that lie whole in a chunk are shown where they lie; what is cut is
 * copied once. A length is checked before anything is set aside for it, and what is set aside grows with
 * what has come, so a false length costs nothing.
 */
export class FrameSplitter {
  private held = none;
  private heldBytes = 0;
  /** Bytes of the begun frame with its length; 0 while the length itself is not whole. */
  private needed = 0;

  constructor(private readonly most = mostFrameBytes) {}

  /** Whether a frame has begun and not ended. */
  get within(): boolean {
    return this.heldBytes > 0;
  }

  /** Shows every body that is now whole. After a fault, or a sink that said no, the splitter is not used again. */
  push(chunk: Buffer, sink: FrameSink): FrameFault | undefined {
    let at = 0;
    const { length } = chunk;
    while (at < length) {
      if (this.heldBytes > 0) {
        at = this.fill(chunk, at);
        const fault = this.learn();
        if (fault !== undefined) return fault;
        if (this.needed === 0 || this.heldBytes < this.needed) continue;
        const whole = this.needed;
        this.heldBytes = this.needed = 0;
        if (!sink(this.held, lengthBytes, whole)) return undefined;
        if (this.held.length > keptBytes) this.held = none;
        continue;
      }
      if (length - at >= lengthBytes) {
        const body = lengthAt(chunk, at);
        if (body === 0) return 'frame.empty';
        if (body > this.most) return 'frame.tooLong';
        const end = at + lengthBytes + body;
        if (end <= length) {
          if (!sink(chunk, at + lengthBytes, end)) return undefined;
          at = end;
          continue;
        }
      }
      this.makeRoom(length - at);
      chunk.copy(this.held, 0, at);
      this.heldBytes = length - at;
      return this.learn();
    }
    return undefined;
  }

  /** Copies what belongs to the begun frame; the first four bytes alone until its length is known. */
  private fill(chunk: Buffer, at: number): number {
    const wanted = this.needed === 0 ? lengthBytes : this.needed;
    const taken = Math.min(wanted - this.heldBytes, chunk.length - at);
    this.makeRoom(this.heldBytes + taken);
    chunk.copy(this.held, this.heldBytes, at, at + taken);
    this.heldBytes += taken;
    return at + taken;
  }

  private learn(): FrameFault | undefined {
    if (this.needed > 0 || this.heldBytes < lengthBytes) return undefined;
    const body = lengthAt(this.held, 0);
    if (body === 0) return 'frame.empty';
    if (body > this.most) return 'frame.tooLong';
    this.needed = lengthBytes + body;
    return undefined;
  }

  /** Doubling keeps the copying linear in what has come. */
  private makeRoom(bytes: number): void {
    if (this.held.length >= bytes) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(this.held.length * 2, this.most), 256));
    this.held.copy(larger, 0, 0, this.heldBytes);
    this.held = larger;
  }
}

const none = Buffer.alloc(0);
/** A buffer for cut frames up to this size is used again. */
const keptBytes = 64 * 1024;

function lengthAt(bytes: Buffer, at: number): number {
  return bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}
