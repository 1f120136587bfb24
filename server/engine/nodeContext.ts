import type { Question } from '../../schemas/journal/events';
import type { Json, Log } from '../base';
import type { FoldedRun } from './fold';
import type { Answer, NodeContext, Progress, QuestionDraft } from './ports';

/** What a context passes on to the loop of its run. */
export interface ContextHost {
  recordStep(node: string, attempt: number, key: string, outcome: Json): Promise<void>;
  question(node: string, attempt: number, question: Question, signal: AbortSignal): Promise<Answer>;
}

interface ContextOptions {
  readonly log: Log;
  readonly onProgress: (progress: Progress) => void;
}

/** The context of one attempt. Asking twice for one step or question at the same time is one work, one question. */
export function nodeContext(
  run: FoldedRun,
  node: string,
  attempt: number,
  signal: AbortSignal,
  options: ContextOptions,
  host: ContextHost,
): NodeContext {
  const fold = run.nodes.get(node)!;
  const working = new Map<string, Promise<Json>>();
  const asking = new Map<string, Promise<Answer>>();
  const recorded = (key: string) => fold.attempt === attempt && fold.steps.has(key);

  async function workOnce(key: string, work: () => Promise<Json>): Promise<Json> {
    // Between steps is where cancelling takes hold; the outcome of work under way is kept.
    signal.throwIfAborted();
    const outcome = asJson(await work());
    await host.recordStep(node, attempt, key, outcome);
    return outcome;
  }

  return {
    signal,
    log: options.log.child({ run: run.run, node, attempt }),
    run: run.run,
    node,
    attempt,
    idempotencyKey: `${run.run}/${node}/${attempt}`,
    params: run.definitions.get(node)!.params as Json,
    inputs: {},
    grant: {},
    variation: 'same',
    cleanup: signal,
    after: run.definitions.get(node)!.after,
    facts: run.facts,
    output: (other) => run.nodes.get(other)?.output,
    recorded,
    async step<T extends Json>(key: string, work: () => Promise<T>): Promise<T> {
      if (recorded(key)) return fold.steps.get(key) as T;
      let job = working.get(key);
      if (!job) {
        job = workOnce(key, work).finally(() => working.delete(key));
        working.set(key, job);
      }
      return (await job) as T;
    },
    ask(draft: QuestionDraft): Promise<Answer> {
      const id = `${node}/${attempt}/${draft.id}`;
      let answer = asking.get(id);
      if (!answer) {
        const question = asJson({ ...draft, id } as unknown as Json) as unknown as Question;
        answer = host.question(node, attempt, question, signal).finally(() => asking.delete(id));
        asking.set(id, answer);
      }
      return answer;
    },
    progress: (text, facts = {}) => options.onProgress({ run: run.run, node, text, facts }),
  };
}

/** A value as the journal will give it back: what is returned live is what a replay returns. */
export function asJson(value: Json | undefined): Json {
  if (value === undefined) return null;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  return JSON.parse(JSON.stringify(value)) as Json;
}
