/**
 * Measures review: listing and showing a changeset of 1,000 files and 20,000 hunks in a sidecar that has just
 * started, and deciding on one hunk until it is durable and told. Prints one JSON object a line.
 */
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { percentile, median } from './engine/statistics';
import { Workshop } from './engine/workshop';
import { ctx, offerLarge } from './review/changeset';

const print = (name: string, value: number, unit: string): void =>
  console.log(JSON.stringify({ name, value: Number(value.toFixed(1)), unit }));

async function main(): Promise<void> {
  const workshop = new Workshop();
  print('machine.load', os.loadavg()[0]!, 'processes');
  print('disk.fsync_p50_us', workshop.fsyncUs(), 'us');
  const large = await offerLarge(1000, 20);
  try {
    await cutting(large);
    await listing(large);
    await deciding(large);
  } finally {
    large.remove();
  }
  await beside();
}

type Large = Awaited<ReturnType<typeof offerLarge>>;

/** What happens once, when the changeset is offered; nothing else of the sidecar may wait for it. */
async function cutting({ open, changeset }: Large): Promise<void> {
  const { desk, close } = await open();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  await desk.reviewUnits(ctx, { changeset: changeset.changeset, paths: [] });
  print('review.cut_20k_hunks_ms', performance.now() - began, 'ms');
  delay.disable();
  print('review.cut_longest_task_ms', delay.max / 1e6, 'ms');
  close();
}

/** The list with its counts and all units, as bytes for the wire. */
async function listing({ open, changeset }: Large): Promise<void> {
  const all: number[] = [];
  const firsts: number[] = [];
  for (let round = 0; round < 7; round++) {
    const { desk, close } = await open();
    const began = performance.now();
    const listed = JSON.stringify(await desk.list(ctx, true));
    const [first] = changeset.files;
    const { files } = await desk.reviewUnits(ctx, { changeset: changeset.changeset, paths: [first!.path] });
    if (files[0]!.units.length !== 20) throw new Error('the hunks are not there');
    firsts.push(performance.now() - began);
    const units = JSON.stringify(await desk.reviewUnits(ctx, { changeset: changeset.changeset }));
    all.push(performance.now() - began);
    if (listed.length + units.length < 1_000_000) throw new Error('not everything was listed');
    close();
  }
  print('review.list_20k_hunks_ms', median(all), 'ms');
  print('review.first_diff_ms', median(firsts), 'ms');
}

/** Keep and undo of one hunk, until the answer and the notice of the change are both there. */
async function deciding({ open, changeset }: Large): Promise<void> {
  const { desk, close } = await open();
  const id = changeset.changeset;
  await desk.list(ctx, true);
  const samples: number[] = [];
  for (let i = 0; i < 150; i++) {
    const { path: name } = changeset.files[i]!;
    const { files } = await desk.reviewUnits(ctx, { changeset: id, paths: [name] });
    const units = [{ path: name, unit: files[0]!.units[i % 20]!.unit }];
    for (const decision of ['keep', 'undecide'] as const) {
      const told = new Promise<void>((resolve) => {
        const heard = desk.unitsChanged.event(() => (heard.dispose(), resolve()));
      });
      const began = performance.now();
      const done = await desk.reviewDecideUnits(ctx, { changeset: id, decision, units, buffers: [] });
      await told;
      samples.push(performance.now() - began);
      if (done.files[0]!.result !== 'written') throw new Error(JSON.stringify(done));
    }
  }
  print('review.decide_p50_ms', percentile(samples, 0.5), 'ms');
  print('review.decide_p95_ms', percentile(samples, 0.95), 'ms');
  close();
}

/** What the editor's side measures, where it is there. */
async function beside(): Promise<void> {
  const file = path.join(__dirname, 'review/rope.ts');
  if (!existsSync(file)) return;
  const { measureRope } = (await import(file)) as {
    measureRope: () => { name: string; value: number; unit: string }[];
  };
  for (const { name, value, unit } of measureRope()) print(name, value, unit);
}

void main();
