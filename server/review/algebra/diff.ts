/** Lines [start, end) of one side stand where lines [start, end) of the other do. */
export interface Hunk {
  readonly before: { readonly start: number; readonly end: number };
  readonly after: { readonly start: number; readonly end: number };
}

/** Beyond so many differing lines without an anchor between them a stretch is one hunk; bounds time and memory. */
const maxEdits = 1500;

/**
 * The places where two texts differ, in order, never touching each other. Lines that occur once on both sides
 * are anchors; between them the shortest edit is looked for. The same texts always give the same hunks.
 */
export function diffLines(before: readonly string[], after: readonly string[]): Hunk[] {
  const [a, b] = numbered(before, after);
  const pairs: Pairs = { from: [], to: [] };
  match(a, 0, a.length, b, 0, b.length, pairs);
  return between(pairs, a.length, b.length);
}

/** Matched lines: `from[i]` of one side is `to[i]` of the other; both ascend. */
interface Pairs {
  readonly from: number[];
  readonly to: number[];
}

function numbered(before: readonly string[], after: readonly string[]): [Int32Array, Int32Array] {
  const ids = new Map<string, number>();
  const number = (lines: readonly string[]): Int32Array => {
    const out = new Int32Array(lines.length);
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!;
      let id = ids.get(line);
      if (id === undefined) ids.set(line, (id = ids.size));
      out[i] = id;
    }
    return out;
  };
  return [number(before), number(after)];
}

function match(
  a: Int32Array,
  fromA: number,
  toA: number,
  b: Int32Array,
  fromB: number,
  toB: number,
  out: Pairs,
): void {
  while (fromA < toA && fromB < toB && a[fromA] === b[fromB]) {
    out.from.push(fromA++);
    out.to.push(fromB++);
  }
  let tail = 0;
  while (fromA < toA - tail && fromB < toB - tail && a[toA - 1 - tail] === b[toB - 1 - tail]) tail++;
  const endA = toA - tail;
  const endB = toB - tail;
  if (fromA < endA && fromB < endB) {
    const anchors = uniqueAnchors(a, fromA, endA, b, fromB, endB);
    if (anchors.from.length === 0) shortestEdit(a, fromA, endA, b, fromB, endB, out);
    else {
      let atA = fromA;
      let atB = fromB;
      for (let i = 0; i < anchors.from.length; i++) {
        const anchorA = anchors.from[i]!;
        const anchorB = anchors.to[i]!;
        match(a, atA, anchorA, b, atB, anchorB, out);
        out.from.push(anchorA);
        out.to.push(anchorB);
        atA = anchorA + 1;
        atB = anchorB + 1;
      }
      match(a, atA, endA, b, atB, endB, out);
    }
  }
  for (let i = tail; i > 0; i--) {
    out.from.push(toA - i);
    out.to.push(toB - i);
  }
}

/** The longest ascending row of lines that occur exactly once in both stretches. */
function uniqueAnchors(
  a: Int32Array,
  fromA: number,
  toA: number,
  b: Int32Array,
  fromB: number,
  toB: number,
): Pairs {
  const inA = once(a, fromA, toA);
  const inB = once(b, fromB, toB);
  const common: { a: number; b: number }[] = [];
  for (const [id, at] of inA) {
    const there = inB.get(id);
    if (at >= 0 && there !== undefined && there >= 0) common.push({ a: at, b: there });
  }
  common.sort((x, y) => x.a - y.a);
  return longestAscending(common);
}

/** Where each line stands that occurs once; -1 for those that occur more often. */
function once(lines: Int32Array, from: number, to: number): Map<number, number> {
  const places = new Map<number, number>();
  for (let i = from; i < to; i++) places.set(lines[i]!, places.has(lines[i]!) ? -1 : i);
  return places;
}

function longestAscending(pairs: readonly { a: number; b: number }[]): Pairs {
  const tops: number[] = [];
  const former = new Int32Array(pairs.length).fill(-1);
  for (let i = 0; i < pairs.length; i++) {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[tops[middle]!]!.b < pairs[i]!.b) low = middle + 1;
      else high = middle;
    }
    if (low > 0) former[i] = tops[low - 1]!;
    tops[low] = i;
  }
  const row: { a: number; b: number }[] = [];
  for (let at = tops.at(-1) ?? -1; at >= 0; at = former[at]!) row.push(pairs[at]!);
  row.reverse();
  return { from: row.map((pair) => pair.a), to: row.map((pair) => pair.b) };
}

/** Myers' greedy algorithm; gives up, matching nothing, where more than `maxEdits` lines differ. */
function shortestEdit(
  a: Int32Array,
  fromA: number,
  toA: number,
  b: Int32Array,
  fromB: number,
  toB: number,
  out: Pairs,
): void {
  const sizeA = toA - fromA;
  const sizeB = toB - fromB;
  const most = Math.min(sizeA + sizeB, maxEdits);
  const middle = most + 1;
  const reach = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    trace.push(reach.slice(middle - edits - 1, middle + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && reach[middle + k - 1]! < reach[middle + k + 1]!);
      let x = down ? reach[middle + k + 1]! : reach[middle + k - 1]! + 1;
      while (x < sizeA && x - k < sizeB && a[fromA + x] === b[fromB + x - k]) x++;
      reach[middle + k] = x;
      if (x >= sizeA && x - k >= sizeB) return walkBack(trace, sizeA, sizeB, fromA, fromB, out);
    }
  }
}

function walkBack(
  trace: readonly Int32Array[],
  sizeA: number,
  sizeB: number,
  fromA: number,
  fromB: number,
  out: Pairs,
): void {
  const found: { a: number; b: number }[] = [];
  let x = sizeA;
  let y = sizeB;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits]!;
    const at = (k: number): number => reach[k + edits + 1]!;
    const k = x - y;
    const down = k === -edits || (k !== edits && at(k - 1) < at(k + 1));
    const startX = edits === 0 ? 0 : down ? at(k + 1) : at(k - 1);
    const startY = edits === 0 ? 0 : startX - (down ? k + 1 : k - 1);
    const least = edits === 0 ? 0 : down ? startX : startX + 1;
    while (x > least && y > (edits === 0 ? 0 : down ? startY + 1 : startY))
      found.push({ a: fromA + --x, b: fromB + --y });
    x = startX;
    y = startY;
  }
  for (const pair of found.reverse()) {
    out.from.push(pair.a);
    out.to.push(pair.b);
  }
}

function between(pairs: Pairs, sizeA: number, sizeB: number): Hunk[] {
  const hunks: Hunk[] = [];
  let atA = 0;
  let atB = 0;
  for (let i = 0; i <= pairs.from.length; i++) {
    const nextA = pairs.from[i] ?? sizeA;
    const nextB = pairs.to[i] ?? sizeB;
    if (nextA > atA || nextB > atB)
      hunks.push({ before: { start: atA, end: nextA }, after: { start: atB, end: nextB } });
    atA = nextA + 1;
    atB = nextB + 1;
  }
  return hunks;
}
