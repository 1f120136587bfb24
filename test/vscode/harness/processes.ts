import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * Every living process that belongs to a folder: its command line, environment or working folder names
 * it. Tests give each server a folder of its own, so this finds detached sidecars and agents' commands
 * too. Linux only (reads /proc); elsewhere it finds nothing.
 */
export function processesOf(folder: string): readonly FoundProcess[] {
  const found: FoundProcess[] = [];
  for (const entry of entries('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const command = read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
    // A zombie has no command line and needs nobody to end it.
    if (command === '') continue;
    const belongs =
      command.includes(folder) ||
      read(`/proc/${pid}/environ`)
        .split('\0')
        .some((line) => line.includes(folder)) ||
      link(`/proc/${pid}/cwd`).startsWith(folder);
    if (belongs) found.push({ pid, command });
  }
  return found;
}

/** Kills every process that belongs to a folder and waits until none is left (at most 10 s). */
export async function endAll(folder: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const left = processesOf(folder);
    if (left.length === 0) return;
    for (const { pid } of left) kill(pid);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`These processes of ${folder} do not end: ${JSON.stringify(processesOf(folder))}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
