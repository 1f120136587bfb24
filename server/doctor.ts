import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import type { Build, ClientRequests, Problem, ResultOf } from '../schemas';
import type { Clock, Context } from './base';
import { privateFolder, runProgram, writeFileAtomic } from './base/node';
import type { StoredJournal } from './storage';
import type { Sandbox } from './sandbox';

export interface Patient {
  readonly build: Build;
  readonly clock: Clock;
  readonly dataFolder: string;
  readonly logFile: string;
  readonly root: string;
  readonly journal: StoredJournal;
  readonly sandbox: Sandbox;
  readonly models: () => ResultOf<ClientRequests['modelsList']>;
  readonly runs: () => readonly { readonly state: string }[];
}

const lowSpaceBytes = 1024 ** 3;
const logTailBytes = 64 * 1024;

/** Checks the installation; each finding is a code that says what was seen and, for a fault, what to do. */
export async function examine(ctx: Context, patient: Patient): Promise<Problem[]> {
  const { journal } = patient;
  return [
    { code: 'doctor.node', args: { version: process.version, sqlite: process.versions['sqlite'] ?? '?' } },
    await git(ctx),
    isolation(patient.sandbox),
    await folder(patient.dataFolder),
    { code: 'doctor.journal', args: { events: journal.position(), runs: journal.runs().length } },
    ...(journal.recovered ? [journal.recovered] : []),
    model(patient),
  ];
}

async function git(ctx: Context): Promise<Problem> {
  try {
    const env = { PATH: process.env['PATH'] ?? '' };
    const { stdout } = await runProgram(ctx, 'git', ['--version'], { env, timeoutMs: 5_000 });
    return { code: 'doctor.git', args: { version: stdout.toString().trim() } };
  } catch (thrown) {
    return { code: 'doctor.gitMissing', args: { detail: String(thrown) } };
  }
}

function isolation({ level, detail }: Sandbox): Problem {
  if (level === 'isolated') return { code: 'doctor.isolated', args: { detail } };
  return { code: level === 'partly' ? 'doctor.partlyIsolated' : 'sandbox.unavailable', args: { detail } };
}

async function folder(dataFolder: string): Promise<Problem> {
  const path = homeless(dataFolder);
  try {
    await access(dataFolder, constants.W_OK);
    const disk = await statfs(dataFolder);
    const bytes = disk.bavail * disk.bsize;
    const args = { path, free: (bytes / 1e9).toFixed(1) };
    return { code: bytes < lowSpaceBytes ? 'doctor.folderLow' : 'doctor.folder', args };
  } catch {
    return { code: 'data.readOnly', args: { path } };
  }
}

function model(patient: Patient): Problem {
  const { chosen, providers } = patient.models();
  if (chosen === null) return { code: 'model.none', args: {} };
  const provider = providers.find((one) => chosen.startsWith(`${one.name}/`));
  if (provider?.state === 'needsKey')
    return { code: 'model.noKey', args: { provider: provider.label, variable: provider.variable ?? '' } };
  return { code: 'doctor.model', args: { model: chosen } };
}

/**
 * Writes a report for support: findings, versions, states of runs, the end of the log. Home paths are
 * shortened and nothing of any file's content is in it; keys never reach the log to begin with.
 */
export async function exportReport(ctx: Context, patient: Patient): Promise<string> {
  const log = await readFile(patient.logFile, 'utf8').catch(() => '');
  const report = {
    made: new Date(patient.clock.now()).toISOString(),
    build: patient.build,
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    node: process.versions,
    findings: await examine(ctx, patient),
    runs: patient.runs().map(({ state }) => state),
    log: homeless(log.slice(-logTailBytes).replaceAll(patient.root, '<workspace>')).split('\n'),
  };
  const folderOfReports = await privateFolder(join(patient.dataFolder, 'reports'));
  const file = join(folderOfReports, `doctor-${patient.clock.now()}.json`);
  await writeFileAtomic(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}

const homeless = (text: string): string =>
  os.homedir().length > 1 ? text.replaceAll(os.homedir(), '~') : text;
