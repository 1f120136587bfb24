import * as z from 'zod';
import type { Tool } from '../types';
import { defineTool } from './define';
import type { WorktreeFiles } from './files';
import { decode, linesOf } from './text';

const input = z.strictObject({
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).describe('Relative to the worktree'),
        from: z.int().min(1).optional().describe('First line, counted from 1'),
        to: z.int().min(1).optional().describe('Last line, included'),
      }),
    )
    .min(1)
    .max(20),
});

/** Characters one call returns at most, and one line of it; what is left out is said. */
const maxTotal = 100_000;
const maxLine = 2_000;

/** read_files: several files or line ranges at once, with line numbers. */
export function readFilesTool(files: WorktreeFiles): Tool {
  return defineTool({
    name: 'read_files',
    description:
      'Reads text files of the worktree, several at once, whole or by line range. Each line is shown with its number.',
    input,
    changesFiles: false,
    recall: (memory) => files.recall(memory),
    async run(_ctx, { files: wanted }) {
      const parts: string[] = [];
      const memory: Record<string, string> = {};
      let left = maxTotal;
      let missed = 0;
      for (const { path, from, to } of wanted) {
        const read = await files.read(path);
        const text = typeof read === 'string' ? undefined : decode(read.bytes);
        if (typeof read === 'string' || text === undefined) {
          parts.push(typeof read === 'string' ? read : `${path} is binary; it is not shown.`);
          missed++;
          continue;
        }
        Object.assign(memory, files.note(read.found, read.bytes));
        const shown = numbered(linesOf(text.text), from ?? 1, to, left);
        left -= shown.text.length;
        parts.push(`${path}, ${shown.range}\n${shown.text}`);
      }
      return { text: parts.join('\n\n'), isError: missed === wanted.length, memory };
    },
  });
}

function numbered(
  lines: readonly string[],
  from: number,
  to: number | undefined,
  left: number,
): { range: string; text: string } {
  if (lines.length === 0) return { range: 'empty', text: '' };
  const last = Math.min(to ?? lines.length, lines.length);
  const width = String(last).length;
  const shown: string[] = [];
  let size = 0;
  for (let number = from; number <= last; number++) {
    const line = lines[number - 1]!;
    const cut = line.length > maxLine ? `${line.slice(0, maxLine)}… (${line.length - maxLine} more)` : line;
    const row = `${String(number).padStart(width)}| ${cut}`;
    if ((size += row.length + 1) > left) {
      shown.push(`… (cut here; read on from line ${number})`);
      break;
    }
    shown.push(row);
  }
  return { range: `lines ${from}–${last} of ${lines.length}`, text: shown.join('\n') };
}
