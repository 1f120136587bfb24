import type { ReviewUnit } from '../../schemas';

/** A hunk on the way through a changeset, with what a person sees of it. */
export interface Stop {
  readonly path: string;
  readonly unit: ReviewUnit;
  /** Removed lines, then added ones, without their ends. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** Lines around it that stay. */
  readonly above: readonly string[];
  readonly below: readonly string[];
  /** What a person is told of where it comes from. */
  readonly source: string;
}

/** What a key press asks for. */
export type Wish =
  | { readonly kind: 'decide'; readonly decision: 'keep' | 'drop'; readonly stops: readonly Stop[] }
  | { readonly kind: 'go'; readonly to: number }
  | { readonly kind: 'undo' | 'edit' | 'split' | 'help' | 'quit' }
  | { readonly kind: 'search'; readonly text: string }
  | { readonly kind: 'none'; readonly why: 'unknown' | 'noNext' | 'noBefore' | 'notLines' | 'oneLine' };

/** The letters that are of use at a stop, in the order they are offered. */
export function keysAt(stops: readonly Stop[], at: number): string[] {
  const { unit, removed, added } = stops[at]!;
  const lines = unit.kind === 'lines';
  return [
    'y',
    'n',
    ...(lines && removed.length + added.length > 1 ? ['s'] : []),
    ...(lines ? ['e'] : []),
    'u',
    'a',
    'd',
    '/',
    ...(after(stops, at, isOpen) === undefined ? [] : ['j']),
    ...(before(stops, at, isOpen) === undefined ? [] : ['k']),
    'q',
    '?',
  ];
}

/** What an answer at a stop means. Pure: it changes nothing. */
export function wishOf(answer: string, stops: readonly Stop[], at: number): Wish {
  const said = answer.trim();
  const here = stops[at]!;
  const lines = here.unit.kind === 'lines';
  const go = (to: number | undefined, why: 'noNext' | 'noBefore'): Wish =>
    to === undefined ? { kind: 'none', why } : { kind: 'go', to };
  if (said.startsWith('/')) return { kind: 'search', text: said.slice(1) };
  switch (said) {
    case 'y':
      return { kind: 'decide', decision: 'keep', stops: [here] };
    case 'n':
      return { kind: 'decide', decision: 'drop', stops: [here] };
    case 'a':
      return { kind: 'decide', decision: 'keep', stops: restOfFile(stops, at) };
    case 'd':
      return { kind: 'decide', decision: 'drop', stops: restOfFile(stops, at) };
    case 's':
      if (!lines) return { kind: 'none', why: 'notLines' };
      return here.removed.length + here.added.length > 1
        ? { kind: 'split' }
        : { kind: 'none', why: 'oneLine' };
    case 'e':
      return lines ? { kind: 'edit' } : { kind: 'none', why: 'notLines' };
    case 'u':
      return { kind: 'undo' };
    case 'j':
      return go(after(stops, at, isOpen), 'noNext');
    case 'J':
      return go(
        after(stops, at, () => true),
        'noNext',
      );
    case 'k':
      return go(before(stops, at, isOpen), 'noBefore');
    case 'K':
      return go(
        before(stops, at, () => true),
        'noBefore',
      );
    case '?':
      return { kind: 'help' };
    case 'q':
      return { kind: 'quit' };
    default:
      return { kind: 'none', why: 'unknown' };
  }
}

/** The stop after a decision: the next undecided one, else the first; undefined when all are decided. */
export function nextOpen(stops: readonly Stop[], at: number): number | undefined {
  return after(stops, at, isOpen) ?? (stops.some(isOpen) ? stops.findIndex(isOpen) : undefined);
}

/** The next stop with the text in its lines or path, going on at the beginning; the one at hand comes last. */
export function found(stops: readonly Stop[], at: number, text: string): number | undefined {
  const wanted = text.toLowerCase();
  const holds = ({ path, removed, added }: Stop): boolean =>
    [path, ...removed, ...added].some((line) => line.toLowerCase().includes(wanted));
  for (let step = 1; step <= stops.length; step++) {
    const place = (at + step) % stops.length;
    if (holds(stops[place]!)) return place;
  }
  return undefined;
}

/** Where a hunk is cut before its n-th shown line (from 2): the first lines of the second part on both sides. */
export function cutAt(
  { unit, removed, added }: Stop,
  line: number,
): { before: number; after: number } | undefined {
  if (!Number.isInteger(line) || line < 2 || line > removed.length + added.length) return undefined;
  const first = line - 1;
  return {
    before: unit.before.start + Math.min(first, removed.length),
    after: unit.after.start + Math.max(0, first - removed.length),
  };
}

const isOpen = ({ unit }: Stop): boolean => unit.state === 'undecided';

const restOfFile = (stops: readonly Stop[], at: number): Stop[] =>
  stops.filter((one, i) => i === at || (i > at && one.path === stops[at]!.path && isOpen(one)));

function after(stops: readonly Stop[], at: number, fits: (one: Stop) => boolean): number | undefined {
  const place = stops.findIndex((one, i) => i > at && fits(one));
  return place < 0 ? undefined : place;
}

function before(stops: readonly Stop[], at: number, fits: (one: Stop) => boolean): number | undefined {
  const place = stops.findLastIndex((one, i) => i < at && fits(one));
  return place < 0 ? undefined : place;
}
