import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  challenge,
  handshakeLimits,
  hello,
  oldestProtocol,
  proof,
  protocolVersion,
  refusal,
  welcome,
  type Build,
} from '../wire/handshake';
import { LineError, LineTalk, type LineFailure } from './lines';

export type ClientKind = ReturnType<typeof hello.parse>['client'];

export interface ClientSide {
  readonly token: string;
  readonly build: Build;
  readonly client: ClientKind;
  /** What this side speaks; given by tests alone. */
  readonly protocol?: number;
  readonly oldest?: number;
}

/** What a client knows after the four lines. `untrusted` includes rubbish: nothing was proven. */
export type ClientOutcome =
  | { readonly ok: true; readonly epoch: string; readonly workspace: string; readonly build: Build }
  | { readonly ok: false; readonly reason: LineFailure | 'untrusted' }
  | { readonly ok: false; readonly reason: 'tooOld' | 'tooNew'; readonly protocol: number }
  | { readonly ok: false; readonly reason: 'refused'; readonly code: string; readonly detail: string };

export interface SidecarSide {
  readonly token: string;
  readonly build: Build;
  readonly epoch: string;
  readonly workspace: string;
  readonly protocol?: number;
  readonly oldest?: number;
  readonly milliseconds?: number;
}

/** What a sidecar knows after the four lines; the client was told of a refusal already. */
export type SidecarOutcome =
  | { readonly ok: true; readonly client: ClientKind; readonly build: Build }
  | { readonly ok: false; readonly reason: LineFailure | 'unproven' | 'tooOld' };

/**
 * The client's side of the talk. It sends no proof before the sidecar has proven itself, so a
 * squatter on the address learns nothing. On failure the socket is destroyed.
 */
export async function greetSidecar(socket: Socket, mine: ClientSide): Promise<ClientOutcome> {
  const outcome = await talk(socket, handshakeLimits.milliseconds, (lines) => asClient(lines, mine));
  if (!outcome.ok) socket.destroy();
  return outcome;
}

/**
 * The sidecar's side of the talk. Bytes after the client's last newline stay in the socket for whoever
 * reads next. On failure the socket is ended.
 */
export async function greetClient(socket: Socket, mine: SidecarSide): Promise<SidecarOutcome> {
  const outcome = await talk(socket, mine.milliseconds ?? handshakeLimits.milliseconds, (lines) =>
    asSidecar(lines, mine),
  );
  if (!outcome.ok) socket.destroySoon();
  return outcome;
}

async function asClient(lines: LineTalk, mine: ClientSide): Promise<ClientOutcome> {
  const [protocol, oldest] = [mine.protocol ?? protocolVersion, mine.oldest ?? oldestProtocol];
  const nonce = randomBytes(32).toString('hex');
  lines.write({ type: 'hello', protocol, build: mine.build, client: mine.client, nonce });
  const theirs = challenge.safeParse(await lines.read());
  if (!theirs.success) return { ok: false, reason: 'untrusted' };
  const their = theirs.data;
  if (!sameText(their.proof, prove(mine.token, 'sidecar', nonce, their.nonce)))
    return { ok: false, reason: 'untrusted' };
  if (their.protocol < oldest) return { ok: false, reason: 'tooOld', protocol: their.protocol };
  if (their.oldestProtocol > protocol) return { ok: false, reason: 'tooNew', protocol: their.protocol };
  lines.write({ type: 'proof', proof: prove(mine.token, 'client', nonce, their.nonce) });
  const answer = await lines.read();
  const welcomed = welcome.safeParse(answer);
  if (welcomed.success)
    return {
      ok: true,
      epoch: welcomed.data.epoch,
      workspace: welcomed.data.workspace,
      build: their.build,
    };
  const refused = refusal.safeParse(answer);
  return refused.success
    ? { ok: false, reason: 'refused', code: refused.data.code, detail: refused.data.detail }
    : { ok: false, reason: 'rubbish' };
}

async function asSidecar(lines: LineTalk, mine: SidecarSide): Promise<SidecarOutcome> {
  const greeting = hello.safeParse(await lines.read());
  if (!greeting.success) return { ok: false, reason: 'rubbish' };
  const their = greeting.data;
  const nonce = randomBytes(32).toString('hex');
  lines.write({
    type: 'challenge',
    protocol: mine.protocol ?? protocolVersion,
    oldestProtocol: mine.oldest ?? oldestProtocol,
    build: mine.build,
    nonce,
    proof: prove(mine.token, 'sidecar', their.nonce, nonce),
  });
  const answer = proof.safeParse(await lines.read());
  if (!answer.success) return { ok: false, reason: 'rubbish' };
  if (!sameText(answer.data.proof, prove(mine.token, 'client', their.nonce, nonce))) {
    lines.write({ type: 'refusal', code: 'unproven', detail: 'the proof does not match the token' });
    return { ok: false, reason: 'unproven' };
  }
  if (their.protocol < (mine.oldest ?? oldestProtocol)) {
    lines.write({
      type: 'refusal',
      code: 'tooOld',
      detail: `protocol ${their.protocol} is no longer spoken`,
    });
    return { ok: false, reason: 'tooOld' };
  }
  lines.write({ type: 'welcome', epoch: mine.epoch, workspace: mine.workspace });
  return { ok: true, client: their.client, build: their.build };
}

async function talk<T>(
  socket: Socket,
  milliseconds: number,
  side: (lines: LineTalk) => Promise<T>,
): Promise<T | { readonly ok: false; readonly reason: LineFailure }> {
  try {
    return await side(new LineTalk(socket, milliseconds));
  } catch (thrown) {
    if (thrown instanceof LineError) return { ok: false, reason: thrown.reason };
    throw thrown;
  }
}

/** The role comes first, so that a proof of one side can never be played back as the other's. */
function prove(token: string, role: 'sidecar' | 'client', clientNonce: string, sidecarNonce: string): string {
  return createHmac('sha256', token)
    .update(role + clientNonce + sidecarNonce)
    .digest('hex');
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
