import { createTwoFilesPatch } from 'diff';
import type { Checkpoint, ClientRequests, ResultOf } from '../../schemas';
import { problem } from '../base';
import type { Job } from './job';
import { sentences } from './output';
import { belowRoot } from './settings';
import { exitCodes } from './texts';
import type { Sidecar } from './wire';

type Files = ResultOf<ClientRequests['checkpointPreview']>['files'];

const marks = { added: 'A', modified: 'M', deleted: 'D' } as const;
/** What a person has not saved is unknown to a terminal; editors tell of theirs. */
const dirty: string[] = [];

export async function listCheckpoints(
  job: Job,
  options: { readonly run?: string; readonly most?: string },
): Promise<number> {
  const run = options.run === undefined ? {} : { run: options.run };
  const { checkpoints } = await (
    await job.open()
  ).call('checkpointList', { ...run, most: Number(options.most ?? 50) || 50 });
  job.print.document({ checkpoints });
  if (checkpoints.length === 0) job.print.say('checkpointsNone');
  for (const one of checkpoints) sayCheckpoint(job, one);
  return exitCodes.done;
}

export async function createCheckpoint(job: Job, label = ''): Promise<number> {
  const made = await (await job.open()).call('checkpointCreate', { label });
  job.print.document(made);
  job.print.say('checkpointMade', { checkpoint: made.checkpoint.checkpoint });
  return exitCodes.done;
}

/** Where the repository stood then, and what differs from how files are now, as a patch from then to now. */
export async function showCheckpoint(job: Job, id: string, paths: readonly string[]): Promise<number> {
  const sidecar = await job.open();
  const checkpoint = await fullId(sidecar, id);
  const shown = await sidecar.call('checkpointShow', { checkpoint, ...below(job, paths) });
  job.print.document(shown);
  sayCheckpoint(job, shown.checkpoint);
  const { stood, files, more } = shown;
  if (stood !== null)
    job.print.say('checkpointStood', {
      branch: stood.branch ?? '–',
      head: (stood.head ?? '–').slice(0, 12),
      doing: stood.doing ?? '–',
      staged: stood.staged,
    });
  if (!job.print.json)
    for (const { path, then, now } of files) {
      const [a, b] = [await textOf(sidecar, then), await textOf(sidecar, now)];
      if (a === null || b === null) job.print.say('reviewBinary', { path });
      else job.print.raw(createTwoFilesPatch(`a/${path}`, `b/${path}`, a, b, '', '', { context: 3 }));
    }
  if (files.length === 0) job.print.say('checkpointSame');
  if (more) job.print.say('checkpointMore');
  return exitCodes.done;
}

/** Shows what restoring would do, asks, restores, and says how to take it back. */
export async function restoreCheckpoint(
  job: Job,
  id: string,
  paths: readonly string[],
  options: { readonly yes?: boolean; readonly preview?: boolean },
): Promise<number> {
  const sidecar = await job.open();
  const wish = { checkpoint: await fullId(sidecar, id), ...below(job, paths) };
  const { files, effects, from } = await sidecar.call('checkpointPreview', wish);
  const nothing = files.every((file) => file.problem !== null);
  if (nothing || options.preview === true || job.print.json !== true) {
    sayFiles(job, files);
    if (effects.length > 0) job.print.say('restoreEffects');
    for (const effect of effects) job.print.raw(`  ${effect.replace(/\s+/g, ' ')}\n`);
  }
  if (nothing) job.print.say('checkpointSame');
  if (nothing || options.preview === true) {
    job.print.document({ files, effects, from });
    return exitCodes.done;
  }
  if (options.yes !== true && !(await sure(job, files))) return exitCodes.done;
  const { recovery, files: done } = await sidecar.call('checkpointRestore', { ...wish, from, dirty });
  job.print.document({ recovery, files: done, effects });
  for (const { problem: why } of done) if (why !== null) job.print.raw(`${sentences(why)}\n`);
  const count = done.filter((file) => file.problem === null).length;
  job.print.say('restored', { count, recovery: recovery.checkpoint });
  const wanted = files.filter((file) => file.problem === null).length;
  return count === wanted ? exitCodes.done : exitCodes.failed;
}

export async function listWorktrees(job: Job): Promise<number> {
  const { worktrees } = await (await job.open()).call('worktreeList', {});
  job.print.document({ worktrees });
  if (worktrees.length === 0) job.print.say('worktreesNone');
  for (const { folder, run, place, dirty: count, keptBecause, bytes } of worktrees) {
    const why = keptBecause.length === 0 ? job.print.text('worktreeFree') : keptBecause.join(', ');
    const size = bytes === null ? '?' : String(Math.ceil(bytes / 1024));
    job.print.say('worktreeLine', { folder, run: run ?? '–', place, dirty: count, why, size });
  }
  return exitCodes.done;
}

export async function removeWorktree(
  job: Job,
  folder: string,
  options: { readonly evenIfDirty?: boolean },
): Promise<number> {
  const evenIfDirty = options.evenIfDirty ?? false;
  const removed = await (await job.open()).call('worktreeRemove', { folder, evenIfDirty });
  job.print.document({ folder, ...removed });
  job.print.say('worktreeRemoved', { folder });
  if (removed.recovery !== null) job.print.say('worktreeKept', { checkpoint: removed.recovery.checkpoint });
  return exitCodes.done;
}

async function sure({ print, host }: Job, files: Files): Promise<boolean> {
  if (!host.terminal.interactive) {
    print.say('restoreHow');
    return false;
  }
  const count = files.filter((file) => file.problem === null).length;
  const answer = await host.terminal.question(print.text('restoreQuestion', { count }), host.signal);
  return /^y(es)?$/i.test(answer.trim());
}

function sayFiles(job: Job, files: Files): void {
  for (const { path, change, problem: why } of files) {
    job.print.say('restoreFile', { mark: marks[change], path });
    if (why !== null) job.print.raw(`    ${sentences(why).split('\n')[0]!}\n`);
  }
}

function sayCheckpoint({ print }: Job, { checkpoint, at, of, turn, label, run }: Checkpoint): void {
  const time = new Date(at).toISOString().replace('T', ' ').slice(0, 19);
  const whose =
    of === 'user'
      ? print.text('checkpointUser')
      : turn === null
        ? print.text('checkpointWorktree')
        : print.text(turn.side === 'before' ? 'checkpointBefore' : 'checkpointAfter', { turn: turn.number });
  print.say('checkpointLine', { checkpoint, time, whose, label, run: run ?? '' });
}

/** An id may be given without what stands before its last slash. */
async function fullId(sidecar: Sidecar, id: string): Promise<string> {
  if (id.includes('/')) return id;
  const { checkpoints } = await sidecar.call('checkpointList', { most: 100_000 });
  const found = checkpoints.filter(({ checkpoint }) => checkpoint.endsWith(`/${id}`));
  if (found.length !== 1) throw problem('checkpoint.unknown', { checkpoint: id });
  return found[0]!.checkpoint;
}

const below = (job: Job, paths: readonly string[]): { paths?: string[] } =>
  paths.length === 0 ? {} : { paths: paths.map((one) => belowRoot(job, one)) };

/** Null for what is no text. */
async function textOf(sidecar: Sidecar, hash: string | null): Promise<string | null> {
  if (hash === null) return '';
  const { base64 } = await sidecar.call('reviewContent', { hash });
  const text = Buffer.from(base64, 'base64').toString('utf8');
  return text.includes('\0') ? null : text;
}
