import { writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { problem, ProblemError, type Context } from './base';
import { jsonLog, keepHeapLean, systemClock, systemIds } from './base/node';
import { createEditorModels, startServer } from './rpc';
import { realRoot, sidecarExit, thisBuild } from '../schemas/link';
import { rotatingFile } from './rotatingLog';

/** Ten minutes without clients and work, then the sidecar ends. */
const defaultIdleMs = 10 * 60_000;

/** `serve --root <folder> [--idle-ms <n>]`: the sidecar of one workspace, until it is told to end or is idle. */
async function serve(args: readonly string[]): Promise<number> {
  keepHeapLean();
  const { root: given, idleMs } = readArguments(args);
  if (process.getBuiltinModule('node:sqlite') === undefined)
    throw problem('sidecar.noNode', { tried: `${process.execPath} ${process.version}` });
  // Loaded after the check, because rooms behind it need node:sqlite to load at all.
  const { composeService } = await import('./compose');
  const { openDataHome } = await import('./workspace');
  const { takeLock } = await import('./storage');
  const home = await openDataHome(await realRoot(given));
  const attempt = takeLock(home.lock);
  if (!attempt.taken) return sidecarExit.lockHeld;

  const logFile = rotatingFile(home.log);
  const log = jsonLog(logFile, process.env.SYMPHONY_LOG === 'debug' ? 'debug' : 'info');
  const stopping = new AbortController();
  const ctx: Context = { signal: stopping.signal, log };
  const crash = (thrown: unknown) => {
    log.error('the sidecar crashed', { detail: (thrown as Error)?.stack ?? String(thrown) });
    writeSync(2, `${(thrown as Error)?.stack ?? String(thrown)}\n`);
    process.exit(sidecarExit.crashed);
  };
  process.on('uncaughtException', crash).on('unhandledRejection', crash);

  const epoch = systemIds.next('epoch');
  const models = createEditorModels();
  const patience = modelPatience(process.env);
  const { service } = await composeService(ctx, { home, epoch, build: thisBuild, models, patience });
  const server = await startServer({
    service,
    models,
    home,
    token: home.token,
    build: thisBuild,
    epoch,
    clock: systemClock,
    log,
    env: process.env,
    temporary: tmpdir(),
    idleMs,
    checkResults: thisBuild.stamp === 0,
  });
  // A terminal that closes must not take the sidecar along; Ctrl-C and a polite kill end it cleanly.
  process.on('SIGHUP', () => log.info('the terminal it was started from closed'));
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => void server.stop('signal'));
  await server.stopped;
  stopping.abort(problem('cancelled'));
  attempt.lock.release();
  log.info('ended');
  logFile.close();
  return sidecarExit.done;
}

/** For tests: `SYMPHONY_MODEL_IDLE_MS` and `SYMPHONY_MODEL_PAUSE_MS` shorten the waits of the gateway. */
function modelPatience(env: NodeJS.ProcessEnv): { idleMs?: number; firstPauseMs?: number } {
  const milliseconds = (name: string) => {
    const value = Number(env[name] ?? NaN);
    return Number.isFinite(value) && value > 0 ? value : undefined;
  };
  const idleMs = milliseconds('SYMPHONY_MODEL_IDLE_MS');
  const firstPauseMs = milliseconds('SYMPHONY_MODEL_PAUSE_MS');
  return {
    ...(idleMs === undefined ? {} : { idleMs }),
    ...(firstPauseMs === undefined ? {} : { firstPauseMs }),
  };
}

function readArguments(args: readonly string[]): { root: string; idleMs: number } {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { root: { type: 'string' }, 'idle-ms': { type: 'string' } },
    allowPositionals: true,
  });
  if (positionals[0] !== 'serve' || values.root === undefined)
    throw problem('request.invalid', { method: 'serve', detail: 'expected: serve --root <folder>' });
  const idleMs = Number(values['idle-ms'] ?? process.env.SYMPHONY_IDLE_MS ?? defaultIdleMs);
  return { root: values.root, idleMs: Number.isFinite(idleMs) && idleMs > 0 ? idleMs : defaultIdleMs };
}

/** Tells the client that waits why no sidecar comes: the problem is the last line of standard error. */
function refuse(thrown: unknown): number {
  const found = thrown instanceof ProblemError || isAttachError(thrown) ? thrown.problem : undefined;
  const text =
    found === undefined ? ((thrown as Error)?.stack ?? String(thrown)) : JSON.stringify({ problem: found });
  writeSync(2, `${text}\n`);
  return found === undefined ? sidecarExit.crashed : sidecarExit.refused;
}

const isAttachError = (thrown: unknown): thrown is ProblemError =>
  thrown instanceof Error && thrown.name === 'AttachError';

void serve(process.argv.slice(2))
  .catch(refuse)
  .then((code) => process.exit(code));
