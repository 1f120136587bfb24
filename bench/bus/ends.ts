/**
 * One end of what is measured, in a process of its own: `ends.cjs serve <who> <address>` answers until it is killed,
 * `ends.cjs <task> <who> <address> <count>` measures against it and prints its result as JSON.
 */
import { listen, drive, type Contestant } from './contestants';
import { fanOutPeers, publishFanOut, serveFanOut } from './fanOut';
import { percentile } from '../engine/statistics';
import { sample } from './sample';

const [task, who, address, count] = process.argv.slice(2) as [string, Contestant, string, string];
const print = (result: object): void => console.log(JSON.stringify(result));

const tasks: Record<string, () => Promise<void>> = {
  async serve() {
    if (who === 'fan-out') await serveFanOut(address);
    else await listen[who](address);
    print({ ready: true });
  },
  /** One after the other, in microseconds. */
  async roundTrips() {
    if (who === 'fan-out') return;
    const end = await drive[who](address);
    for (let i = 0; i < 5000; i++) await end.ask(sample(i));
    const times = new Float64Array(Number(count));
    for (let i = 0; i < times.length; i++) {
      const began = performance.now();
      await end.ask(sample(i));
      times[i] = (performance.now() - began) * 1000;
    }
    print({ p50: percentile([...times], 0.5), p99: percentile([...times], 0.99) });
    process.exit(0);
  },
  /** Messages a second, from the first that is sent until the last was handled at the other end. */
  async throughput() {
    if (who === 'fan-out') return;
    const end = await drive[who](address);
    const most = Number(count);
    const before = await run(Math.min(most, 100_000));
    const began = performance.now();
    const handled = (await run(most)) - before;
    if (handled !== most) throw new Error(`${handled} of ${most} messages were handled`);
    print({ perSecond: most / ((performance.now() - began) / 1000) });
    process.exit(0);

    async function run(messages: number): Promise<number> {
      for (let sent = 0; sent < messages; sent += batch) {
        for (let i = 0; i < batch; i++) end.tell(sample(i));
        await end.drained();
      }
      return end.count();
    }
  },
  /** A share of the peers, until it is killed; `count` is which. */
  async fanOutPeers() {
    await fanOutPeers(address, Number(count), (times) => print({ times }));
    print({ ready: true });
  },
  async publishAll() {
    print({ each: await publishFanOut(address, 'all', Number(count)) });
    process.exit(0);
  },
  async publishFew() {
    print({ each: await publishFanOut(address, 'few', Number(count)) });
    process.exit(0);
  },
};

/** How many messages are sent in one turn. */
const batch = 250;

tasks[task]!().catch((thrown: unknown) => {
  console.error(thrown);
  process.exit(1);
});
