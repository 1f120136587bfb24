import type { ArtifactView } from '../../schemas';
import type { Job } from './job';
import { exitCodes } from './texts';

interface SearchOptions {
  readonly type?: string;
  readonly run?: string;
  readonly tag?: string[];
  readonly limit?: string;
}

export async function searchArtifacts(
  job: Job,
  words: readonly string[],
  { type, run, tag = [], limit }: SearchOptions,
): Promise<number> {
  const found = await (
    await job.open()
  ).call('artifactSearch', {
    ...(words.length > 0 ? { text: words.join(' ') } : {}),
    ...(type === undefined ? {} : { type }),
    ...(run === undefined ? {} : { run }),
    ...(tag.length > 0 ? { tags: tag } : {}),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
  });
  const { print } = job;
  print.document(found);
  for (const { artifact, highlights } of found.hits) {
    sayArtifact(job, artifact);
    for (const { text } of highlights.slice(0, 1)) print.raw(`    ${text.replace(/\s+/g, ' ').trim()}\n`);
  }
  print.say('artifactsFound', { shown: found.hits.length, total: found.total });
  if (found.indexLag > 0) print.say('artifactsLag', { count: found.indexLag });
  return exitCodes.done;
}

export async function showArtifact(job: Job, id: string): Promise<number> {
  const shown = await (await job.open()).call('artifactShow', { artifact: id });
  const { print } = job;
  print.document(shown);
  sayArtifact(job, shown.artifact);
  const { quality } = shown.artifact;
  if (quality) print.raw(`    ${quality.score}: ${quality.reasons.join('; ')}\n`);
  for (const version of shown.versions) print.say('artifactVersion', { ...factsOf(version) });
  for (const { hash, distance, artifacts } of shown.lineage.up)
    print.say('artifactFrom', { distance, name: artifacts[0]?.name ?? hash });
  for (const { hash, distance, artifacts } of shown.lineage.down)
    print.say('artifactInto', { distance, name: artifacts[0]?.name ?? hash });
  return exitCodes.done;
}

/** Writes the bytes as they are to the standard output. */
export async function printArtifact(job: Job, id: string): Promise<number> {
  const { base64 } = await (await job.open()).call('artifactContent', { artifact: id });
  job.print.document({ base64 });
  job.print.raw(Buffer.from(base64, 'base64').toString('utf8'));
  return exitCodes.done;
}

export async function diffArtifacts(job: Job, one: string, other: string): Promise<number> {
  const { patch } = await (await job.open()).call('artifactDiff', { one, other });
  job.print.document({ patch });
  job.print.raw(patch);
  return exitCodes.done;
}

export async function restoreArtifact(job: Job, id: string): Promise<number> {
  const { artifact } = await (await job.open()).call('artifactRestore', { artifact: id });
  job.print.document({ artifact });
  sayArtifact(job, artifact);
  return exitCodes.done;
}

export async function checkArtifacts(job: Job): Promise<number> {
  const { findings } = await (await job.open()).call('artifactCheck', {});
  job.print.document({ findings });
  for (const finding of findings) job.print.raw(`${finding}\n`);
  if (findings.length === 0) job.print.say('artifactsSound');
  return findings.length === 0 ? exitCodes.done : exitCodes.failed;
}

const sayArtifact = ({ print }: Job, artifact: ArtifactView): void =>
  print.say('artifactLine', factsOf(artifact));

const factsOf = ({ id, name, version, type, size, run, createdAt }: ArtifactView) => ({
  ...{ id, name, version, type, size, run: run ?? '–' },
  time: new Date(createdAt).toISOString().replace('T', ' ').slice(0, 16),
});
