import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { Envelope, kinds, Names, readEnvelope } from '../../../server/bus/envelope';
import { FrameSplitter } from '../../../server/bus/frames';
import { mostFrameBytes } from '../../../server/bus/limits';
import { pack, unpack } from '../../../server/bus/payload';
import { scan } from '../../../server/bus/scan';
import { toLongForm } from '../../../server/bus';
import { envelopes, framed, inFrame, payloads } from './corpus';
import { frame } from './support';

/** The bodies found in the chunks, and the fault that ended it. */
function split(chunks: readonly Buffer[], most?: number) {
  const splitter = new FrameSplitter(most);
  const bodies: string[] = [];
  for (const chunk of chunks) {
    const fault = splitter.push(chunk, (bytes, start, end) => {
      bodies.push(bytes.toString('hex', start, end));
      return true;
    });
    if (fault !== undefined) return { bodies, fault, within: splitter.within };
  }
  return { bodies, fault: undefined, within: splitter.within };
}

const lengthOf = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

describe('frames', () => {
  it('are found whole wherever the bytes are cut', () => {
    const bodies = [Buffer.from([1]), Buffer.alloc(300, 2), Buffer.from('three')];
    const stream = Buffer.concat(bodies.map(framed));
    const hex = bodies.map((body) => body.toString('hex'));
    for (let at = 0; at <= stream.length; at++)
      assert.deepEqual(split([stream.subarray(0, at), stream.subarray(at)]), {
        bodies: hex,
        fault: undefined,
        within: false,
      });
    const single = Array.from(stream, (byte) => Buffer.from([byte]));
    assert.deepEqual(split(single).bodies, hex);
  });

  it('are found in any cutting', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 }),
        (bodies, cuts) => {
          const stream = Buffer.concat(bodies.map((body) => framed(Buffer.from(body))));
          const chunks: Buffer[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const end = at + cuts[i % cuts.length]!;
            chunks.push(stream.subarray(at, end));
            at = end;
          }
          assert.deepEqual(
            split(chunks).bodies,
            bodies.map((body) => Buffer.from(body).toString('hex')),
          );
        },
      ),
    );
  });

  it('are refused by their length before anything else comes', () => {
    assert.equal(split([lengthOf(0)]).fault, 'frame.empty');
    assert.equal(split([lengthOf(mostFrameBytes + 1)]).fault, 'frame.tooLong');
    assert.equal(split([lengthOf(2 ** 32 - 1)]).fault, 'frame.tooLong');
    assert.equal(split([lengthOf(mostFrameBytes)]).fault, undefined);
    assert.equal(split([lengthOf(mostFrameBytes - 1)]).fault, undefined);
    assert.equal(split([lengthOf(11)], 10).fault, 'frame.tooLong');
    for (let at = 1; at < 4; at++)
      assert.equal(
        split([lengthOf(2 ** 32 - 1).subarray(0, at), lengthOf(2 ** 32 - 1).subarray(at)]).fault,
        'frame.tooLong',
      );
  });

  it('of 8 MiB less one, exactly, come in small pieces without copying again and again', () => {
    for (const size of [mostFrameBytes - 1, mostFrameBytes]) {
      const stream = Buffer.concat([lengthOf(size), Buffer.alloc(size, 7)]);
      const splitter = new FrameSplitter();
      let found = 0;
      const began = performance.now();
      for (let at = 0; at < stream.length; at += 512)
        splitter.push(stream.subarray(at, at + 512), (_, start, end) => {
          found = end - start;
          return true;
        });
      assert.equal(found, size);
      // 16,000 copies of ever more bytes would take minutes.
      assert.ok(performance.now() - began < 2000);
    }
  });

  it('set little aside for what is only promised', () => {
    const before = process.memoryUsage().arrayBuffers;
    const splitters = Array.from({ length: 100 }, () => new FrameSplitter());
    for (const splitter of splitters) splitter.push(lengthOf(mostFrameBytes), () => true);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
  });

  it('that are not whole are known to be', () => {
    assert.equal(split([lengthOf(5), Buffer.from([1])]).within, true);
    assert.equal(split([lengthOf(1), Buffer.from([1])]).within, false);
  });
});

describe('the scan', () => {
  for (const { name, body, fault } of payloads)
    it(`${fault === undefined ? 'lets pass' : 'refuses'} ${name}`, () => {
      assert.equal(scan(body, 0, body.length), fault);
      // Where it lies must not matter.
      const inside = Buffer.concat([Buffer.alloc(3, 0x91), body, Buffer.alloc(5, 0xc0)]);
      assert.equal(scan(inside, 3, 3 + body.length), fault);
      if (fault === undefined) unpack(body, 0, body.length);
    });

  it('agrees with the decoder about everything that is packed', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        fc.pre(!/"(__proto__|constructor|prototype)":/.test(JSON.stringify(value)));
        const packed = pack(value);
        assert.equal(scan(packed, 0, packed.length), undefined);
        const found = unpack(packed, 0, packed.length) ?? null;
        assert.equal(JSON.stringify(found), JSON.stringify(value));
      }),
      { numRuns: 300 },
    );
  });

  it('refuses everything that is cut short', () => {
    const whole = pack({
      text: 'some text',
      list: [1, 2.5, null, true, -1, 70_000, 'ü'],
      bytes: Buffer.alloc(40),
      more: { a: 2 ** 40 },
    });
    for (let end = 0; end < whole.length; end++)
      assert.notEqual(scan(whole, 0, end), undefined, `${end} bytes`);
  });

  it('keeps what cannot be sent from being sent', () => {
    const refused = (value: unknown, detail: string | RegExp) =>
      assert.throws(
        () => pack(value),
        (thrown: { problem?: { code?: string; args?: { detail?: string } } }) =>
          thrown.problem?.code === 'bus.payload' &&
          new RegExp(detail).test(thrown.problem.args?.detail ?? ''),
      );
    refused(new Date(0), 'value.ext');
    refused('\ud800', 'value.text');
    refused(JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`), 'value.depth');
    refused(new Array(100_000).fill(1), 'value.items');
    refused({ constructor: 1 }, 'value.key');
    refused(2n ** 70n, '');
    const circle: unknown[] = [];
    circle.push(circle);
    refused(circle, '');
    assert.deepEqual(unpack(pack(2n ** 63n), 0, 9), 2n ** 63n);
  });
});

describe('the envelope', () => {
  const read = (body: Buffer) => {
    const envelope = new Envelope();
    return { fault: readEnvelope(body, 0, body.length, envelope, new Names()), envelope };
  };

  for (const { name, body, fault } of envelopes)
    it(`is refused with ${name}`, () => assert.equal(read(body).fault, fault));

  it('comes out as it went in', () => {
    const whole = fc.oneof(
      fc.nat(),
      fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      fc.integer({ min: 0, max: 200 }),
    );
    const type = fc.stringMatching(/^[a-z0-9_:/-]{1,40}(\.[a-z]{1,9}){0,6}$/);
    fc.assert(
      fc.property(whole, whole, whole, fc.nat(3), type, (correlation, deadline, count, priority, name) => {
        const given = { kind: kinds.request, correlation, deadline, count, priority, type: name };
        const { fault, envelope } = read(frame({ ...given, payload: { a: 1 } }).subarray(4));
        assert.equal(fault, undefined);
        const { kind, bytes, payloadStart, payloadEnd } = envelope;
        assert.deepEqual(
          { ...given, payload: { a: 1 } },
          {
            kind,
            correlation: envelope.correlation,
            deadline: envelope.deadline,
            count: envelope.count,
            priority: envelope.priority,
            type: envelope.type,
            payload: unpack(bytes, payloadStart, payloadEnd),
          },
        );
      }),
    );
  });

  it('is read as any library writes it', () => {
    for (const time of [1, 200, 70_000, 2 ** 31, 2 ** 32, 1_700_000_000_000]) {
      const { fault, envelope } = read(Buffer.from(pack([1, 4, 2, time, time, 0, 0, 'a.b', { x: 1 }])));
      assert.deepEqual([fault, envelope.time, envelope.correlation], [undefined, time, time]);
    }
    assert.equal(read(Buffer.from(pack([1, 4, 2, -1, 1, 0, 0, 'a', 1]))).fault, 'envelope.number');
    assert.equal(read(Buffer.from(pack([1, 4, 2, 1.5, 1, 0, 0, 'a', 1]))).fault, 'envelope.number');
  });

  it('has nothing on it that nobody sent', () => {
    assert.equal('toString' in new Envelope(), false);
    assert.equal('constructor' in new Envelope(), false);
  });

  it('is written out in full for records', () => {
    const { envelope } = read(
      frame({ kind: kinds.request, correlation: 7, deadline: 50, type: 'a.b', payload: [1] }).subarray(4),
    );
    assert.deepEqual(toLongForm(envelope, 'kit', 'sidecar'), {
      version: 1,
      kind: 'request',
      correlation_id: 'kit-7',
      message_type: 'a.b',
      metadata: { priority: 'normal', timeout_ms: 50, source_component: 'kit', target_component: 'sidecar' },
      payload: [1],
      timestamp: '1970-01-01T00:00:00.001Z',
    });
  });
});

describe('the corpus of bad frames', () => {
  it('ends the same way wherever it is cut', () => {
    const small = [
      ...payloads.map(({ name, body, fault }) => ({ name, frame: inFrame(body), fault })),
      ...envelopes.map(({ name, body, fault }) => ({ name, frame: framed(body), fault })),
    ].filter(({ frame }) => frame.length < 400);
    assert.ok(small.length > 60);
    const good = frame({ kind: kinds.event, type: 'ok' });
    for (const { name, frame: bad, fault } of small) {
      const stream = Buffer.concat([good, bad, good]);
      for (let at = 0; at <= stream.length; at++) {
        const found: (string | undefined)[] = [];
        const splitter = new FrameSplitter();
        for (const chunk of [stream.subarray(0, at), stream.subarray(at)])
          splitter.push(chunk, (bytes, start, end) => {
            found.push(readEnvelope(bytes, start, end, new Envelope(), new Names()));
            return true;
          });
        assert.deepEqual(found, [undefined, fault, undefined], `${name}, cut at ${at}`);
      }
    }
  });
});
