import { Duplex } from 'node:stream';
import { silentLog, type Clock } from '../../server/base';
import { attachPeer, createBus, type Bus } from '../../server/bus';
import { Envelope, Names, readEnvelope, type Kind } from '../../server/bus/envelope';
import { FrameSplitter } from '../../server/bus/frames';
import { unpack } from '../../server/bus/payload';
import { Dice } from '../../simulation/dice';
import { envelopes, framed, inFrame, payloads } from '../unit/bus/corpus';
import { ctx, everything, frame } from '../unit/bus/support';

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** The first block to play; the ones before it have no influence on it. */
  readonly from?: number;
  /** Called after each block with the number of frames so far. */
  readonly onBlock?: (frames: number) => void;
}

export interface FuzzResult {
  readonly frames: number;
  readonly bytes: number;
  /** Frames that passed all checks, and connections that were closed. */
  readonly passed: number;
  readonly closed: number;
  readonly violations: Readonly<Record<string, number>>;
}

/** Frames of a block share a bus; every block begins with a new one and its own dice. */
export const blockFrames = 1000;
/** A block takes some 20 ms; one that takes this long hangs. */
const blockPatienceMs = 10_000;

/**
 * Sends mutated frames to a bus, in pieces cut anywhere, over connections that subscribe, handle, ask and answer.
 * Throws, naming the block, when anything throws, hangs, decodes into something unsafe or keeps others from being served.
 */
export async function fuzzFrames({ seed, count, from = 0, onBlock }: FuzzOptions): Promise<FuzzResult> {
  const failures: unknown[] = [];
  const note = (thrown: unknown): void => void failures.push(thrown);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  const sum = {
    frames: 0,
    bytes: 0,
    passed: 0,
    closed: 0,
    violations: Object.create(null) as Record<string, number>,
  };
  try {
    for (let block = from; sum.frames < count; block++) {
      const began = performance.now();
      try {
        await playBlock(new Dice(`frames/${seed}/${block}`), Math.min(blockFrames, count - sum.frames), sum);
        if (performance.now() - began > blockPatienceMs) throw new Error('it takes too long');
        if (failures.length > 0) throw failures[0];
      } catch (thrown) {
        throw new Error(
          `block ${block}: npm run fuzz -- frames --seed ${seed} --from ${block} --count ${blockFrames}`,
          { cause: thrown },
        );
      }
      onBlock?.(sum.frames);
    }
  } finally {
    process.off('unhandledRejection', note).off('uncaughtException', note);
  }
  return sum;
}

type Sum = { -readonly [key in keyof FuzzResult]: FuzzResult[key] } & {
  readonly violations: Record<string, number>;
};

async function playBlock(dice: Dice, count: number, sum: Sum): Promise<void> {
  const clock = new StillClock();
  const bus = createBus({ clock, log: silentLog, execution: { topics: ['run.#'], replay: () => [] } });
  for (const type of ['fuzz.echo', 'fuzz.#']) bus.handle(type, (payload) => payload);
  bus.handle('fuzz.count', async function* () {
    for (let i = 0; i < 5; i++) yield i;
  });
  const names = new Names();
  let attacker: Wire | undefined;
  for (let i = 0; i < count; i++) {
    const bytes = mutated(dice);
    sum.frames++;
    sum.bytes += bytes.length;
    if (readsAlone(bytes, names)) sum.passed++;
    if (attacker === undefined || attacker.over) {
      if (attacker !== undefined) sum.closed++;
      attacker = new Wire();
      bus.attach(attacker, { name: 'attacker', capabilities: everything, limits });
    }
    attacker.arrives(dice.chance(0.3) ? cut(bytes, dice) : [bytes]);
    clock.time += 1;
    if (i % 50 === 0) {
      provoke(bus, i);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  if (Object.keys(Object.prototype).length > 0) throw new Error('the prototype of all objects was changed');
  await mustServe(bus, clock);
  const { violations, peers } = bus.stats();
  if (peers.length > 2) throw new Error(`${peers.length} connections are left`);
  for (const [code, times] of Object.entries(violations))
    sum.violations[code] = (sum.violations[code] ?? 0) + times;
  if (violations['internal'] !== undefined) throw new Error('a frame made the bus throw');
  await bus.close();
}

/** The rate is no subject here: it would make the frames wait. */
const limits = { messagesPerSecond: 1e9, burst: 1e9, requests: 50, subscriptions: 50, handlers: 50 };

/** Splits, checks and decodes by itself; whether everything passed. What passes must decode, and into nothing unsafe. */
function readsAlone(bytes: Buffer, names: Names): boolean {
  let passed = true;
  const splitter = new FrameSplitter(1024 * 1024);
  const envelope = new Envelope();
  const fault = splitter.push(bytes, (body, start, end) => {
    if (readEnvelope(body, start, end, envelope, names) !== undefined) return (passed = false);
    const value = unpack(body, envelope.payloadStart, envelope.payloadEnd);
    if (typeof value === 'object' && value !== null) {
      const prototype: unknown = Object.getPrototypeOf(value);
      const usual = [
        Object.prototype,
        Array.prototype,
        Buffer.prototype,
        Uint8Array.prototype,
      ] as readonly unknown[];
      if (!usual.includes(prototype)) throw new Error('decoded into an object of another kind');
    }
    return true;
  });
  return passed && fault === undefined && !splitter.within;
}

/** Makes the bus talk to whoever has subscribed and handles. */
function provoke(bus: Bus, i: number): void {
  bus.publish('a.b', { i });
  bus.publish('run.a', { i }, { seq: i + 1 });
  bus.notify('x.y', i);
  const stop = new AbortController();
  bus.request(ctx(stop.signal), 'x.y', i).catch(() => undefined);
  if (i % 100 === 0) stop.abort();
}

async function mustServe(bus: Bus, clock: Clock): Promise<void> {
  const [ours, theirs] = pair();
  bus.attach(ours, { name: 'other', capabilities: everything });
  const other = attachPeer(theirs, {
    clock,
    random: { next: () => 0.5, bytes: (n) => new Uint8Array(n) },
    log: silentLog,
  });
  await other.connected(ctx());
  const answer = await Promise.race([
    other.request(ctx(), 'fuzz.echo', 'there?'),
    new Promise((resolve) => setTimeout(resolve, 5000).unref()),
  ]);
  if (answer !== 'there?') throw new Error('the bus no longer serves others');
  other.close();
  theirs.destroy();
  ours.destroy();
}

const parts = (dice: Dice): Buffer => {
  const kind = dice.upTo(15) as Kind;
  const type = dice.pick([
    '',
    'a.b',
    'fuzz.echo',
    'fuzz.count',
    'x.y',
    'a.*',
    '#',
    'run.a',
    'x'.repeat(dice.upTo(255)),
  ]);
  const number = () =>
    dice.pick([0, 1, 2, dice.upTo(60), dice.upTo(2 ** 31), 2 ** 40, Number.MAX_SAFE_INTEGER]);
  return frame({
    kind,
    correlation: number(),
    priority: dice.upTo(3),
    // One that has a limit is over when it comes.
    deadline: dice.chance(0.8) ? 0 : number(),
    count: number(),
    type,
    payload: value(dice, 0),
  });
};

function value(dice: Dice, depth: number): unknown {
  switch (dice.upTo(depth > 4 ? 5 : 8)) {
    case 0:
      return null;
    case 1:
      return dice.chance(0.5);
    case 2:
      return dice.pick([0, -1, 127, 128, 65_536, 2 ** 40, -(2 ** 40), 0.5, NaN, Infinity, 2 ** 60]);
    case 3:
      return 'tëxt'.repeat(dice.upTo(40));
    case 4:
      return Buffer.alloc(dice.upTo(300), dice.upTo(255));
    case 5:
      return 2n ** BigInt(dice.upTo(63));
    case 6:
      return Array.from({ length: dice.upTo(6) }, () => value(dice, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: dice.upTo(6) }, (_, i) => [
          `${dice.pick(['key', 'then', 'toJSON', '1'])}${i}`,
          value(dice, depth + 1),
        ]),
      );
  }
}

/** What the corpus holds that is not large; large ones are sent by the tests. */
const corpus = [
  ...payloads.map(({ body }) => inFrame(body)),
  ...envelopes.map(({ body }) => framed(body)),
].filter(({ length }) => length < 6000);

/** A good frame, or one of the corpus, changed in a few places; every fourth is left as it is. */
function mutated(dice: Dice): Buffer {
  let bytes: Buffer = Buffer.from(dice.chance(0.15) ? dice.pick(corpus) : parts(dice));
  if (dice.chance(0.25)) return bytes;
  for (let changes = dice.between(1, 4); changes > 0; changes--) bytes = changed(bytes, dice);
  // Mostly the length is right, or nothing behind it would ever be looked at.
  if (bytes.length > 4 && dice.chance(0.8)) bytes.writeUInt32BE(bytes.length - 4);
  return bytes;
}

function changed(bytes: Buffer, dice: Dice): Buffer {
  const at = dice.upTo(Math.max(0, bytes.length - 1));
  switch (dice.upTo(6)) {
    case 0:
      if (bytes.length > 0) bytes[at]! ^= 1 << dice.upTo(7);
      return bytes;
    case 1:
      if (bytes.length > 0)
        bytes[at] = dice.pick([0, 0x7f, 0x80, 0x9f, 0xa0, 0xc1, 0xc7, 0xd4, 0xd9, 0xdb, 0xdd, 0xdf, 0xff]);
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(dice.bytes(dice.upTo(12))),
        bytes.subarray(at),
      ]);
    case 4:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(Math.min(bytes.length, at + dice.upTo(12))),
      ]);
    case 5: {
      const other = dice.chance(0.5) ? dice.pick(corpus) : parts(dice);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(dice.upTo(other.length))]);
    }
    default:
      return Buffer.concat([bytes, bytes.subarray(at)]);
  }
}

function cut(bytes: Buffer, dice: Dice): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + dice.between(1, Math.max(1, dice.pick([1, 5, 50, bytes.length])));
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** One end of a connection: bytes arrive when they are said to, what is written is forgotten. */
class Wire extends Duplex {
  other: Wire | undefined;
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.other?.emit('data', chunk);
    done();
  }
  override _final(done: (error?: Error | null) => void): void {
    done();
    this.destroy();
  }
  get over(): boolean {
    return this.writableEnded || this.destroyed;
  }
  arrives(pieces: readonly Buffer[]): void {
    for (const piece of pieces) if (!this.over) this.emit('data', piece);
  }
}

function pair(): [Wire, Wire] {
  const [a, b] = [new Wire(), new Wire()];
  a.other = b;
  b.other = a;
  return [a, b];
}

/** A clock that moves when it is told to; who sleeps is never woken. */
class StillClock implements Clock {
  time = 0;
  now = (): number => 1_000_000 + this.time;
  monotonic = (): number => this.time;
  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((_, reject) =>
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
    );
  }
}
