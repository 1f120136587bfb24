import { strict as assert } from 'node:assert';
import type { Code } from '../../../schemas/codes';
import { ProblemError, silentLog, type Context } from '../../../server/base';
import { isLegal, type PoolState, type Resource } from '../../../server/pool';

export const ctx: Context = { signal: new AbortController().signal, log: silentLog };

export async function refused(code: Code, work: Promise<unknown>): Promise<ProblemError> {
  try {
    await work;
  } catch (thrown) {
    assert.ok(thrown instanceof ProblemError, String(thrown));
    assert.equal(thrown.problem.code, code);
    return thrown;
  }
  assert.fail(`${code} was expected`);
}

/** A resource that gets ready and lets go when the test says so, or at once. */
export class Thing implements Resource {
  readonly kind = 'kit';
  readonly probes: boolean;
  readonly bytes: number;
  warmed = 0;
  cooled = 0;
  /** What the next warming or probe throws. */
  broken: Error | undefined;
  real: number | undefined;
  hold: Promise<void> | undefined;

  constructor(
    readonly id: string,
    { bytes = 0, probes = false }: { bytes?: number; probes?: boolean } = {},
  ) {
    this.bytes = bytes;
    this.probes = probes;
  }

  get label() {
    return this.id;
  }

  async warm(): Promise<void> {
    this.warmed++;
    await this.hold;
    if (this.broken) throw this.broken;
  }

  probe(): Promise<void> {
    return this.broken ? Promise.reject(this.broken) : Promise.resolve();
  }

  async cool(): Promise<void> {
    await this.hold;
    this.cooled++;
  }

  memory(): number {
    return this.real ?? this.bytes;
  }
}

/** Notices every state a resource is in and checks the way between them. */
export function watched(states: PoolState[], next: PoolState): void {
  const last = states.at(-1) ?? 'cold';
  if (last === next) return;
  assert.ok(isLegal(last, next), `${last} → ${next}`);
  states.push(next);
}
