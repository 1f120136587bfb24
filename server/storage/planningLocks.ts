import { link, lstat, open, readFile, rename, unlink } from 'node:fs/promises';
import { problem, type Clock, type Context, type Random } from '../base';
import { isCode } from '../base/node';

/** How one of GSD's two locks looks and how long one waits for it. */
export interface LockKind {
  /** Milliseconds until a living holder is given up on. */
  readonly wait: number;
  /** Milliseconds until the next look; `chance` is in [0, 1). */
  readonly pause: (chance: number) => number;
  readonly body: (owner: { readonly pid: number; readonly root: string; readonly now: number }) => string;
  /** The holder's process id, if the body names one. */
  readonly holder: (body: string) => number | undefined;
}

/** `.planning/.lock`: what changes roadmaps, phases and settings holds it. Numbers are gsd-core's. */
export const treeLock: LockKind = {
  wait: 10_000,
  pause: () => 100,
  body: ({ pid, root, now }) => JSON.stringify({ pid, cwd: root, acquired: new Date(now).toISOString() }),
  holder: (body) => {
    try {
      return processId((JSON.parse(body) as { pid?: unknown } | null)?.pid);
    } catch {
      return undefined;
    }
  },
};

/** `STATE.md.lock`: what changes STATE.md holds it. Numbers are gsd-core's. */
export const stateLock: LockKind = {
  wait: 30_000,
  pause: (chance) => 200 + Math.floor(chance * 50),
  body: ({ pid }) => String(pid),
  holder: (body) => (/^\s*[1-9]\d*\s*$/.test(body) ? processId(Number(body)) : undefined),
};

/** A living holder is believed for this long; an older lock was left by a process whose id was given anew. */
const longestHold = 60_000;
/** A body without a process id may still be on its way into the file for this long. */
const beingCreated = 1_000;

export interface HeldLock {
  /** Removes the lock if it is still the one that was taken. */
  release(): Promise<void>;
}

export interface LockRequest {
  /** Absolute path of the lock. */
  readonly file: string;
  /** How messages name it. */
  readonly name: string;
  readonly kind: LockKind;
  readonly root: string;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Takes a lock as gsd-core does: by exclusive creation, stealing only from the dead. Throws
 * `planning.locked` after the kind's waiting time, and the system's error where nothing can be created.
 */
export async function holdLock(ctx: Context, request: LockRequest): Promise<HeldLock> {
  const { file, kind, clock, random } = request;
  const started = clock.monotonic();
  for (;;) {
    ctx.signal.throwIfAborted();
    const body = kind.body({ pid: process.pid, root: request.root, now: clock.now() });
    if (await create(request, body)) {
      const own = await look(file);
      return { release: () => release(file, own) };
    }
    const found = await look(file);
    if (found !== undefined && mayBeStolen(found, kind, clock.now())) {
      ctx.log.info('a lock without a living holder is removed', { lock: request.name });
      if (await steal(request, found)) continue;
    }
    if (clock.monotonic() - started >= kind.wait) {
      const pid = kind.holder(found?.body ?? '') ?? '?';
      throw problem('planning.locked', { file: request.name, pid, seconds: kind.wait / 1000 });
    }
    await clock.sleep(kind.pause(random.next()), ctx.signal);
  }
}

interface Found {
  readonly body: string;
  readonly identity: string;
  /** Milliseconds since the epoch; endless for what is no file and so no program's lock. */
  readonly changed: number;
}

async function look(file: string): Promise<Found | undefined> {
  try {
    const found = await lstat(file);
    const identity = `${found.dev}:${found.ino}`;
    if (!found.isFile() || found.size > 64 * 1024) return { body: '', identity, changed: Infinity };
    return { body: await readFile(file, 'utf8'), identity, changed: found.mtimeMs };
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

function mayBeStolen({ body, changed }: Found, kind: LockKind, now: number): boolean {
  const pid = kind.holder(body);
  const age = now - changed;
  if (pid === undefined) return age > beingCreated;
  return !isAlive(pid) || age > longestHold;
}

/** Moves the lock aside if it is still the one that was looked at; of several processes one succeeds. */
async function steal({ file, random }: LockRequest, found: Found): Promise<boolean> {
  const now = await look(file);
  if (now === undefined) return true;
  if (now.identity !== found.identity || now.body !== found.body) return false;
  const aside = `${file}.stale-${process.pid}-${hex(random)}`;
  try {
    await rename(file, aside);
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT')) return false;
    throw thrown;
  }
  const moved = await look(aside);
  // Somebody stole and took it between the look and the rename: theirs goes back.
  const isOther = moved !== undefined && moved.body !== found.body;
  if (isOther) await link(aside, file).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
  return !isOther;
}

/**
 * Creates the lock with its body in one step where the file system has hard links: gsd-core takes
 * `.planning/.lock` with an empty body for abandoned at once.
 */
async function create({ file, random }: LockRequest, body: string): Promise<boolean> {
  const prepared = `${file}.${process.pid}-${hex(random)}.new`;
  await writeNew(prepared, body);
  try {
    await link(prepared, file);
    return true;
  } catch (thrown) {
    if (isCode(thrown, 'EEXIST')) return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].some((code) => isCode(thrown, code))) throw thrown;
  } finally {
    await unlink(prepared).catch(() => undefined);
  }
  try {
    await writeNew(file, body);
    return true;
  } catch (thrown) {
    if (isCode(thrown, 'EEXIST')) return false;
    throw thrown;
  }
}

async function writeNew(file: string, body: string): Promise<void> {
  const handle = await open(file, 'wx', 0o644);
  try {
    await handle.writeFile(body);
  } finally {
    await handle.close();
  }
}

async function release(file: string, own: Found | undefined): Promise<void> {
  const found = await look(file).catch(() => undefined);
  const isOurs = found?.body === own?.body && found?.identity === own?.identity;
  if (isOurs) await unlink(file).catch(() => undefined);
}

const hex = (random: Random): string => Buffer.from(random.bytes(6)).toString('hex');

const processId = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;

/** A process of another user lives as well. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return isCode(thrown, 'EPERM');
  }
}
