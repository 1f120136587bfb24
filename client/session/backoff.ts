/** First pause in milliseconds, and the longest one. */
export const pauses = { first: 250, longest: 30_000 } as const;

/** After this many failures in a row the person is told, once. */
export const tellAfter = 4;

/**
 * How long to wait before the next try, in milliseconds.
 * Doubles with every failure and is spread over its upper half, so that windows that lost one sidecar do not
 * all come back in the same moment.
 * @param failures failures in a row, 1 or more
 * @param random a number in [0, 1)
 */
export function pauseAfter(failures: number, random: number): number {
  const full = Math.min(pauses.longest, pauses.first * 2 ** Math.min(failures - 1, 20));
  return Math.round(full / 2 + (full / 2) * random);
}
