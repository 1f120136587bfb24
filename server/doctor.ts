import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Build, ClientRequests, ResultOf } from '../schemas';
import { problemOf, type Clock, type Context } from './base';
import { privateFolder, runProgram, writeFileAtomic } from './base/node';
import type { Journal } from './engine/ports';
import type { Sandbox } from './sandbox';

type Finding = ResultOf<ClientRequests['doctorCheck']>['findings'][number];

export interface Patient {
  readonly build: Build;
  readonly clock: Clock;
  readonly dataFolder: string;
  readonly logFile: string;
  readonly root: string;
  readonly journal: Journal;
  readonly sandbox: Sandbox;
  readonly models: () => ResultOf<ClientRequests['modelsList']>;
  readonly runs: () => readonly { readonly state: string }[];
}

const lowSpaceBytes = 1024 ** 3;
const logTailBytes = 64 * 1024;

/** Checks the installation; each finding says what was seen and, for a fault, what to do. */
export async function examine(ctx: Context, patient: Patient): Promise<Finding[]> {
  return Promise.all([
    Promise.resolve<Finding>({
      check: 'Node.js',
      state: 'good',
      detail: `${process.version} with SQLite ${process.versions['sqlite'] ?? '?'}`,
    }),
    git(ctx),
    Promise.resolve(isolation(patient.sandbox)),
    folder(patient.dataFolder),
    Promise.resolve<Finding>({
      check: 'Journal',
      state: 'good',
      detail: `${patient.journal.position()} events, ${patient.journal.runs().length} runs`,
    }),
    Promise.resolve(model(patient)),
  ]);
}

async function git(ctx: Context): Promise<Finding> {
  try {
    const { stdout } = await runProgram(ctx, 'git', ['--version'], {
      env: { PATH: process.env['PATH'] ?? '' },
      timeoutMs: 5_000,
    });
    return { check: 'git', state: 'good', detail: stdout.toString().trim() };
  } catch (thrown) {
    return {
      check: 'git',
      state: 'bad',
      detail: `Not found (${problemOf(thrown).code}). Install git 2.38 or newer.`,
    };
  }
}

function isolation(sandbox: Sandbox): Finding {
  const state = sandbox.level === 'isolated' ? 'good' : 'warning';
  return { check: 'Isolation of commands', state, detail: `${sandbox.level}: ${sandbox.detail}` };
}

async function folder(dataFolder: string): Promise<Finding> {
  const check = 'Data folder';
  try {
    await access(dataFolder, constants.W_OK);
    const disk = await statfs(dataFolder);
    const free = disk.bavail * disk.bsize;
    const text = `${homeless(dataFolder)}, ${(free / 1e9).toFixed(1)} GB free`;
    return free < lowSpaceBytes
      ? { check, state: 'warning', detail: `${text}. Free some space before the next run.` }
      : { check, state: 'good', detail: text };
  } catch {
    return {
      check,
      state: 'bad',
      detail: `${homeless(dataFolder)} is not writable. Make it so, or set SYMPHONY_HOME.`,
    };
  }
}

function model(patient: Patient): Finding {
  const { chosen, providers } = patient.models();
  const provider = providers.find((one) => chosen?.startsWith(`${one.name}/`));
  if (chosen === null)
    return {
      check: 'Model',
      state: 'warning',
      detail: 'None chosen. Run “Symphony: Choose Model…” or pass --model.',
    };
  if (provider?.state === 'needsKey')
    return {
      check: 'Model',
      state: 'bad',
      detail: `${chosen} has no API key. Run “Symphony: Set API Key…”.`,
    };
  return { check: 'Model', state: 'good', detail: chosen };
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
  const folderOfReports = await privateFolder(path.join(patient.dataFolder, 'reports'));
  const file = path.join(folderOfReports, `doctor-${patient.clock.now()}.json`);
  await writeFileAtomic(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}

const homeless = (text: string): string =>
  os.homedir().length > 1 ? text.replaceAll(os.homedir(), '~') : text;
