import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { problem } from '../base';
import type { ReviewUnit } from '../../schemas';
import type { Job } from './job';
import { sentences } from './output';
import { exitCodes } from './texts';
import type { Sidecar } from './wire';

/** A unit by the first digits of its name, with its file. */
interface Named {
  readonly path: string;
  readonly unit: ReviewUnit;
}

/** The changeset that is meant: the one named, or the newest with something undecided. */
export async function changesetOf(sidecar: Sidecar, id: string | undefined): Promise<string | undefined> {
  if (id !== undefined) return id;
  const { changesets } = await sidecar.call('reviewList', { open: true });
  return changesets[0]?.changeset;
}

/** Prints the units of a changeset with their states. */
export async function showUnits(job: Job, id: string | undefined, paths: readonly string[]): Promise<number> {
  const sidecar = await job.open();
  const changeset = await changesetOf(sidecar, id);
  if (changeset === undefined) {
    job.print.document({ changeset: null, sources: [], files: [] });
    job.print.say('reviewNone');
    return exitCodes.done;
  }
  const wanted = paths.length === 0 ? {} : { paths: [...paths] };
  const shown = await sidecar.call('reviewUnits', { changeset, ...wanted });
  job.print.document({ changeset, ...shown });
  for (const { path: at, units } of shown.files) {
    job.print.say('reviewUnitFile', { path: at, count: units.length });
    for (const { unit, kind, before, after, state, flags } of units)
      job.print.say('reviewUnit', {
        ...{ unit, state, kind },
        lines: kind === 'lines' ? `-${span(before)} +${span(after)}` : '',
        flags: flags.join(', '),
      });
  }
  return exitCodes.done;
}

/** Keeps or drops units named by the first digits of their ids, files named by their paths, or everything undecided. */
export async function decideUnits(
  job: Job,
  changeset: string,
  what: readonly string[],
  decision: 'keep' | 'drop',
): Promise<number> {
  const sidecar = await job.open();
  const { files } = await sidecar.call('reviewUnits', { changeset });
  const all = files.flatMap((file) => file.units.map((unit): Named => ({ path: file.path, unit })));
  const chosen = what.map((one) => chosenBy(one, all));
  const units = chosen.flat().map((one) => ({ path: one.path, unit: one.unit.unit }));
  const done = await sidecar.call('reviewDecideUnits', {
    ...{ changeset, decision, buffers: [] },
    ...(what.length === 0 ? {} : { units }),
  });
  return sayDone(job, done);
}

/** Takes a decision back: the one named, or the newest that stands. */
export async function undoDecision(job: Job, changeset: string, op: string | undefined): Promise<number> {
  const sidecar = await job.open();
  const { ops } = await sidecar.call('reviewHistory', { changeset });
  const wanted = op ?? ops.find((one) => !one.undone && one.did !== 'undo')?.op;
  if (wanted === undefined) {
    job.print.document({ op: null, files: [] });
    job.print.say('reviewNothingToUndo');
    return exitCodes.done;
  }
  return sayDone(job, await sidecar.call('reviewUndo', { changeset, op: wanted, buffers: [] }));
}

export interface ExportOptions {
  readonly commits?: boolean;
  readonly all?: boolean;
  readonly out?: string;
}

/** Writes what was kept as a patch, or as mails; to standard output unless a file is named. */
export async function exportReview(job: Job, changeset: string, options: ExportOptions): Promise<number> {
  const form = options.commits === true ? 'commits' : 'patch';
  const wish = { changeset, form, all: options.all ?? false } as const;
  const { text, skipped } = await (await job.open()).call('reviewExport', wish);
  if (options.out !== undefined) {
    const file = path.resolve(job.host.cwd, options.out);
    await writeFile(file, text, { flag: 'wx' }).catch((thrown: unknown) => {
      const there = (thrown as NodeJS.ErrnoException).code === 'EEXIST';
      if (there) throw problem('runFile.exists', { path: file }, thrown);
      throw problem('runFile.unwritable', { path: file, detail: (thrown as Error).message }, thrown);
    });
    job.print.say('reviewExported', { file, bytes: Buffer.byteLength(text) });
  }
  job.print.document({ ...wish, skipped, ...(options.out === undefined ? { text } : { out: options.out }) });
  // To the byte: a patch is for programs.
  const { terminal } = job.host;
  // What a screen shows must not steer it.
  if (options.out === undefined && !job.print.json)
    if (terminal.interactive) job.print.raw(text);
    else terminal.out(text);
  for (const one of skipped) job.print.say('reviewSkipped', { path: one });
  return exitCodes.done;
}

/** Puts what was not dropped onto a new branch of the repository. */
export async function branchReview(job: Job, changeset: string, branch: string): Promise<number> {
  const made = await (await job.open()).call('reviewBranch', { changeset, branch });
  job.print.document(made);
  job.print.say('reviewBranched', { branch, commit: made.commit.slice(0, 12) });
  return exitCodes.done;
}

interface Done {
  readonly op: string | null;
  readonly files: readonly {
    readonly path: string;
    readonly problem: Parameters<typeof sentences>[0] | null;
  }[];
}

/** Says what became of each file, and how to take it back. */
export function sayDone(job: Job, done: Done): number {
  job.print.document(done);
  for (const { path: at, problem: why } of done.files) {
    if (why === null) job.print.say('decidedFile', { path: at });
    else job.print.raw(`${at}: ${sentences(why)}\n`);
  }
  if (done.op !== null) job.print.say('decidedOp', { op: done.op });
  return done.files.some(({ problem: why }) => why !== null && why.code !== 'review.merged')
    ? exitCodes.failed
    : exitCodes.done;
}

function chosenBy(what: string, all: readonly Named[]): Named[] {
  const inFile = all.filter((one) => one.path === what);
  if (inFile.length > 0) return inFile;
  const found = all.filter((one) => one.unit.unit.startsWith(what));
  if (found.length !== 1) throw problem('review.unknown', { changeset: what });
  return found;
}

const span = ({ start, end }: { start: number; end: number }): string => `${start + 1},${end - start}`;
