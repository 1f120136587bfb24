import { duplexPair, type Duplex } from 'node:stream';
import { silentLog, type Clock, type Context } from '../../../server/base';
import { systemClock, systemRandom } from '../../../server/base/node';
import {
  attachPeer,
  createBus,
  type Bus,
  type BusOptions,
  type Peer,
  type PeerInfo,
} from '../../../server/bus';
import {
  kinds,
  Envelope,
  Names,
  readEnvelope,
  roomFor,
  writeFrame,
  type Kind,
} from '../../../server/bus/envelope';
import { FrameSplitter } from '../../../server/bus/frames';
import { pack } from '../../../server/bus/payload';

export const ctx = (signal: AbortSignal = new AbortController().signal): Context => ({
  signal,
  log: silentLog,
});

export const everything = { request: ['#'], notify: ['#'], handle: ['#'], publish: ['#'], subscribe: ['#'] };

/** A bus on the machine's clock, or on another. */
export const newBus = (options: Partial<BusOptions> = {}): Bus =>
  createBus({ clock: systemClock, log: silentLog, ...options });

/** A peer over a pair of streams in this process. */
export function join(bus: Bus, name: string, info: Partial<PeerInfo> = {}, clock: Clock = systemClock): Peer {
  const [ours, theirs] = duplexPair() as [Duplex, Duplex];
  bus.attach(ours, { name, capabilities: everything, ...info });
  return attachPeer(theirs, { clock, random: systemRandom, log: silentLog });
}

export interface Said {
  readonly kind: Kind;
  readonly correlation?: number;
  readonly priority?: number;
  readonly deadline?: number;
  readonly count?: number;
  readonly type?: string;
  readonly payload?: unknown;
  /** Instead of a payload: bytes as they are. */
  readonly raw?: Buffer;
}

/** One frame with its length. */
export function frame({
  kind,
  correlation = 0,
  priority = 2,
  deadline = 0,
  count = 0,
  type = '',
  payload,
  raw,
}: Said): Buffer {
  const bytes = raw ?? pack(payload);
  const out = Buffer.alloc(roomFor(type, bytes.length));
  const end = writeFrame(
    out,
    0,
    kind,
    priority,
    correlation,
    1,
    deadline,
    count,
    type,
    bytes,
    0,
    bytes.length,
  );
  return out.subarray(0, end);
}

/** A body behind its length. */
export function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** The other end of a connection, spoken by hand: what came, and a way to say anything. */
export class RawPeer {
  readonly heard: (Omit<Said, 'payload'> & { readonly kind: Kind; readonly payload: Buffer })[] = [];
  closed = false;
  private readonly splitter = new FrameSplitter();
  private readonly names = new Names();

  constructor(
    readonly stream: Duplex,
    reads = true,
  ) {
    stream
      .on('close', () => (this.closed = true))
      .on('end', () => (this.closed = true))
      .on('error', () => undefined);
    if (reads) this.read();
  }

  read(): void {
    this.stream.on('data', (chunk: Buffer) => {
      this.splitter.push(chunk, (bytes, start, end) => {
        const envelope = new Envelope();
        const fault = readEnvelope(bytes, start, end, envelope, this.names);
        if (fault !== undefined) throw new Error(fault);
        const { kind, correlation, priority, deadline, count, type, payloadStart, payloadEnd } = envelope;
        const payload = Buffer.from(bytes.subarray(payloadStart, payloadEnd));
        this.heard.push({ kind, correlation, priority, deadline, count, type, payload });
        return true;
      });
    });
  }

  say(...said: readonly Said[]): void {
    this.stream.write(Buffer.concat(said.map(frame)));
  }

  /** Why the bus said goodbye; undefined while it has not. */
  get goodbye(): string | undefined {
    const bye = this.heard.find(({ kind }) => kind === kinds.bye);
    return bye && /code.(.+)$/s.exec(bye.payload.toString('latin1'))?.[1];
  }
}

export function joinRaw(bus: Bus, name: string, info: Partial<PeerInfo> = {}, reads = true): RawPeer {
  const [ours, theirs] = duplexPair() as [Duplex, Duplex];
  bus.attach(ours, { name, capabilities: everything, ...info });
  return new RawPeer(theirs, reads);
}

/** Waits until it holds; fails after two seconds with what was waited for. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const give = performance.now() + 2000;
  while (!holds()) {
    if (performance.now() > give) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
