import { Socket } from 'node:net';
import { homedir } from 'node:os';
import { oldestProtocol, protocolVersion, type Build, type Endpoint } from '../wire/handshake';
import { AttachError } from './failure';
import { greetSidecar, type ClientKind, type ClientOutcome } from './handshake';
import { launch, problemIn, sidecarExit, tailOf, type NodeProgram } from './launch';
import { shouldAskHandOver } from './order';
import {
  dataHome,
  readEndpoint,
  readRoot,
  readToken,
  realRoot,
  startLog,
  stateFolder,
  type Environment,
} from './places';

export interface AttachOptions {
  /** The workspace folder. */
  readonly root: string;
  readonly build: Build;
  readonly client: ClientKind;
  /** What runs the sidecar. */
  readonly node: NodeProgram;
  /** The sidecar's script. */
  readonly sidecar: string;
  /** The caller's environment; a started sidecar inherits only its harmless part. */
  readonly env: Environment;
  /** Whether to start a sidecar where none answers. */
  readonly start: boolean;
  readonly signal: AbortSignal;
  readonly log: (message: string, facts?: object) => void;
  /** How long a started sidecar may take until it answers, in milliseconds; 10,000 unless given. */
  readonly patienceMs?: number;
  /**
   * Asks an older sidecar, over the attachment given, to end in favour of this build and answers
   * whether it will. Left out, an older sidecar is used as it is.
   */
  readonly handOver?: (attachment: Attachment) => Promise<boolean>;
}

/** A proven connection; JSON-RPC begins with the next byte of `socket`. */
export interface Attachment {
  readonly socket: Socket;
  readonly epoch: string;
  readonly workspace: string;
  /** The sidecar's build. */
  readonly build: Build;
  readonly endpoint: Endpoint;
  /** Whether this call had to start the sidecar. */
  readonly started: boolean;
}

interface Absent {
  readonly kind: 'absent';
  readonly why: string;
  readonly endpoint?: Endpoint;
}

/** What looking for a sidecar found. */
type Sight =
  | { readonly kind: 'attached'; readonly attachment: Omit<Attachment, 'started'> }
  | Absent
  | { readonly kind: 'mismatch'; readonly problem: AttachError };

/**
 * Attaches to the sidecar of a workspace, starting one where none answers. Several clients may do so
 * at once: the sidecars they start settle by their lock which one serves, and all clients meet there.
 * Throws an `AttachError` with a `sidecar.*`, `workspace.notGit` or `data.*` problem, or the signal's reason.
 */
export async function attach(options: AttachOptions): Promise<Attachment> {
  const state = stateFolder(options.env, process.platform, options.env.HOME ?? homedir());
  const root = await realRoot(options.root);
  const first = await attachOnce(options, state, root);
  if (options.handOver === undefined || !shouldAskHandOver(options.build, first.build)) return first;
  const gone = new Promise<void>((resolve) => first.socket.once('close', () => resolve()));
  const agreed = await options.handOver(first);
  options.log('asked an older sidecar to hand over', { agreed, theirs: first.build, mine: options.build });
  if (agreed) await Promise.race([gone, pause(5000, options.signal)]);
  // Whoever asked has read from the socket already, so the way on is a new one even after a refusal.
  first.socket.destroy();
  return attachOnce(options, state, root);
}

async function attachOnce(options: AttachOptions, state: string, root: string): Promise<Attachment> {
  const seen = await look(options, state, root);
  if (seen.kind === 'mismatch') throw seen.problem;
  if (seen.kind === 'attached') return { ...seen.attachment, started: false };
  if (!options.start) throw new AttachError('sidecar.failed', { detail: seen.why });
  options.log('starting a sidecar', { root, why: seen.why });
  return startAndAttach(options, state, root);
}

async function startAndAttach(options: AttachOptions, state: string, root: string): Promise<Attachment> {
  const { node, sidecar, env, log } = options;
  const start = () => {
    const child = launch(node, sidecar, ['serve', '--root', root], env, startLog(state, root));
    log('started a sidecar', { pid: child.pid });
    return { child, at: performance.now() };
  };
  const deadline = performance.now() + (options.patienceMs ?? 10_000);
  let tried = start();
  let lockHeld = false;
  for (let wait = 10; ; wait = Math.min(wait * 1.5, 100)) {
    await pause(wait, options.signal);
    const seen = await look(options, state, root);
    if (seen.kind === 'mismatch') throw seen.problem;
    if (seen.kind === 'attached') return { ...seen.attachment, started: true };
    const ended = tried.child.ended();
    lockHeld = ended === undefined ? lockHeld : ended.code === sidecarExit.lockHeld;
    if (ended !== undefined && !lockHeld && ended.code !== sidecarExit.done)
      throw await failure(state, root, ended.detail);
    if (performance.now() > deadline) {
      // It may hold the lock, and a sidecar that never answers would bar the way for ever.
      tried.child.end();
      throw await timedOut(state, root, seen, lockHeld);
    }
    // The owner of the lock may be one that is just ending; then the place is free for another try.
    if (ended !== undefined && performance.now() - tried.at > 750) tried = start();
  }
}

/** Looks once, without starting anything. */
async function look(options: AttachOptions, state: string, root: string): Promise<Sight> {
  const workspace = await readRoot(state, root);
  if (workspace === undefined) return { kind: 'absent', why: 'the workspace has no data folder yet' };
  const home = dataHome(state, workspace);
  const [endpoint, token] = [await readEndpoint(home), await readToken(home)];
  if (endpoint === undefined || token === undefined)
    return { kind: 'absent', why: 'no sidecar is announced' };
  const socket = await connect(endpoint.address, options.signal);
  if (socket === undefined)
    return { kind: 'absent', why: `nothing listens at ${endpoint.address}`, endpoint };
  const outcome = await greetSidecar(socket, { token, build: options.build, client: options.client });
  if (!outcome.ok) return explain(outcome, endpoint);
  // Whoever holds the token speaks for this workspace; an endpoint file of another life is only late.
  const { epoch, build } = outcome;
  return { kind: 'attached', attachment: { socket, epoch, workspace: outcome.workspace, build, endpoint } };
}

function explain(outcome: Exclude<ClientOutcome, { ok: true }>, endpoint: Endpoint): Sight {
  switch (outcome.reason) {
    case 'tooOld':
      return mismatch('sidecar.tooOld', outcome.protocol, oldestProtocol);
    case 'tooNew':
      return mismatch('sidecar.tooNew', outcome.protocol, protocolVersion);
    case 'refused':
      return outcome.code === 'tooOld'
        ? mismatch('sidecar.tooNew', outcome.detail, protocolVersion)
        : { kind: 'absent', why: `refused: ${outcome.detail}`, endpoint };
    case 'untrusted':
    case 'rubbish':
    case 'oversized':
    case 'silent':
    case 'closed':
      return { kind: 'absent', why: outcome.reason, endpoint };
  }
}

function mismatch(code: 'sidecar.tooOld' | 'sidecar.tooNew', found: number | string, needed: number): Sight {
  return { kind: 'mismatch', problem: new AttachError(code, { found, needed }) };
}

async function failure(state: string, root: string, detail: string): Promise<AttachError> {
  const printed = tailOf(startLog(state, root));
  const known = problemIn(printed);
  if (known !== undefined) return new AttachError(known.code, known.args);
  const workspace = await readRoot(state, root).catch(() => undefined);
  const logged = workspace === undefined ? '' : tailOf(dataHome(state, workspace).log, 1000);
  return new AttachError('sidecar.failed', { detail: [detail, printed, logged].filter(Boolean).join('\n') });
}

async function timedOut(state: string, root: string, seen: Absent, lockHeld: boolean): Promise<AttachError> {
  const { why, endpoint } = seen;
  if (!lockHeld) return failure(state, root, `it did not answer in time (${why})`);
  if (endpoint !== undefined && (why === 'untrusted' || why === 'rubbish' || why === 'oversized'))
    return new AttachError('sidecar.untrusted', { path: endpoint.address });
  return new AttachError('sidecar.busy', { pid: endpoint?.pid ?? 'unknown' });
}

/** A connected socket, or undefined when nobody listens there. */
function connect(address: string, signal: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const socket = new Socket();
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const give = (value: Socket | undefined) => settle(() => resolve(value));
    const onAbort = () => {
      socket.destroy();
      settle(() => reject(signal.reason as Error));
    };
    const timer = setTimeout(() => {
      socket.destroy();
      give(undefined);
    }, 1000);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => give(socket));
    socket.on('error', () => give(undefined));
    try {
      socket.connect(address);
    } catch {
      // An address too long for the system throws at once instead of failing later.
      give(undefined);
    }
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
