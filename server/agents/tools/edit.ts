import { diffArrays } from 'diff';
import { lineEnding, linesOf } from './text';

export interface Edit {
  readonly find: string;
  readonly replace: string;
}

export type Edited =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/**
 * Applies edits one after the other, all or none. Each `find` must occur exactly once; line endings are
 * matched by meaning (a needle with LF finds CRLF text), and what is put in takes the line ending of the
 * place it goes to, so that every byte outside the match stays as it was.
 */
export function applyEdits(text: string, edits: readonly Edit[]): Edited {
  let current = text;
  for (const [index, edit] of edits.entries()) {
    const label = edits.length > 1 ? `Edit ${index + 1}: ` : '';
    const find = flat(edit.find);
    if (find === '') return { ok: false, why: `${label}find is empty; say which text to replace.` };
    const folded = fold(current);
    const at = folded.text.indexOf(find);
    if (at < 0)
      return { ok: false, why: `${label}the text to find does not occur.${nearest(folded.text, find)}` };
    if (folded.text.indexOf(find, at + 1) >= 0)
      return {
        ok: false,
        why: `${label}the text to find occurs more than once (lines ${places(folded.text, find)}); give more of its surroundings.`,
      };
    const start = folded.at(at);
    const end = folded.at(at + find.length);
    const matched = current.slice(start, end);
    const ending = lineEnding(/[\r\n]/.test(matched) ? matched : current);
    current = current.slice(0, start) + flat(edit.replace).replaceAll('\n', ending) + current.slice(end);
  }
  if (current === text) return { ok: false, why: 'The edits change nothing.' };
  return { ok: true, text: current };
}

const flat = (text: string): string => text.replace(/\r\n?/g, '\n');

/** The text with LF endings, and where each of its offsets lies in the original. */
function fold(text: string): { text: string; at(offset: number): number } {
  // Offsets, in the folded text, of line ends that were two characters long.
  const pairs: number[] = [];
  for (const match of text.matchAll(/\r\n/g)) pairs.push(match.index - pairs.length);
  return {
    text: flat(text),
    at(offset) {
      let low = 0;
      for (let high = pairs.length; low < high;) {
        const middle = (low + high) >> 1;
        if (pairs[middle]! < offset) low = middle + 1;
        else high = middle;
      }
      return offset + low;
    },
  };
}

function places(text: string, find: string): string {
  const lines: number[] = [];
  for (let at = text.indexOf(find); at >= 0 && lines.length < 10; at = text.indexOf(find, at + 1))
    lines.push(text.slice(0, at).split('\n').length);
  return lines.join(', ');
}

/** The lines most like what was looked for, and how they differ; '' when nothing is alike. */
function nearest(text: string, find: string): string {
  const wanted = linesOf(find).slice(0, 60);
  const lines = linesOf(text).slice(0, 20_000);
  const bare = wanted.map((line) => line.trim());
  const weights = bare.map((line) => Math.min(20, line.length));
  let best = { score: 0, at: 0 };
  for (let at = 0; at < lines.length; at++) {
    let score = 0;
    for (let i = 0; i < bare.length && at + i < lines.length; i++) {
      const line = lines[at + i]!.trim();
      if (line === bare[i]) score += weights[i]!;
      else if (alike(line, bare[i]!)) score += weights[i]! / 2;
    }
    if (score > best.score) best = { score, at };
  }
  if (best.score < 4) return ' Nothing in the file is like it; read the file again.';
  const found = lines.slice(best.at, best.at + wanted.length);
  const shown = diffArrays(wanted, found).flatMap(({ value, added, removed }) =>
    value.map((line) => `${added ? '+' : removed ? '-' : ' '} ${line.slice(0, 200)}`),
  );
  const last = best.at + found.length;
  return ` The nearest lines are ${best.at + 1} to ${last} (- is what you gave, + is what the file has):\n${shown.slice(0, 80).join('\n')}`;
}

/** Whether two lines share a long beginning or end; cheap, for a hint alone. */
function alike(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  if (shorter < 6) return false;
  let head = 0;
  while (head < shorter && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return head + tail >= 0.6 * Math.max(a.length, b.length);
}
