import { strict as assert } from 'node:assert';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { greetClient, greetSidecar, type ClientSide, type SidecarSide } from '../../../schemas/link';

const token = 'f'.repeat(64);
const build = { version: '1.0.0', stamp: 1 };
const mine: ClientSide = { token, build, client: 'test' };
const theirs: SidecarSide = { token, build, epoch: 'e-1', workspace: 'ws-1' };

describe('handshake', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'symphony-hs-'));
  let server: Server;
  let accepted: (socket: Socket) => void;
  const opened: Socket[] = [];
  before((done) => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      accepted(socket);
    }).listen(path.join(folder, 's'), done);
  });
  after((done) => {
    for (const socket of opened) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
    server.close(done);
  });

  /** Two connected sockets: the client's and the sidecar's end. */
  async function pair(): Promise<[Socket, Socket]> {
    const far = new Promise<Socket>((resolve) => (accepted = resolve));
    const near = connect(path.join(folder, 's'));
    near.on('error', () => undefined);
    opened.push(near, await far);
    return [near, await far];
  }

  async function check(
    client: Partial<ClientSide>,
    sidecar: Partial<SidecarSide>,
    expected: { client: object; sidecar: object },
  ) {
    const [near, far] = await pair();
    const [one, two] = await Promise.all([
      greetSidecar(near, { ...mine, ...client }),
      greetClient(far, { ...theirs, ...sidecar }),
    ]);
    near.destroy();
    far.destroy();
    assert.deepEqual({ client: one, sidecar: two }, expected);
  }

  it('lets two holders of one token meet', () =>
    check(
      {},
      {},
      {
        client: { ok: true, epoch: 'e-1', workspace: 'ws-1', build },
        sidecar: { ok: true, client: 'test', build },
      },
    ));

  it('gives nothing away to a sidecar with another token', () =>
    check(
      { token: '0'.repeat(64) },
      {},
      {
        client: { ok: false, reason: 'untrusted' },
        sidecar: { ok: false, reason: 'closed' },
      },
    ));

  it('names protocols that do not meet', async () => {
    await check(
      { oldest: 3, protocol: 4 },
      { protocol: 2 },
      {
        client: { ok: false, reason: 'tooOld', protocol: 2 },
        sidecar: { ok: false, reason: 'closed' },
      },
    );
    await check(
      {},
      { protocol: 8, oldest: 5 },
      {
        client: { ok: false, reason: 'tooNew', protocol: 8 },
        sidecar: { ok: false, reason: 'closed' },
      },
    );
  });

  it('refuses a client that cannot prove itself, and says so', async () => {
    const [near, far] = await pair();
    const outcome = greetClient(far, theirs);
    const hello = { type: 'hello', protocol: 1, build, client: 'test', nonce: '0'.repeat(64) };
    near.write(`${JSON.stringify(hello)}\n${JSON.stringify({ type: 'proof', proof: '0'.repeat(64) })}\n`);
    let heard = '';
    near.on('data', (data) => (heard += String(data)));
    assert.deepEqual(await outcome, { ok: false, reason: 'unproven' });
    await new Promise((resolve) => near.once('close', resolve));
    assert.match(heard, /"refusal","code":"unproven"/);
  });

  it('refuses a played-back challenge as proof', async () => {
    const [near, far] = await pair();
    const outcome = greetClient(far, theirs);
    near.write(
      `${JSON.stringify({ type: 'hello', protocol: 1, build, client: 'test', nonce: '0'.repeat(64) })}\n`,
    );
    near.once('data', (data) => {
      const { proof } = JSON.parse(String(data)) as { proof: string };
      near.write(`${JSON.stringify({ type: 'proof', proof })}\n`);
    });
    assert.deepEqual(await outcome, { ok: false, reason: 'unproven' });
    near.destroy();
  });

  it('hands every byte after its last line on, however the bytes are cut', async () => {
    // Both sides speak through a relay that cuts the stream at each byte and glues a message on.
    const after = 'Content-Length: 2\r\n\r\n{}';
    for (const size of [1, 2, 7, 64, 5000]) {
      const [near, far] = await pair();
      const [inner, outer] = await pair();
      relay(inner, near, size, after);
      relay(near, inner, size, '');
      const [client, sidecar] = await Promise.all([greetSidecar(outer, mine), greetClient(far, theirs)]);
      assert.equal(client.ok && sidecar.ok, true, `cut into ${size}`);
      let heard = '';
      await new Promise<void>((resolve) => {
        far.on('data', (data) => {
          heard += String(data);
          if (heard.length >= after.length) resolve();
        });
      });
      assert.equal(heard, after);
      for (const socket of [near, far, inner, outer]) socket.destroy();
    }
  });

  it('keeps what the client sent along with its proof even when it ends at once', async () => {
    const [near, far] = await pair();
    const outcome = greetClient(far, { ...theirs });
    const greeting = greetSidecar(near, mine);
    near.write(''); // nothing yet
    await greeting;
    near.end('first words');
    assert.equal((await outcome).ok, true);
    let heard = '';
    for await (const chunk of far) heard += String(chunk);
    assert.equal(heard, 'first words');
  });

  it('ends with a typed answer whatever a stranger says', async () => {
    const words = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.json({ maxDepth: 2 }),
      fc.constant('x'.repeat(5000)),
      fc.constant(JSON.stringify({ type: 'hello', protocol: 1, build, client: 'test', nonce: 'short' })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 3 }), async (lines) => {
        const [near, far] = await pair();
        const outcome = greetClient(far, { ...theirs, milliseconds: 200 });
        near.end(lines.map((line) => `${line}\n`).join(''));
        near.resume();
        const { ok } = await outcome;
        assert.equal(ok, false);
        near.destroy();
      }),
      { numRuns: 60 },
    );
  });

  it('allows lines of 4,096 bytes and no more', async () => {
    const spoken = JSON.stringify({
      type: 'hello',
      protocol: 1,
      build,
      client: 'test',
      nonce: '0'.repeat(64),
    });
    for (const [length, reason] of [
      [4096, 'closed'],
      [4097, 'oversized'],
    ] as const) {
      const [near, far] = await pair();
      const outcome = greetClient(far, theirs);
      near.end(`${spoken}${' '.repeat(length - spoken.length)}\n`);
      near.resume();
      assert.deepEqual(await outcome, { ok: false, reason });
    }
  });

  it('waits no longer than its limit for the whole talk, however slowly it drips', async () => {
    const [near, far] = await pair();
    const drip = setInterval(() => near.write('x'), 20);
    const began = performance.now();
    const outcome = await greetClient(far, { ...theirs, milliseconds: 300 });
    clearInterval(drip);
    near.destroy();
    assert.deepEqual(outcome, { ok: false, reason: 'silent' });
    assert.ok(performance.now() - began < 10_000);
  });
});

/** Passes bytes on in pieces of `size`; after the second line (the client's proof) it adds `extra`. */
function relay(from: Socket, to: Socket, size: number, extra: string): void {
  let lines = 0;
  from.on('data', (data) => {
    const glued: number[] = [];
    for (const byte of data) {
      glued.push(byte);
      if (byte === 0x0a && ++lines === 2 && extra !== '') glued.push(...Buffer.from(extra));
    }
    for (let at = 0; at < glued.length; at += size) to.write(Buffer.from(glued.slice(at, at + size)));
  });
}
