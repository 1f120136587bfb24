import { Rope, type Edit } from '../../client/review/rope';

/** What a key press costs: 95th of a hundred, in milliseconds. */
export interface RopeMeasure {
  readonly name: 'review.rebase_1000_hunks_p95_ms' | 'review.rebase_10mb_ms';
  readonly value: number;
  readonly unit: 'ms';
}

/** Types into a document with 1,000 hunks, and into one of ten million characters. */
export function measureRope(): RopeMeasure[] {
  const hunks = Array.from({ length: 20_000 }, (_, i) => `const line${i} = compute(${i});`);
  const large = Array.from({ length: 100_000 }, (_, i) => `${i}`.padEnd(99, '.'));
  return [
    { name: 'review.rebase_1000_hunks_p95_ms', value: typing(hunks, 1_000), unit: 'ms' },
    { name: 'review.rebase_10mb_ms', value: typing(large, 1_000), unit: 'ms' },
  ];
}

/** Key presses all over a document: letters, new lines, removals, and one with a hundred cursors in ten. */
function typing(lines: readonly string[], count: number): number {
  const every = Math.floor(lines.length / count);
  const marks = Array.from({ length: count }, (_, i) => ({
    id: `u${i}`,
    start: i * every,
    end: i * every + (i % 3),
  }));
  const rope = new Rope(lines, marks);
  const samples: number[] = [];
  for (let press = 0; press < 300; press++) {
    const edits = Array.from({ length: press % 10 === 0 ? 100 : 1 }, (_, cursor): Edit => {
      const line = (press * 7919 + cursor * Math.floor(lines.length / 101)) % (lines.length - 2);
      const place = { line, character: press % 5 };
      const end = press % 4 === 0 ? { line, character: (press % 5) + 1 } : place;
      return { range: { start: place, end }, text: press % 6 === 0 ? '\n' : 'x' };
    });
    const began = performance.now();
    rope.apply(apart(edits));
    rope.places();
    samples.push(performance.now() - began);
  }
  samples.sort((a, b) => a - b);
  return Math.round(samples[Math.ceil(samples.length * 0.95) - 1]! * 1000) / 1000;
}

/** Cursors on one line would overlap. */
const apart = (edits: readonly Edit[]): Edit[] => [
  ...new Map(edits.map((edit) => [edit.range.start.line, edit])).values(),
];

if (require.main === module) for (const each of measureRope()) console.log(JSON.stringify(each));
