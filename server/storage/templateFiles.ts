import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { problemOf, type Log } from '../base';
import { isCode } from '../base/node';

/** Bounds of one folder: what lies beyond is left out and logged. */
const mostFiles = 2000;
const mostBytes = 4 * 1024 * 1024;

/**
 * The `*.template.json` files right below a folder, by name; none where there is no such folder. Links are not
 * followed, and what cannot be read is left out and logged: one bad file keeps nobody from the others.
 */
export async function readTemplateFiles(folder: string, log: Log): Promise<{ file: string; text: string }[]> {
  const found: { file: string; text: string }[] = [];
  for (const name of (await namesIn(folder, log)).slice(0, mostFiles)) {
    const file = path.join(folder, name);
    try {
      found.push({ file, text: await readSmall(file) });
    } catch (thrown) {
      log.warn('a template was not read', { file, ...problemOf(thrown) });
    }
  }
  return found;
}

async function namesIn(folder: string, log: Log): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.template.json'))
      .map(({ name }) => name)
      .sort();
  } catch (thrown) {
    if (!isCode(thrown, 'ENOENT') && !isCode(thrown, 'ENOTDIR'))
      log.warn('templates were not read', { folder, ...problemOf(thrown) });
    return [];
  }
}

async function readSmall(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await handle.stat();
    if (size > mostBytes) throw new Error(`it has ${size} bytes; at most ${mostBytes} are read`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
