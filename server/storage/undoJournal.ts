import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { isCode, privateFolder, syncFolder, writeFileAtomic } from '../base/node';

const splice = z.object({ start: z.int().min(0), end: z.int().min(0), text: z.string() });
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const intent = z.object({
  type: z.literal('edit'),
  id: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  /** Below the project, with forward slashes. */
  path: z.string(),
  /** What the edit was for, in words. */
  reason: z.string(),
  /** Whether a person vouched for it, without stored evidence. */
  byHand: z.boolean(),
  before: hash,
  after: hash,
  splices: z.array(splice),
  /** What turns the bytes after into those before. */
  inverse: z.array(splice),
  /** The edit this one takes back. */
  undoes: z.string().nullable(),
});
const outcome = z.object({ type: z.enum(['done', 'dropped']), id: z.string() });
const record = z.union([intent, outcome]);

export type EditIntent = z.infer<typeof intent>;
export type EditOutcome = z.infer<typeof outcome>;

export interface JournaledEdit extends EditIntent {
  /** Undefined when the process ended before it could say. */
  readonly outcome: EditOutcome['type'] | undefined;
}

/** Beyond this size the older half is dropped: every edit reads the journal, and 1,000 edits are enough to go back. */
const mostBytes = 512 * 1024;

/**
 * The edits of one planning tree as JSON lines, each written before the file it is about. Half a line at
 * the end is what a crash left, and is passed over. Only the holder of the tree's lock may append.
 */
export class UndoJournal {
  readonly file: string;

  constructor(private readonly folder: string) {
    this.file = path.join(folder, 'edits.jsonl');
  }

  /** All edits, the oldest first. */
  async read(): Promise<JournaledEdit[]> {
    const edits = new Map<string, JournaledEdit>();
    for (const line of (await this.text()).split('\n')) {
      const found = parse(line);
      if (found === undefined) continue;
      if (found.type === 'edit') edits.set(found.id, { ...found, outcome: undefined });
      else if (edits.has(found.id)) edits.set(found.id, { ...edits.get(found.id)!, outcome: found.type });
    }
    return [...edits.values()];
  }

  /** Appends an intent durably; an outcome may be lost in a crash, the file itself then tells it. */
  async append(entry: EditIntent | EditOutcome): Promise<void> {
    await privateFolder(this.folder);
    await this.shorten();
    const handle = await open(this.file, 'a+', 0o600);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const isTorn = size > 0 && last[0] !== 0x0a;
      await handle.writeFile(`${isTorn ? '\n' : ''}${JSON.stringify(entry)}\n`);
      if (entry.type === 'edit') await handle.sync();
      if (size === 0) await syncFolder(this.folder);
    } finally {
      await handle.close();
    }
  }

  private async shorten(): Promise<void> {
    const size = await stat(this.file).then(
      (found) => found.size,
      () => 0,
    );
    if (size <= mostBytes) return;
    const lines = (await this.text()).split('\n').filter((line) => line !== '');
    const kept = lines.slice(Math.ceil(lines.length / 2));
    await writeFileAtomic(this.file, kept.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  }

  private async text(): Promise<string> {
    try {
      return await readFile(this.file, 'utf8');
    } catch (thrown) {
      if (isCode(thrown, 'ENOENT')) return '';
      throw thrown;
    }
  }
}

function parse(line: string): EditIntent | EditOutcome | undefined {
  if (line === '') return undefined;
  try {
    return record.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
