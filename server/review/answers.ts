import type { Blobs } from '../engine/ports';
import type { Commented, ThreadState } from './book/records';
import { linesOf } from './algebra/lines';
import type { Review } from './shelf';

/**
 * The conversations of an older version in the places they have in this one, with what the agent answered to
 * those that were sent to it with `run`: a line `Comment N: done …` or `Comment N: not done …` of its summary
 * each, or the summary as a whole, which settles nothing.
 */
export async function carryThreads(
  blobs: Blobs,
  former: Review,
  review: Review,
  answer: { readonly run: string; readonly summary: string } | undefined,
): Promise<(Commented | ThreadState)[]> {
  const records: (Commented | ThreadState)[] = [];
  let number = 0;
  for (const { thread, path, side, line, lineText, state, comments } of former.book.threads.list()) {
    const file = review.changeset.files.find((one) => one.path === path);
    const now = file === undefined ? line : await nearest(blobs, file[side], line, lineText);
    const place = { thread, path, side, line: now, lineText };
    for (const { by, at, text } of comments) records.push({ type: 'comment', ...place, by, text, at });
    if (answer === undefined || state !== 'sent' || former.book.threads.runOf(thread) !== answer.run) {
      records.push({ type: 'thread', threads: [thread], state, run: null });
      continue;
    }
    const own = answerTo(answer.summary, ++number);
    records.push({ type: 'comment', ...place, by: 'agent', text: own?.text ?? answer.summary });
    records.push({
      type: 'thread',
      threads: [thread],
      state: own?.done === true ? 'resolved' : 'open',
      run: null,
    });
  }
  return records;
}

/** The text of a line, from 0, without its line break; '' where there is none. */
export async function lineAt(blobs: Blobs, hash: string | null, line: number): Promise<string> {
  return (await linesAt(blobs, hash))[line] ?? '';
}

function answerTo(summary: string, number: number): { done: boolean; text: string } | undefined {
  const found = new RegExp(`^\\W*comment ${number}\\s*[:.–-]\\s*(not done|done)\\b.*$`, 'im').exec(summary);
  return found === null ? undefined : { done: found[1]!.toLowerCase() === 'done', text: found[0].trim() };
}

/** Where a line is now: the one with the same text that is nearest, or the same number where none is. */
async function nearest(blobs: Blobs, hash: string | null, line: number, text: string): Promise<number> {
  const lines = await linesAt(blobs, hash);
  let best = -1;
  for (const [at, one] of lines.entries())
    if (one === text && (best < 0 || Math.abs(at - line) < Math.abs(best - line))) best = at;
  return best >= 0 ? best : Math.max(0, Math.min(line, lines.length - 1));
}

async function linesAt(blobs: Blobs, hash: string | null): Promise<string[]> {
  const bytes = hash === null ? undefined : await blobs.get(hash);
  if (bytes === undefined) return [];
  const { width, lines } = linesOf(bytes);
  return lines.map((line) => {
    const raw = Buffer.from(line, 'latin1');
    const text =
      width === 'bytes'
        ? raw.toString('utf8')
        : (width === 'utf16be' ? raw.swap16() : raw).toString('utf16le');
    return text.replace(/[\r\n]+$/, '');
  });
}
