import type { RecordedEvent, RunEvent } from '../../schemas/journal/events';
import { stableStringify, type Json } from '../../server/base';
import { RunModel } from './run';
import { Violation, type Rule } from './violation';

interface Batch {
  readonly run: string;
  readonly seq: number;
  readonly events: readonly RunEvent[];
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
  private readonly durable = new Map<string, RecordedEvent[]>();
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
    this.open.push({ run, seq: expectedSeq, events: structuredClone(events) as RunEvent[] });
  }

  acknowledged(recorded: readonly RecordedEvent[]): void {
    const [first] = recorded;
    if (!first) return;
    const known = this.durable.get(first.run)?.length ?? 0;
    if (first.seq !== known + 1)
      return this.fail('impossible event', `${first.run}#${first.seq} was acknowledged after #${known}`);
    this.open = this.open.filter(({ run, seq }) => run !== first.run || seq !== first.seq - 1);
    for (const one of recorded) this.take(one);
  }

  /** Compares what a process finds with what was acknowledged; takes in what it finds besides. */
  found(events: readonly RecordedEvent[]): void {
    const byRun = new Map<string, RecordedEvent[]>();
    events.forEach((event, i) => {
      if (i > 0 && event.position <= events[i - 1]!.position)
        this.fail('journal damaged', `position ${event.position} follows ${events[i - 1]!.position}`);
      const list = byRun.get(event.run) ?? [];
      byRun.set(event.run, list);
      list.push(event);
    });
    for (const [run, kept] of this.durable) {
      const there = byRun.get(run) ?? [];
      kept.forEach((event, i) => {
        if (!isSame(event, there[i]))
          this.fail('acknowledged event lost', `${run}#${event.seq} ${event.event.type}`);
      });
    }
    for (const [run, there] of byRun) this.takeFound(run, there);
    this.open = [];
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

  performing(one: Performance): void {
    const { run, node: id, attempt } = one;
    const node = this.runs.get(run)?.nodes.get(id);
    if (!node || node.attempt < attempt)
      return this.fail('performed before its intent was durable', `${run} ${id} in attempt ${attempt}`);
    if (node.ended.has(attempt) || node.state === 'done')
      return this.fail('node performed again', `${run} ${id} in attempt ${attempt}, after its outcome`);
    if (this.atWork.has(keyOf(one)))
      return this.fail('two performers of one attempt', `${run} ${id} in attempt ${attempt}`);
    this.atWork.set(keyOf(one), one);
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

  private takeFound(run: string, there: readonly RecordedEvent[]): void {
    const gap = there.findIndex(({ seq }, i) => seq !== i + 1);
    if (gap !== -1) return this.fail('journal damaged', `${run} lacks event ${gap + 1}`);
    let at = this.durable.get(run)?.length ?? 0;
    const candidates = this.open.filter((batch) => batch.run === run);
    while (at < there.length) {
      const batch = candidates.find(({ seq, events }) => seq === at && isSame(events[0], there[at]!.event));
      if (!batch) return this.fail('event nobody appended', `${run}#${at + 1} ${there[at]!.event.type}`);
      for (const event of batch.events)
        if (!isSame(event, there[at]?.event))
          return this.fail('half a batch', `${run}#${at + 1} lacks ${event.type}`);
        else this.take(there[at++]!);
    }
  }

  private take(one: RecordedEvent): void {
    const list = this.durable.get(one.run) ?? [];
    this.durable.set(one.run, list);
    list.push(one);
    this.check(() => {
      if (one.event.type === 'RunCreated') this.runs.set(one.run, new RunModel(one.run, one.event));
      else this.runs.get(one.run)!.take(one);
    });
  }
}

const keyOf = ({ life, run, node, attempt }: Performance): string => `${life}/${run}/${node}/${attempt}`;

/** Whether two values are equal as JSON; the order of their keys is no difference. */
const isSame = (one: unknown, other: unknown): boolean => textOf(one) === textOf(other);

const textOf = (value: unknown): string | undefined =>
  value === undefined ? undefined : stableStringify(value as Json);
