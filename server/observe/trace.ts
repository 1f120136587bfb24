import type { RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import { sha256 } from '../base/node';
import type { LiveCall } from './liveCalls';

export type SpanValue = string | number | boolean;

/** Something that took time. Ids are hex, the same whenever the trace of the run is made. */
export interface Span {
  readonly trace: string;
  readonly id: string;
  readonly parent: string | null;
  /** `run`, `node <kind>`, `attempt`, `chat <model>`, `tool`, `command`, `merge`, `step` or `question`. */
  readonly name: string;
  /** Milliseconds since the epoch; no end while it is under way. */
  readonly start: number;
  readonly end: number | null;
  readonly status: 'unset' | 'ok' | 'error';
  /** Ids, kinds, counts and codes: never what a person or a model wrote. */
  readonly facts: Readonly<Record<string, SpanValue>>;
}

export interface TraceOptions {
  /** Model calls of the run that failed. */
  readonly calls?: readonly LiveCall[];
}

/**
 * The spans of one run: the run, each attempt of a node inside its group or the run, and inside an attempt its
 * model calls, tools, commands, merges and questions. Made of the run's events from the first on; a span's start
 * is when it was recorded minus how long the record says it took. In order of start, parents first.
 */
export function spansOf(events: Iterable<RecordedEvent>, { calls = [] }: TraceOptions = {}): Span[] {
  const trace = new Trace();
  for (const recorded of events) trace.take(recorded);
  for (const call of calls) trace.call(call);
  return trace.spans();
}

interface Open {
  readonly id: string;
  readonly parent: string | null;
  readonly name: string;
  start: number;
  end: number | null;
  status: Span['status'];
  readonly facts: Record<string, SpanValue>;
}

class Trace {
  private readonly all: Open[] = [];
  /** The newest attempt of each node, and all of them by `run/node/attempt`. */
  private readonly nodes = new Map<string, Open>();
  private readonly attempts = new Map<string, Open>();
  private readonly questions = new Map<string, Open>();
  private definitions: ReadonlyMap<string, WorkflowNode> = new Map();
  private run = '';
  private root: Open | undefined;
  private model = '';

  take({ run, at, event }: RecordedEvent): void {
    if (event.type === 'RunCreated') {
      this.run = run;
      this.model = typeof event.facts['model'] === 'string' ? event.facts['model'] : '';
      this.definitions = definitionsOf(event.workflow);
      this.root = this.open('', null, 'run', at, { 'symphony.run': run, 'symphony.kind': event.kind });
      return;
    }
    if (this.root === undefined) return;
    this.ofNode(at, event);
    switch (event.type) {
      case 'GenerationBegun':
        this.root.end = null;
        this.root.status = 'unset';
        break;
      case 'RunCompleted':
        this.close(this.root, at, 'ok');
        break;
      case 'RunFailed':
        this.close(this.root, at, 'error', event.problem.code);
        break;
      case 'RunCancelled':
        this.close(this.root, at, 'error', 'cancelled');
        for (const span of this.nodes.values()) if (span.end === null) this.close(span, at, 'unset');
        break;
      default:
    }
  }

  /** A model call that failed, inside the attempt that made it. */
  call({ key, model, at, ms, code }: LiveCall): void {
    const parent = this.attempts.get(key.slice(0, key.lastIndexOf('/')));
    if (parent === undefined) return;
    const start = Math.max(parent.start, at);
    const span = this.open(`${key}@${at}`, parent, `chat ${model}`, start, { 'gen_ai.request.model': model });
    this.close(span, at + ms, 'error', code);
  }

  spans(): Span[] {
    const trace = sha256(this.run).slice(0, 32);
    // Parents are opened first, and sorting keeps that where both began at once.
    return this.all.map((span) => ({ trace, ...span })).sort((a, b) => a.start - b.start);
  }

  private ofNode(at: number, event: RunEvent): void {
    switch (event.type) {
      case 'NodeStarted':
        return this.started(at, event);
      case 'StepRecorded':
        return this.stepped(at, event);
      case 'NodeCompleted':
        return this.ended(event.node, at, 'ok');
      case 'NodeFailed':
        return this.ended(event.node, at, 'error', event.problem.code);
      case 'NodeSkipped':
        return this.ended(event.node, at, 'unset');
      case 'QuestionAsked': {
        const { question, node } = event;
        const facts = { 'symphony.question.kind': question.kind };
        this.questions.set(
          question.id,
          this.open(`?${question.id}`, this.nodes.get(node), 'question', at, facts),
        );
        return;
      }
      case 'QuestionAnswered': {
        const asked = this.questions.get(event.question);
        if (asked !== undefined) this.close(asked, at, 'ok');
        return;
      }
      default:
    }
  }

  private started(at: number, { node, attempt }: Extract<RunEvent, { type: 'NodeStarted' }>): void {
    const kind = this.definitions.get(pathOf(node))?.kind ?? 'unknown';
    const key = `${this.run}/${node}/${attempt}`;
    const span = this.open(key, this.groupOf(node), `node ${kind}`, at, {
      'symphony.node': node,
      'symphony.node.kind': kind,
      'symphony.attempt': attempt,
    });
    this.attempts.set(key, span);
    this.nodes.set(node, span);
  }

  private stepped(at: number, event: Extract<RunEvent, { type: 'StepRecorded' }>): void {
    const { node, attempt, key, outcome, spent } = event;
    const parent = this.nodes.get(node);
    if (parent === undefined) return;
    const { ms, usage, isError, exitCode } = lookInto(outcome);
    const name = this.nameOf(node, key);
    const start = Math.max(parent.start, at - ms);
    const span = this.open(`${this.run}/${node}/${attempt}/${key}`, parent, name, start, {
      'symphony.step': key,
    });
    if (name.startsWith('chat ')) {
      span.facts['gen_ai.request.model'] = name.slice('chat '.length);
      if (usage !== undefined) Object.assign(span.facts, usage);
      if (spent?.usd !== undefined) span.facts['symphony.usd'] = spent.usd;
    }
    if (exitCode !== undefined) span.facts['process.exit.code'] = exitCode;
    this.close(span, at, isError || (exitCode ?? 0) !== 0 ? 'error' : 'ok');
  }

  private nameOf(node: string, key: string): string {
    if (/(^|:)model:\d+$/.test(key)) return `chat ${this.modelOf(node)}`;
    if (/(^|:)tool:\d+:\d+$/.test(key)) return 'tool';
    if (/(^|:)(verify|command):\d+$/.test(key)) return 'command';
    return /(commit|merged)$/.test(key) ? 'merge' : 'step';
  }

  private modelOf(node: string): string {
    const params = this.definitions.get(pathOf(node))?.params;
    const stated = typeof params === 'object' && params !== null && 'model' in params ? params.model : '';
    return typeof stated === 'string' && stated.includes('/') ? stated : this.model;
  }

  private groupOf(node: string): Open | undefined {
    const group = /^(.*)\[\d+\]\/[^[\]]*$/s.exec(node)?.[1];
    return (group === undefined ? undefined : this.nodes.get(group)) ?? this.root;
  }

  private ended(node: string, at: number, status: Span['status'], code?: string): void {
    const span = this.nodes.get(node);
    if (span !== undefined && span.end === null) this.close(span, at, status, code);
  }

  private open(
    key: string,
    parent: Open | undefined | null,
    name: string,
    start: number,
    facts: Record<string, SpanValue>,
  ): Open {
    const id = sha256(`${this.run}\n${key}`).slice(0, 16);
    const span: Open = { id, parent: parent?.id ?? null, name, start, end: null, status: 'unset', facts };
    this.all.push(span);
    return span;
  }

  private close(span: Open, at: number, status: Span['status'], code?: string): void {
    span.end = Math.max(span.start, at);
    span.status = status;
    if (code !== undefined) span.facts['error.type'] = code;
  }
}

/** What the record of a step tells in numbers; nothing else of it is looked at. */
function lookInto(outcome: unknown): {
  readonly ms: number;
  readonly usage: Record<string, number> | undefined;
  readonly isError: boolean;
  readonly exitCode: number | undefined;
} {
  const { ms, milliseconds, reply, isError, exitCode } = objectOf(outcome);
  const took = typeof ms === 'number' ? ms : typeof milliseconds === 'number' ? milliseconds : 0;
  const { inputTokens, outputTokens, cachedTokens } = objectOf(objectOf(reply)['usage']);
  const usage =
    typeof inputTokens === 'number' && typeof outputTokens === 'number'
      ? {
          'gen_ai.usage.input_tokens': inputTokens,
          'gen_ai.usage.output_tokens': outputTokens,
          ...(typeof cachedTokens === 'number'
            ? { 'gen_ai.usage.cache_read.input_tokens': cachedTokens }
            : {}),
        }
      : undefined;
  return {
    ms: Math.max(0, took),
    usage,
    isError: isError === true,
    exitCode: typeof exitCode === 'number' ? exitCode : undefined,
  };
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};

/** A node's way through the groups, without the rounds. */
const pathOf = (node: string): string => node.replace(/\[\d+\]\//g, '/');

function definitionsOf({ nodes }: Workflow): ReadonlyMap<string, WorkflowNode> {
  const found = new Map<string, WorkflowNode>();
  const visit = (level: readonly WorkflowNode[], prefix: string): void => {
    for (const node of level) {
      found.set(prefix + node.id, node);
      if (node.body !== undefined) visit(node.body.nodes, `${prefix}${node.id}/`);
    }
  };
  visit(nodes, '');
  return found;
}
