import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process has ended; one that only waits to be collected by its parent has. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform === 'linux';
  }
}

/** Waits until `done` holds; throws after `milliseconds`. */
export async function waitUntil(done: () => boolean, milliseconds = 5000): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!done()) {
    if (performance.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${done.toString()}`);
    await sleep(10);
  }
}
