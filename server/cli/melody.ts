import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { problem } from '../base';
import { isCode, readIfThere, writeFileAtomic, zstd } from '../base/node';
import { codes, fillText } from '../../schemas';
import { melodyLimits, melodyVersion } from '../../schemas/melody';
import {
  formatMelody,
  formatText,
  isBinary,
  readMelodyFile,
  writeBinary,
  type Finding,
  type ReadMelody,
} from '../melody';
import { sentences } from './output';
import type { Job } from './job';
import { exitCodes } from './texts';

const mark = { error: '✗', warning: '!', info: '·' } as const;
const [textEnding, binaryEnding] = ['.melody.json', '.melody.bin'];

/** A file as it was read: what it holds, and the bytes and rights it had. */
interface Opened {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly read: ReadMelody;
}

/** Checks files and shows everything that is wrong with each. */
export async function checkMelodies(job: Job, files: readonly string[]): Promise<number> {
  const checked: object[] = [];
  let good = true;
  for (const file of files) {
    const { read } = await openMelody(job, file);
    const { findings } = read;
    show(job, findings);
    const valid = read.melody !== undefined;
    good &&= valid;
    if (valid && findings.length === 0) job.print.say('melodyGood', { file });
    else job.print.say('melodyCount', { file, count: findings.length });
    checked.push({ file, valid, findings: findings.map(asDocument) });
  }
  job.print.document({ files: checked });
  return good ? exitCodes.done : exitCodes.failed;
}

/** Brings files into the canonical layout. Those with syntax errors and binary ones are left as they are. */
export async function formatMelodies(job: Job, files: readonly string[]): Promise<number> {
  const formatted: object[] = [];
  let good = true;
  for (const file of files) {
    const opened = await openMelody(job, file);
    const { document, findings, version } = opened.read;
    const refused = document === undefined || version !== melodyVersion || isBinary(opened.bytes);
    if (refused) {
      show(job, findings);
      job.print.say('melodyLeft', { file });
      good = false;
    }
    const text = refused ? undefined : formatText(opened.bytes.toString('utf8').replace(/^\ufeff/, ''));
    const changed = text !== undefined && text !== opened.bytes.toString('utf8');
    if (changed) await replace(job, file, opened, text);
    if (!refused) job.print.say(changed ? 'melodyFormatted' : 'melodyGood', { file });
    formatted.push({ file, changed, refused });
  }
  job.print.document({ files: formatted });
  return good ? exitCodes.done : exitCodes.failed;
}

/** Writes text files in binary form, binary ones as text, and older versions anew. Nothing that exists is overwritten. */
export async function convertMelodies(job: Job, files: readonly string[]): Promise<number> {
  const converted: object[] = [];
  let good = true;
  for (const file of files) {
    const opened = await openMelody(job, file);
    const { melody, findings, version } = opened.read;
    show(job, findings);
    let target: string | undefined;
    if (melody === undefined || version === undefined) {
      job.print.say('melodyLeft', { file });
      good = false;
    } else if (version < melodyVersion && !isBinary(opened.bytes)) {
      target = `${stem(file)}${textEnding}`;
      if (path.resolve(job.root, target) === path.resolve(job.root, file)) {
        await create(job, `${file}.v${version}`, opened.bytes);
        await replace(job, file, opened, formatMelody(melody));
      } else await create(job, target, formatMelody(melody));
    } else {
      const binary = isBinary(opened.bytes);
      target = `${stem(file)}${binary ? textEnding : binaryEnding}`;
      await create(job, target, binary ? formatMelody(melody) : writeBinary(melody, file, zstd));
    }
    if (target !== undefined) job.print.say('melodyConverted', { file, target });
    converted.push({ file, target: target ?? null, findings: findings.map(asDocument) });
  }
  job.print.document({ files: converted });
  return good ? exitCodes.done : exitCodes.failed;
}

const stem = (file: string): string => file.replace(/(\.melody)?\.(json|bin)$/, '');

async function openMelody(job: Job, file: string): Promise<Opened> {
  const full = path.resolve(job.root, file);
  try {
    const { size, mode } = await stat(full);
    // The size decides before a byte is read; what grows meanwhile is judged again by its bytes.
    const tooLarge = size > melodyLimits.fileBytes;
    if (tooLarge) throw problem('melody.tooLarge', { file, bytes: size, most: melodyLimits.fileBytes });
    const bytes = (await readIfThere(full)) ?? Buffer.alloc(0);
    return { bytes, mode: mode & 0o777, read: readMelodyFile(bytes, file, zstd) };
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown)
      throw problem('melody.unreadable', { file, detail: reason(thrown) }, thrown);
    throw thrown;
  }
}

const reason = (thrown: Error): string =>
  isCode(thrown, 'ENOENT')
    ? 'there is no such file'
    : isCode(thrown, 'EISDIR')
      ? 'it is a folder'
      : thrown.message;

/** Writes over a file only while it still holds what was read. */
async function replace(job: Job, file: string, opened: Opened, text: string): Promise<void> {
  const full = path.resolve(job.root, file);
  const now = await readIfThere(full);
  if (now === undefined || !now.equals(opened.bytes))
    throw problem('melody.changedMeanwhile', { path: file });
  await writeFileAtomic(full, text, { mode: opened.mode });
}

/** Makes a new file; one that is there stays as it is. */
async function create(job: Job, file: string, content: Uint8Array | string): Promise<void> {
  try {
    const handle = await open(path.resolve(job.root, file), 'wx', 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (isCode(thrown, 'EEXIST')) throw problem('melody.exists', { path: file }, thrown);
    throw thrown;
  }
}

function show(job: Job, findings: readonly Finding[]): void {
  for (const { severity, problem: found } of findings) {
    const [what, fix] = sentences(found).split('\n') as [string, string];
    job.print.say('melodyFinding', { mark: mark[severity], what, fix });
  }
}

/** A finding for programs: structured, with its sentences beside. */
const asDocument = ({ severity, problem: { code, args }, place }: Finding) => ({
  severity,
  code,
  place,
  args,
  message: fillText(codes[code].message, args),
  fix: fillText(codes[code].fix, args),
});
