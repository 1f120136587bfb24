import type { Question, Spending } from '../../schemas/journal/events';
import type { Json, Log } from '../base';
import type { FoldedRun } from './fold';
import type { Job } from './job';
import type { NodeRecord } from './node';
import type { Answer, Expressions, NodeContext, Progress, QuestionDraft, Variation } from './ports';
import { inputsOf } from './values';

/** What a context passes on to the loop of its run. */
export interface ContextHost {
  recordStep(node: string, attempt: number, key: string, outcome: Json, spent?: Spending): Promise<void>;
  question(node: string, attempt: number, question: Question, signal: AbortSignal): Promise<Answer>;
}

interface ContextOptions {
  readonly expressions: Expressions;
  readonly log: Log;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * The context of one attempt. Asking twice for one step or question at the same time is one work, one
 * question. What a simple performer does not look at is not made: thousands may be at work at once.
 */
export class AttemptContext implements NodeContext {
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  readonly params: Json;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly grant: Spending;
  readonly variation: Variation;
  private working: Pending<Json> | undefined;
  private asking: Pending<Answer> | undefined;
  private child: Log | undefined;

  /** Throws what a transform on the way to an input throws. */
  constructor(
    private readonly state: FoldedRun,
    private readonly record: NodeRecord,
    private readonly job: Job,
    private readonly options: ContextOptions,
    private readonly host: ContextHost,
  ) {
    this.run = state.run;
    this.node = record.id;
    this.attempt = job.attempt;
    this.params = record.params;
    this.inputs = inputsOf(state, record, options.expressions);
    this.grant = record.grant ?? {};
    this.variation = record.variation;
  }

  get signal(): AbortSignal {
    return this.job.signal;
  }

  get log(): Log {
    return (this.child ??= this.options.log.child({
      run: this.run,
      node: this.node,
      attempt: this.attempt,
    }));
  }

  get cleanup(): AbortSignal {
    return this.job.cleanup;
  }

  get idempotencyKey(): string {
    return `${this.run}/${this.node}/${this.attempt}`;
  }

  get facts(): Readonly<Record<string, Json>> {
    return this.state.facts;
  }

  get after(): readonly string[] {
    const { scope, definition } = this.record;
    return scope.prefix === '' ? definition.after : definition.after.map((before) => scope.prefix + before);
  }

  /** Within a group a name means the node beside it, wherever else it means the node of the top level. */
  output(other: string): Json | undefined {
    const { nodes } = this.state;
    return (nodes.get(this.record.scope.prefix + other) ?? nodes.get(other))?.output;
  }

  recorded(key: string): boolean {
    return this.record.attempt === this.attempt && this.record.steps.has(key);
  }

  async step<T extends Json>(
    key: string,
    work: () => Promise<T>,
    spent?: (outcome: T) => Spending,
  ): Promise<T> {
    if (this.recorded(key)) return this.record.steps.get(key) as T;
    return (await (this.working ??= new Pending()).once(key, () => this.work(key, work, spent))) as T;
  }

  ask(draft: QuestionDraft): Promise<Answer> {
    const id = `${this.node}/${this.attempt}/${draft.id}`;
    return (this.asking ??= new Pending()).once(id, () => {
      const question = asJson({ ...draft, id } as unknown as Json) as unknown as Question;
      return this.host.question(this.node, this.attempt, question, this.signal);
    });
  }

  progress(text: string, facts: Readonly<Record<string, Json>> = {}): void {
    this.options.onProgress({ run: this.run, node: this.node, text, facts });
  }

  private async work<T extends Json>(
    key: string,
    work: () => Promise<T>,
    spent?: (outcome: T) => Spending,
  ): Promise<Json> {
    // Between steps is where cancelling takes hold; the outcome of work under way is kept.
    this.signal.throwIfAborted();
    const outcome = asJson(await work());
    await this.host.recordStep(this.node, this.attempt, key, outcome, spent?.(outcome as T));
    return outcome;
  }
}

/** Work under way by key; whoever asks for the same meanwhile is given the same. */
class Pending<T> {
  private readonly open = new Map<string, Promise<T>>();

  once(key: string, work: () => Promise<T>): Promise<T> {
    const { open } = this;
    let job = open.get(key);
    if (!job) {
      job = work().finally(() => open.delete(key));
      open.set(key, job);
    }
    return job;
  }
}

/** A value as the journal will give it back: what is returned live is what a replay returns. */
export function asJson(value: Json | undefined): Json {
  if (value === undefined) return null;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  return JSON.parse(JSON.stringify(value)) as Json;
}
