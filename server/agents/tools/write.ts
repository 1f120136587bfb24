import * as z from 'zod';
import type { Tool } from '../types';
import { defineTool, done, refused } from './define';
import { applyEdits } from './edit';
import { maxFileBytes, type WorktreeFiles } from './files';
import { resolveInside } from './paths';
import { decode, encode, lineEnding, linesOf } from './text';

const replaceInput = z.strictObject({
  path: z.string().min(1),
  edits: z
    .array(
      z.strictObject({
        find: z.string().describe('Exact text, without line numbers, that occurs once in the file'),
        replace: z.string().describe('What to put in its place'),
      }),
    )
    .min(1)
    .max(50),
});

/** replace: exact, unique, all edits of a call or none; bytes outside the matches stay as they were. */
export function replaceTool(files: WorktreeFiles): Tool {
  return defineTool({
    name: 'replace',
    description:
      'Changes a file you have read: each edit replaces one exact text that occurs once. All edits of a call are made, or none.',
    input: replaceInput,
    changesFiles: true,
    recall: (memory) => files.recall(memory),
    async run(_ctx, { path, edits }) {
      const read = await files.read(path);
      if (typeof read === 'string') return refused(read);
      const unseen = files.unseen(read.found, read.bytes);
      if (unseen !== undefined) return refused(unseen);
      const before = decode(read.bytes);
      if (before === undefined) return refused(`${path} is binary.`);
      const edited = applyEdits(before.text, edits);
      if (!edited.ok) return refused(`${path}: ${edited.why} Nothing was changed.`);
      const bytes = encode({ ...before, text: edited.text });
      if (bytes === undefined)
        return refused(`${path} is encoded as ${before.encoding}, which cannot hold a character you put in.`);
      await files.write(read.found, bytes);
      const count = edits.length === 1 ? 'One edit' : `${edits.length} edits`;
      return done(`${count} made in ${path}.`, files.note(read.found, bytes));
    },
  });
}

const writeInput = z.strictObject({
  path: z.string().min(1),
  content: z.string().max(maxFileBytes),
});

/** write_file: a new file, or the whole of one that was read; keeps encoding and line endings of the latter. */
export function writeFileTool(files: WorktreeFiles): Tool {
  return defineTool({
    name: 'write_file',
    description:
      'Writes a whole file: a new one, or one you have read. Missing folders are made. Prefer replace for changes.',
    input: writeInput,
    changesFiles: true,
    recall: (memory) => files.recall(memory),
    async run(_ctx, { path, content }) {
      const found = await resolveInside(files.worktree, path);
      if (found.relative === '') return refused('path names the worktree itself.');
      if (found.stats === undefined) {
        const bytes = Buffer.from(content, 'utf8');
        await files.write(found, bytes);
        return done(`${path} written, ${linesOf(content).length} lines.`, files.note(found, bytes));
      }
      const read = await files.read(path);
      if (typeof read === 'string') return refused(read);
      const unseen = files.unseen(read.found, read.bytes);
      if (unseen !== undefined) return refused(unseen);
      const before = decode(read.bytes);
      if (before === undefined) return refused(`${path} is binary.`);
      const ending = lineEnding(before.text);
      const text = content.replace(/^\ufeff/, '').replace(/\r\n?|\n/g, ending);
      const bytes = encode({ ...before, text });
      if (bytes === undefined)
        return refused(`${path} is encoded as ${before.encoding}, which cannot hold a character you put in.`);
      await files.write(read.found, bytes);
      return done(`${path} written, ${linesOf(content).length} lines.`, files.note(read.found, bytes));
    },
  });
}
