import type { RecordedEvent, RunEvent } from '../../schemas/journal/events';
import { stableStringify, type Json } from '../../server/base';
import type { RunHeading } from '../../server/engine';
import { RunModel } from './run';
import { Violation, type Rule } from './violation';

interface Batch {
  readonly run: string;
  readonly seq: number;
  /** The events as text: whoever appends may change its objects later. */
  readonly events: readonly string[];
}

/** A recorded event and, for comparing, its body as text. */
interface Kept {
  readonly event: RecordedEvent;
  readonly text: string;
}

/** One performer as the model sees it begin. */
export interface Performance {
  readonly life: number;
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
}

/**
 * What must hold in every history. It is told what a process asks of its journal, what the journal
 * acknowledges, what a process finds when it begins, and what performers do; the first rule that is broken
 * is kept in `violation`.
 */
export class Model {
  violation: Violation | undefined;
  readonly runs = new Map<string, RunModel>();
  /** Durable events of each run: acknowledged, or found by a later process. */
  private readonly durable = new Map<string, Kept[]>();
  /** Appends without an acknowledgement; each may be found later, whole, or not. */
  private open: Batch[] = [];
  private readonly atWork = new Map<string, Performance>();
  private readonly announced = new Map<number, number>();

  /** Runs a check; a violation is kept and the history ends. */
  check(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof Violation)) throw thrown;
      this.violation ??= thrown;
    }
  }

  fail(rule: Rule, detail: string): void {
    this.violation ??= new Violation(rule, detail);
  }

  appending(run: string, expectedSeq: number, events: readonly RunEvent[]): void {
    this.open.push({ run, seq: expectedSeq, events: events.map(textOf) });
  }

  acknowledged(recorded: readonly RecordedEvent[]): void {
    const [first] = recorded;
    if (!first) return;
    const known = this.durable.get(first.run)?.length ?? 0;
    if (first.seq !== known + 1)
      return this.fail('impossible event', `${first.run}#${first.seq} was acknowledged after #${known}`);
    this.open = this.open.filter(({ run, seq }) => run !== first.run || seq !== first.seq - 1);
    for (const event of recorded) this.take({ event, text: textOf(event.event) });
  }

  /** Compares what a process finds with what was acknowledged; takes in what it finds besides. */
  found(events: readonly RecordedEvent[]): void {
    const byRun = new Map<string, Kept[]>();
    events.forEach((event, i) => {
      if (i > 0 && event.position <= events[i - 1]!.position)
        this.fail('journal damaged', `position ${event.position} follows ${events[i - 1]!.position}`);
      const list = byRun.get(event.run) ?? [];
      byRun.set(event.run, list);
      list.push({ event, text: textOf(event.event) });
    });
    for (const [run, kept] of this.durable) {
      const there = byRun.get(run) ?? [];
      kept.forEach(({ event, text }, i) => {
        if (text !== there[i]?.text || event.position !== there[i].event.position)
          this.fail('acknowledged event lost', `${run}#${event.seq} ${event.event.type}`);
      });
    }
    for (const [run, there] of byRun) this.takeFound(run, there);
    this.open = [];
  }

  /** What a list shows of a run must be what its durable events come to. */
  headed(headings: readonly RunHeading[]): void {
    if (headings.length !== this.runs.size)
      this.fail('heading differs', `${headings.length} headings of ${this.runs.size} runs`);
    for (const { run, state, lastSeq } of headings) {
      const [model, events] = [this.runs.get(run), this.durable.get(run)];
      if (model?.stage !== state || events?.length !== lastSeq)
        this.fail('heading differs', `${run} is shown as ${state} at #${lastSeq}, and is ${model?.stage}`);
    }
  }

  /** A process has told its listeners of these events. */
  told(life: number, events: readonly RecordedEvent[]): void {
    for (const { position } of events) {
      const last = this.announced.get(life);
      if (last !== undefined && position <= last)
        this.fail('announced out of order', `position ${position} after ${last}`);
      this.announced.set(life, position);
    }
  }

  /** A performer begins, with what arrived at its inputs. */
  performing(one: Performance, inputs: Readonly<Record<string, unknown>>): void {
    const { run, node: id, attempt } = one;
    const node = this.runs.get(run)?.nodes.get(id);
    if (!node || node.attempt < attempt)
      return this.fail('performed before its intent was durable', `${run} ${id} in attempt ${attempt}`);
    if (node.ended.has(attempt) || node.isSettled)
      return this.fail('node performed again', `${run} ${id} in attempt ${attempt}, after its outcome`);
    if (this.atWork.has(keyOf(one)))
      return this.fail('two performers of one attempt', `${run} ${id} in attempt ${attempt}`);
    this.atWork.set(keyOf(one), one);
    if (node.calledBy) return;
    for (const { from, port, to } of node.definition.edges ?? []) {
      if (port === undefined || to === undefined) continue;
      const output = node.scope.nodes.get(from)!.output as Readonly<Record<string, unknown>> | undefined;
      if (inputs[to] !== output?.[port])
        this.fail('wrong input', `${run} ${id}: “${to}” is ${JSON.stringify(inputs[to])}`);
    }
  }

  performed(one: Performance): void {
    this.atWork.delete(keyOf(one));
  }

  /** A step's work begins; `key` must have no outcome on record. */
  stepping({ run, node, attempt }: Performance, key: string): void {
    if (this.runs.get(run)?.nodes.get(node)?.steps.get(attempt)?.has(key))
      this.fail('step worked again', `${run} ${node} in attempt ${attempt}: ${key}`);
  }

  /** A process is gone, and its performers with it. */
  died(life: number): void {
    for (const [key, one] of this.atWork) if (one.life === life) this.atWork.delete(key);
  }

  performances(): readonly Performance[] {
    return [...this.atWork.values()];
  }

  eventCount(): number {
    let count = 0;
    for (const events of this.durable.values()) count += events.length;
    return count;
  }

  private takeFound(run: string, there: readonly Kept[]): void {
    const gap = there.findIndex(({ event }, i) => event.seq !== i + 1);
    if (gap !== -1) return this.fail('journal damaged', `${run} lacks event ${gap + 1}`);
    let at = this.durable.get(run)?.length ?? 0;
    const candidates = this.open.filter((batch) => batch.run === run);
    while (at < there.length) {
      const begun = candidates.filter(({ seq, events }) => seq === at && events[0] === there[at]!.text);
      // The same outcome may have been handed over twice, the second time with more beside it.
      const whole = begun
        .filter(({ events }) => events.every((event, i) => event === there[at + i]?.text))
        .sort((one, other) => other.events.length - one.events.length)[0];
      if (!whole) {
        const rule = begun.length > 0 ? 'half a batch' : 'event nobody appended';
        return this.fail(rule, `${run}#${at + 1} ${there[at]!.event.event.type}`);
      }
      for (const one of there.slice(at, at + whole.events.length)) this.take(one);
      at += whole.events.length;
    }
  }

  private take(one: Kept): void {
    const { event: recorded } = one;
    const { run, event } = recorded;
    const list = this.durable.get(run) ?? [];
    this.durable.set(run, list);
    list.push(one);
    this.check(() => {
      if (event.type === 'RunCreated' && !this.runs.has(run)) this.runs.set(run, new RunModel(run, event));
      else this.runs.get(run)!.take(recorded);
    });
  }
}

const keyOf = ({ life, run, node, attempt }: Performance): string => `${life}/${run}/${node}/${attempt}`;

/** Equal events have equal texts, whatever the order of their keys. */
const textOf = (event: RunEvent): string => stableStringify(event as unknown as Json);
