import { createTwoFilesPatch } from 'diff';
import { problem } from '../base';
import type { ChangedFile, Changeset } from '../../schemas';
import type { Job } from './job';
import { showDecisions } from './summary';
import { exitCodes } from './texts';
import type { Sidecar } from './wire';

const marks = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R' } as const;

export async function listReview(job: Job, options: { readonly open?: boolean }): Promise<number> {
  const { changesets } = await (await job.open()).call('reviewList', { open: options.open ?? false });
  job.print.document({ changesets });
  if (changesets.length === 0) job.print.say('reviewNone');
  for (const { changeset, title, files } of changesets) {
    const undecided = files.filter(({ decision }) => decision === 'undecided').length;
    job.print.say('reviewLine', { changeset, title, undecided, total: files.length });
    for (const { change, path, added, removed, decision } of files)
      job.print.say('reviewFile', { mark: marks[change], path, added, removed, decision });
  }
  return exitCodes.done;
}

/** Prints a unified diff of the files, as git would. */
export async function diffReview(job: Job, id: string, paths: readonly string[]): Promise<number> {
  const sidecar = await job.open();
  const { changesets } = await sidecar.call('reviewList', { open: false });
  const found = changesets.find(({ changeset }) => changeset === id);
  if (found === undefined) throw problem('review.unknown', { changeset: id });
  const patches: { path: string; patch: string | null }[] = [];
  for (const file of chosen(found, paths))
    patches.push({ path: file.path, patch: await patchOf(sidecar, file) });
  job.print.document({ changeset: id, files: patches });
  for (const { path, patch } of patches) {
    if (patch === null) job.print.say('reviewBinary', { path });
    else job.print.raw(patch);
  }
  return exitCodes.done;
}

export async function decideReview(
  job: Job,
  changeset: string,
  paths: string[],
  decision: 'accept' | 'reject',
): Promise<number> {
  const which = paths.length === 0 ? {} : { paths };
  const sidecar = await job.open();
  const { files } = await sidecar.call('reviewDecide', { changeset, decision, dirty: [], ...which });
  return showDecisions(job, files) ? exitCodes.done : exitCodes.failed;
}

function chosen(changeset: Changeset, paths: readonly string[]): readonly ChangedFile[] {
  return paths.length === 0 ? changeset.files : changeset.files.filter(({ path }) => paths.includes(path));
}

async function patchOf(sidecar: Sidecar, file: ChangedFile): Promise<string | null> {
  if (file.binary) return null;
  const [before, after] = [await textOf(sidecar, file.baseline), await textOf(sidecar, file.proposal)];
  const names = [
    file.baseline === null ? '/dev/null' : `a/${file.from ?? file.path}`,
    file.proposal === null ? '/dev/null' : `b/${file.path}`,
  ] as const;
  return createTwoFilesPatch(names[0], names[1], before, after, '', '', { context: 3 });
}

async function textOf(sidecar: Sidecar, hash: string | null): Promise<string> {
  if (hash === null) return '';
  const { base64 } = await sidecar.call('reviewContent', { hash });
  return Buffer.from(base64, 'base64').toString('utf8');
}
