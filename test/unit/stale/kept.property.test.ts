import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import type { RetentionPolicy } from '../../../schemas/wire/stale';
import type { ArtifactStore } from '../../../server/artifacts';
import { sha256 } from '../../../server/base/node';
import { anyPolicies } from './policies';
import { ctx, dayMs, endedRun, HandClock, openWorld, settingsWith, type World } from './world';

/** What may happen; numbers choose among what there is. */
type Act =
  | {
      readonly act: 'put' | 'run' | 'hold' | 'letGo' | 'archive' | 'restore' | 'undo' | 'recall';
      readonly of: number;
    }
  | { readonly act: 'clean'; readonly policies: readonly RetentionPolicy[] }
  | { readonly act: 'wait'; readonly days: number }
  /** The store fails at the call with this number from here on, as if the process had ended there. */
  | { readonly act: 'crash'; readonly after: number };

const number = fc.nat(20);
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constantFrom('put' as const, 'run' as const), of: number }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc
        .constantFrom('hold', 'letGo', 'archive', 'restore', 'undo', 'recall')
        .map((act) => act as 'hold'),
      of: number,
    }),
  },
  { weight: 4, arbitrary: anyPolicies.map((policies) => ({ act: 'clean' as const, policies })) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 300 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('crash' as const), after: fc.integer({ min: 0, max: 12 }) }),
  },
);

class Crash extends Error {}

/** A store that fails for good once `left` calls that change it were made. */
class Fragile {
  left = Infinity;
  readonly of = (store: ArtifactStore): ArtifactStore => {
    const changing = new Set(['put', 'hold', 'letGo', 'remove', 'drop', 'move']);
    const guarded = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (inner, name) => {
          const value: unknown = Reflect.get(inner, name);
          if (name === 'blobs') return guarded(value as object);
          if (typeof value !== 'function') return value;
          const call = value.bind(inner) as (...given: unknown[]) => unknown;
          if (name === 'holding') return (...given: unknown[]) => guarded(call(...given) as object);
          if (!changing.has(String(name))) return call;
          return (...given: unknown[]) => (this.left-- > 0 ? call(...given) : Promise.reject(new Crash()));
        },
      });
    return guarded(store);
  };
}

/** One history, and what must be there whatever happens in it. */
class History {
  private world!: World;
  private fragile = new Fragile();
  private readonly clock = new HandClock();
  private readonly needed = new Map<string, Set<string>>();
  private readonly loose: string[] = [];
  private readonly held = new Map<string, string>();
  private runs = 0;

  constructor(private readonly folder: string) {}

  async open(): Promise<void> {
    this.fragile = new Fragile();
    this.world = await openWorld(this.folder, { clock: this.clock, seen: this.fragile.of });
  }

  async close(): Promise<void> {
    await this.world.close();
  }

  async play(act: Act): Promise<void> {
    try {
      await this.do(act);
    } catch (thrown) {
      if (!(thrown instanceof Crash)) throw thrown;
    }
    if (this.fragile.left <= 0) {
      await this.close();
      await this.open();
      await this.world.stale.evaluate(ctx);
    }
    // A call that was waiting to fail and did not fail must not fail what is looked at here.
    const left = this.fragile.left;
    this.fragile.left = Infinity;
    await this.check();
    this.fragile.left = left;
  }

  private async do(act: Act): Promise<void> {
    const { artifacts, stale } = this.world;
    switch (act.act) {
      case 'put':
        this.loose.push(await artifacts.blobs.put(Buffer.from(`loose ${act.of}`)));
        return;
      case 'run': {
        const run = `run-${this.runs++}`;
        const hashes = await endedRun(this.world, run, [
          `${run} alone`,
          `shared ${act.of % 3}`,
          `loose ${act.of}`,
        ]);
        this.needed.set(run, new Set(hashes));
        return;
      }
      case 'hold': {
        const hash = this.loose[act.of % Math.max(1, this.loose.length)];
        if (hash === undefined || !(await artifacts.blobs.has(hash))) return;
        await artifacts.hold(`hold:${act.of}`, [hash]);
        this.held.set(`hold:${act.of}`, hash);
        return;
      }
      case 'letGo': {
        const holder = [...this.held.keys()][act.of];
        if (holder === undefined) return;
        await artifacts.letGo(holder);
        this.held.delete(holder);
        return;
      }
      case 'archive':
        if (this.runs > 0) await stale.archive(ctx, `run-${act.of % this.runs}`);
        return;
      case 'restore': {
        const one = stale.archived()[act.of];
        if (one !== undefined) await stale.restore(ctx, one.run);
        return;
      }
      case 'undo': {
        const one = stale.cleanings().find(({ until }) => until !== null && until > this.clock.now());
        if (one !== undefined) await stale.undo(ctx, one.id);
        return;
      }
      case 'recall': {
        const hash = [...this.needed.values()].flatMap((hashes) => [...hashes])[act.of];
        if (hash !== undefined) assert.ok((await artifacts.get(hash)) ?? (await stale.recall(ctx, hash)));
        return;
      }
      case 'clean': {
        // An archive may be deleted by a policy, and then it is gone in the end; that is not what is looked at here.
        const policies = act.policies.filter((policy) => policy.of !== 'archives');
        const plan = await stale.dryRun(ctx, settingsWith(policies));
        await stale.apply(ctx, plan, { confirmed: true, evenTooMuch: true });
        return;
      }
      case 'wait':
        this.clock.move(act.days * dayMs);
        return;
      case 'crash':
        this.fragile.left = act.after;
    }
  }

  /** What is held lies in the store; what runs need lies there or in the run's archive; and the store agrees with itself. */
  private async check(): Promise<void> {
    const { artifacts, stale } = this.world;
    const stored = new Set(artifacts.stored(null, 10_000).map(({ hash }) => hash));
    for (const [holder, hash] of this.held) assert.ok(stored.has(hash), `${holder} holds nothing`);
    const archived = new Set(stale.archived().map(({ run }) => run));
    for (const [run, hashes] of this.needed)
      for (const hash of hashes) assert.ok(stored.has(hash) || archived.has(run), `${run} lacks ${hash}`);
    assert.deepEqual(await artifacts.check(ctx), []);
  }

  /** In the end everything that runs need can be read. */
  async readAll(): Promise<void> {
    this.fragile.left = Infinity;
    const { artifacts, stale } = this.world;
    for (const { run } of stale.archived()) await stale.restore(ctx, run);
    for (const hashes of this.needed.values())
      for (const hash of hashes) assert.equal(sha256((await artifacts.get(hash))!), hash);
  }
}

describe('whatever happens', function () {
  const long = process.env['SYMPHONY_TIER'] === 'long';
  this.timeout(long ? 1_200_000 : 30_000);

  it('what is held or needed is never lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyAct, { minLength: 5, maxLength: 25 }), async (acts) => {
        const folder = mkdtempSync(path.join(tmpdir(), 'symphony-stale-'));
        const history = new History(folder);
        try {
          await history.open();
          for (const act of acts) await history.play(act);
          await history.readAll();
        } finally {
          await history.close();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: long ? 150 : 4 },
    );
  });
});
