/**
 * simulation: the real engine and the real SQL in a world of seeded faults, watched by a model.
 * Invariant: nothing here is shipped, and nothing in a history comes from outside its seed.
 */
import { SimulatedSqlite } from './sqlite/driver';
import { Violation, type Rule } from './model/violation';
import { World } from './world/world';

export interface SeedResult {
  readonly seed: number;
  readonly violation: { readonly rule: Rule; readonly detail: string } | undefined;
  /** Stands for the whole history. */
  readonly hash: number;
  readonly events: number;
  readonly deaths: number;
  readonly steps: number;
}

export interface Simulator {
  /** Plays the history of a seed. */
  play(seed: number, trace?: (line: string) => void): Promise<SeedResult>;
  /** Plays it twice: equal seeds must give equal histories. */
  playTwice(seed: number): Promise<SeedResult>;
}

/** Loads SQLite; one simulator plays one history at a time. */
export async function openSimulator(): Promise<Simulator> {
  const sqlite = await SimulatedSqlite.load();
  const madeBefore = await new World({ seed: 0, sqlite }).prepare();
  const play = async (seed: number, trace?: (line: string) => void): Promise<SeedResult> => {
    const world = new World({ seed, sqlite, madeBefore, trace });
    await undisturbed(trace !== undefined, world, () => world.play());
    const { violation } = world.model;
    return {
      seed,
      violation: violation && { rule: violation.rule, detail: violation.detail },
      hash: world.hash,
      events: world.model.eventCount(),
      deaths: world.deaths,
      steps: world.time.steps,
    };
  };
  return {
    play,
    async playTwice(seed) {
      const [one, other] = [await play(seed), await play(seed)];
      if (one.violation || one.hash === other.hash) return one;
      const { rule, detail } = new Violation(
        'histories of one seed differ',
        `${one.hash}, then ${other.hash}`,
      );
      return { ...one, violation: { rule, detail } };
    },
  };
}

/** Runs `play` with what nobody handles told to the world, and without stacks, as faults are thrown by the thousand. */
async function undisturbed(hasStacks: boolean, world: World, play: () => Promise<void>): Promise<void> {
  const { stackTraceLimit } = Error;
  const unhandled = (thrown: unknown): void =>
    world.model.fail(
      'unexpected problem',
      `nobody handles: ${hasStacks ? (thrown as Error).stack : String(thrown)}`,
    );
  if (!hasStacks) Error.stackTraceLimit = 0;
  process.on('unhandledRejection', unhandled);
  try {
    await play();
  } finally {
    process.off('unhandledRejection', unhandled);
    Error.stackTraceLimit = stackTraceLimit;
  }
}
