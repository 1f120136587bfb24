import { pitServices, type PitServiceStatus } from '../../schemas/wire/pit';
import { problemOf, type Clock, type Context, type Service } from '../base';

export interface PitOptions {
  /** One of each name; the order does not matter. */
  readonly services: readonly Service[];
  readonly clock: Clock;
}

/** The five services as one unit. */
export interface Pit {
  /** Starts all beside each other. Where one fails, the others are stopped again and its problem is thrown. */
  start(ctx: Context): Promise<void>;
  /** Stops all beside each other; never throws. */
  stop(ctx: Context): Promise<void>;
  /** Stops and starts; calls in a row follow one another. */
  restart(ctx: Context): Promise<void>;
  /** In the order of `pitServices`, from memory. */
  status(): readonly PitServiceStatus[];
}

/** How many rows of a service are shown at most. */
const mostRows = 100;

type Life = Pick<PitServiceStatus, 'state' | 'problem' | 'startedInMs'>;

const stopped: Life = { state: 'stopped', problem: null, startedInMs: null };

export function createPit({ services, clock }: PitOptions): Pit {
  const lives = new Map<Service, Life>(services.map((service) => [service, stopped]));
  const inOrder = [...services].sort((a, b) => pitServices.indexOf(a.name) - pitServices.indexOf(b.name));
  let last: Promise<unknown> = Promise.resolve();
  const afterAnother = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };

  async function startOne(ctx: Context, service: Service): Promise<void> {
    const began = clock.now();
    lives.set(service, { ...stopped, state: 'starting' });
    try {
      await service.start(ctx);
      lives.set(service, { ...stopped, state: 'running', startedInMs: clock.now() - began });
    } catch (thrown) {
      lives.set(service, { ...stopped, state: 'failed', problem: problemOf(thrown) });
      throw thrown;
    }
  }

  async function startAll(ctx: Context): Promise<void> {
    const begun = await Promise.allSettled(inOrder.map((service) => startOne(ctx, service)));
    const failure = begun.find((one) => one.status === 'rejected');
    if (failure === undefined) return;
    await stopAll(ctx);
    throw failure.reason;
  }

  /** What failed stays told until it is started again. */
  async function stopAll(ctx: Context): Promise<void> {
    const running = inOrder.filter((service) => lives.get(service)!.state === 'running');
    const ended = await Promise.allSettled(running.map((service) => service.stop(ctx)));
    ended.forEach((one, at) => {
      if (one.status === 'rejected')
        ctx.log.error('a service did not stop cleanly', {
          service: running[at]!.name,
          reason: String(one.reason),
        });
    });
    for (const service of running) lives.set(service, stopped);
  }

  function shown(service: Service): PitServiceStatus {
    const life = lives.get(service)!;
    const report = life.state === 'running' ? service.report() : { totals: {}, rows: [] };
    return {
      ...life,
      name: service.name,
      totals: { ...report.totals },
      rows: report.rows.slice(0, mostRows),
    };
  }

  return {
    start: (ctx) => afterAnother(() => startAll(ctx)),
    stop: (ctx) => afterAnother(() => stopAll(ctx)),
    restart: (ctx) =>
      afterAnother(async () => {
        await stopAll(ctx);
        await startAll(ctx);
      }),
    status: () => inOrder.map(shown),
  };
}
