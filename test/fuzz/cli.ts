import { parseArgs } from 'node:util';
import { fuzzFrames } from './frames';

const usage = 'npm run fuzz -- frames [--count N] [--seed S] [--from BLOCK]';
/** What a heap may have grown by from the first tenth of a run to its end, in megabytes: far below one byte a frame. */
const growthMb = 20;

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      from: { type: 'string', default: '0' },
    },
  });
  const [count, seed, from] = [values.count, values.seed, values.from].map(Number) as [
    number,
    number,
    number,
  ];
  if (
    positionals.join() !== 'frames' ||
    ![count, seed, from].every((value) => Number.isSafeInteger(value) && value >= 0)
  ) {
    console.error(usage);
    return 2;
  }
  const began = performance.now();
  let early = 0;
  let said = 0;
  const onBlock = (frames: number): void => {
    if (early === 0 && frames >= count / 10) early = usedMb();
    if (frames < said + 100_000) return;
    said = frames;
    console.log(`  ${frames} frames, ${usedMb().toFixed(1)} MB`);
  };
  const result = await fuzzFrames({ seed, count, from, onBlock });
  const grown = usedMb() - early;
  console.log(
    `${result.frames} frames (${(result.bytes / 1e6).toFixed(0)} MB), ${result.passed} of them right, ${result.closed} connections closed`,
  );
  for (const [code, times] of Object.entries(result.violations).sort(([, a], [, b]) => b - a))
    console.log(`  ${code.padEnd(20)} ${times}`);
  console.log(
    `  ${((performance.now() - began) / 1000).toFixed(1)} s; the heap grew by ${grown.toFixed(1)} MB since the first tenth`,
  );
  if (grown <= growthMb) return 0;
  console.error(`The heap grew by more than ${growthMb} MB.`);
  return 1;
}

function usedMb(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

run(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (thrown: unknown) => {
    console.error(thrown);
    process.exitCode = 1;
  },
);
