/**
 * Measures reading, checking and writing of Melodies; prints one JSON object a line. Times are milliseconds, the fastest
 * of many rounds, because other programs on the machine only ever add to them. Budgets: validate 100, binary over compact JSON 0.3, write 5, read 8.
 */
import { formatMelody, readBinary, readMelody, updateText, validate, writeBinary } from '../server/melody';
import { zstd } from '../server/base/node';
import { layered } from '../test/unit/melody/make';

const print = (name: string, value: number, unit: string): void =>
  console.log(JSON.stringify({ name, value: Math.round(value * 1000) / 1000, unit }));

/** The first run, which also warms up, and the fastest. */
function timed(rounds: number, work: () => unknown): { readonly first: number; readonly best: number } {
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return { first: times[0]!, best: Math.min(...times) };
}

function must<T extends { readonly melody: unknown; readonly findings: readonly unknown[] }>(checked: T): T {
  if (checked.melody === undefined) throw new Error(JSON.stringify(checked.findings.slice(0, 3)));
  return checked;
}

const big = layered(10_000, 50_000);
const bigText = formatMelody(big);
const check = timed(12, () => must(validate(big, 'big')));
print('engine.validate_10k_50k_ms', check.best, 'ms');
print('engine.validate_10k_50k_first_ms', check.first, 'ms');
print('codec.read_10k_50k_ms', timed(6, () => must(readMelody(bigText, 'big'))).best, 'ms');

const small = layered(1_000, 3_000);
const text = formatMelody(small);
const compact = JSON.stringify(small);
const binary = writeBinary(small, 'small', zstd);
print('codec.binary_over_json', binary.length / Buffer.byteLength(compact), 'ratio');
print('codec.write_1k_ms', timed(60, () => Buffer.from(formatMelody(small))).best, 'ms');
print('codec.read_1k_ms', timed(60, () => must(readMelody(text, 'small'))).best, 'ms');
print('codec.write_binary_1k_ms', timed(60, () => writeBinary(small, 'small', zstd)).best, 'ms');
print('codec.read_binary_1k_ms', timed(60, () => must(readBinary(binary, 'small', zstd))).best, 'ms');
const commented = text.replace('\n', ' // a comment\n');
print('codec.read_commented_1k_ms', timed(30, () => must(readMelody(commented, 'small'))).best, 'ms');
const renamed = {
  ...small,
  nodes: small.nodes.map((node, at) => (at === 500 ? { ...node, name: 'New' } : node)),
};
print('codec.edit_1k_ms', timed(10, () => updateText(text, renamed, 'small')).best, 'ms');
