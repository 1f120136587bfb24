const longest = 300;

/** One line of at most 300 characters for the board, or `fallback` where the text is blank. */
export function titleOf(text: string, fallback: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return fallback;
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
