import { diffArrays } from 'diff';
import type { Lines } from './rope';

/** Lines that two texts share: `length` of them, from `base` on in one and from `now` on in the other. */
export interface Run {
  readonly base: number;
  readonly now: number;
  readonly length: number;
}

/** How much two texts may differ before we stop looking, in lines and in milliseconds. */
const limits = { maxEditLength: 20_000, timeout: 500 } as const;

/**
 * Which lines of a text are where in another, in order. Texts that have next to nothing in common, or would take too
 * long, count as having nothing in common.
 */
export function align(base: readonly string[], now: readonly string[]): readonly Run[] {
  const changes = diffArrays([...base], [...now], limits);
  if (!changes) return [];
  const runs: Run[] = [];
  let [atBase, atNow] = [0, 0];
  for (const { added, removed, count = 0 } of changes) {
    if (!added && !removed) runs.push({ base: atBase, now: atNow, length: count });
    if (!added) atBase += count;
    if (!removed) atNow += count;
  }
  return runs;
}

/**
 * Where lines of the base are in the other text, or undefined where they are no longer together and alone.
 * An empty span is the place between two lines, which must still be neighbours unless one of them is gone.
 */
export function find(
  runs: readonly Run[],
  { start, end }: Lines,
  base: number,
  now: number,
): Lines | undefined {
  if (end > start) {
    const run = runAt(runs, start);
    if (!run || end > run.base + run.length) return undefined;
    return { start: run.now + start - run.base, end: run.now + end - run.base };
  }
  const above = start === 0 ? 0 : placeOf(runs, start - 1);
  const below = start >= base ? now : placeOf(runs, start);
  const afterAbove = start === 0 ? above : above === undefined ? undefined : above + 1;
  if (afterAbove !== undefined && below !== undefined && afterAbove !== below) return undefined;
  const at = afterAbove ?? below;
  return at === undefined ? undefined : { start: at, end: at };
}

/** The line of the other text nearest to a line of the base: the same one, or what stands where it stood. */
export function nearest(runs: readonly Run[], line: number): number {
  let last: Run | undefined;
  for (const run of runs) {
    if (run.base > line) break;
    last = run;
  }
  if (!last) return 0;
  return last.now + Math.min(line - last.base, last.length);
}

const placeOf = (runs: readonly Run[], line: number): number | undefined => {
  const run = runAt(runs, line);
  return run && run.now + line - run.base;
};

/** The run a line of the base lies in, by halving. */
function runAt(runs: readonly Run[], line: number): Run | undefined {
  let [low, high] = [0, runs.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const run = runs[middle]!;
    if (line < run.base) high = middle - 1;
    else if (line >= run.base + run.length) low = middle + 1;
    else return run;
  }
  return undefined;
}
