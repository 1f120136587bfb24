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
