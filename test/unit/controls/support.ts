import type { Answer, NodeContext, QuestionDraft } from '../../../server/engine';
import { ProblemError, type Clock, type Json } from '../../../server/base';
import { Steps } from '../agents/fakes';

/** What a node is given in a test, and whom it can ask. */
export interface Given {
  readonly params: Json;
  readonly inputs?: Readonly<Record<string, Json>>;
  /** Answers in the order of the questions. */
  readonly answers?: readonly Answer[];
}

/** A context over recorded steps; a second one over the same steps is a restart. */
export function contextOf(
  { params, inputs = {}, answers = [] }: Given,
  steps = new Steps(),
  signal?: AbortSignal,
): { readonly ctx: NodeContext; readonly asked: QuestionDraft[]; readonly told: string[] } {
  const asked: QuestionDraft[] = [];
  const ask = async (question: QuestionDraft): Promise<Answer> => {
    const answer = answers[asked.length];
    if (answer === undefined) throw new Error(`nobody answers ${question.id}`);
    asked.push(question);
    return answer;
  };
  const ctx = { ...steps.context(signal), node: 'n', run: 'r', params, inputs, ask };
  return { ctx, asked, told: steps.told };
}

/** What a work gives, or the code and facts of the problem it ends with. */
export async function outcomeOf(work: () => Json | Promise<Json>): Promise<Json> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ProblemError)) throw thrown;
    return { code: thrown.problem.code, ...thrown.problem.args };
  }
}

/** Two clocks that can go apart: the wall's is set, and both pass while someone sleeps. */
export class TwoClocks implements Clock {
  wall = Date.parse('2026-03-01T12:00:00Z');
  steady = 0;
  readonly slept: number[] = [];
  /** Called in each sleep with its number, from 0. */
  during: (sleep: number) => void = () => undefined;
  now = () => this.wall;
  monotonic = () => this.steady;
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    this.during(this.slept.length - 1);
    signal?.throwIfAborted();
    this.wall += ms;
    this.steady += ms;
  }
}

/**
 * A clock that goes on to the next moment somebody sleeps until when nothing else has happened for some turns of the
 * loop: those who sleep wake in the order of their times, and nobody waits for real.
 */
export class IdleClock implements Clock {
  private time = 0;
  private sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  private watching = false;
  constructor(private readonly idleTurns = 40) {}
  now = () => Date.parse('2026-03-01T12:00:00Z') + this.time;
  monotonic = () => this.time;
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = () => reject(signal!.reason as Error);
      if (signal?.aborted === true) return refuse();
      signal?.addEventListener('abort', refuse, { once: true });
      this.sleepers.push({ at: this.time + ms, wake: resolve });
      if (!this.watching) void this.watch();
    });
  }
  private async watch(): Promise<void> {
    this.watching = true;
    while (this.sleepers.length > 0) {
      const before = this.sleepers.length;
      for (let turn = 0; turn < this.idleTurns; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (this.sleepers.length !== before) continue;
      this.sleepers.sort((a, b) => a.at - b.at);
      const next = this.sleepers.shift()!;
      this.time = Math.max(this.time, next.at);
      next.wake();
    }
    this.watching = false;
  }
}
