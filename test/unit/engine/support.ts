import type { RecordedEvent, RunEvent } from '../../../schemas/journal/events';
import type { Workflow, WorkflowNode } from '../../../schemas/journal/workflow';
import { Emitter, silentLog, type Clock, type Ids, type Json } from '../../../server/base';
import {
  Engine,
  foldAll,
  SeqConflict,
  type EngineOptions,
  type FoldedRun,
  type Journal,
  type NodeContext,
  type Performer,
} from '../../../server/engine';
import { headingAfter } from '../../../server/storage';

/** `a: '' ` is a node without predecessors, `c: 'a b'` one that waits for two. */
export function workflowOf(
  nodes: Readonly<Record<string, string>>,
  limits: Readonly<Record<string, number>> = {},
  node: Partial<WorkflowNode> = {},
): Workflow {
  return {
    version: 0,
    title: 'test',
    limits: { ...limits },
    nodes: Object.entries(nodes).map(([id, after]) => ({
      id,
      kind: 'work',
      title: id,
      after: after.split(' ').filter(Boolean),
      resource: 'work',
      params: null,
      retries: 0,
      ...node,
    })),
  };
}

/** Events with places, as the journal would give them; times count from 1. */
export function recordedAs(run: string, events: readonly RunEvent[]): RecordedEvent[] {
  return events.map((event, i) => ({ position: i + 1, run, seq: i + 1, at: i + 1, event }));
}

export const createdWith = (workflow: Workflow): RunEvent => ({
  type: 'RunCreated',
  title: workflow.title,
  kind: 'phase',
  workflow,
  facts: {},
});

/** The fold of a workflow and the events after its creation. */
export function foldOf(workflow: Workflow, events: readonly RunEvent[]): FoldedRun {
  return foldAll(recordedAs('run', [createdWith(workflow), ...events]))!;
}

/** A journal in memory; `durable` survives whatever happens to the engine. */
export function memoryJournal(clock: Clock): Journal & { readonly events: RecordedEvent[] } {
  const events: RecordedEvent[] = [];
  const snapshots = new Map<string, { readonly seq: number; readonly body: Uint8Array }>();
  const emitter = new Emitter<readonly RecordedEvent[]>();
  const seqOf = (run: string) => events.reduce((seq, one) => (one.run === run ? one.seq : seq), 0);
  return {
    events,
    async append(run, expectedSeq, added, at = clock.now()) {
      const seq = seqOf(run);
      if (seq !== expectedSeq) throw new SeqConflict(run, expectedSeq, seq);
      const recorded = added.map((event, i): RecordedEvent => {
        const copy = JSON.parse(JSON.stringify(event)) as RunEvent;
        return { position: events.length + 1 + i, run, seq: seq + 1 + i, at, event: copy };
      });
      events.push(...recorded);
      if (recorded.length > 0) setImmediate(() => emitter.fire(recorded));
      await new Promise((resolve) => setImmediate(resolve));
      return recorded;
    },
    read: (run, afterSeq = 0, most = Infinity) =>
      events.filter((one) => one.run === run && one.seq > afterSeq && one.seq <= afterSeq + most),
    since: (position, limit) => events.filter((one) => one.position > position).slice(0, limit),
    position: () => events.length,
    runs: () => [...new Set(events.map((one) => one.run))],
    headings: () =>
      [...new Set(events.map((one) => one.run))].flatMap((run) => {
        const its = events.filter((one) => one.run === run);
        let heading: ReturnType<typeof headingAfter>;
        for (const { event, at } of its) heading = headingAfter(heading, event, at);
        const { position: lastPosition, seq: lastSeq } = its.at(-1)!;
        return heading ? [{ run, ...heading, firstPosition: its[0]!.position, lastPosition, lastSeq }] : [];
      }),
    async snapshot(run, seq, body) {
      if (seq < 1 || seq > seqOf(run)) throw new SeqConflict(run, seq, seqOf(run));
      if (seq >= (snapshots.get(run)?.seq ?? 0)) snapshots.set(run, { seq, body: new Uint8Array(body) });
    },
    latestSnapshot: (run) => snapshots.get(run),
    onAppended: (listener) => emitter.event(listener),
    close: async () => emitter.dispose(),
  };
}

/** A clock whose sleepers wake only by `advance`. */
export class ManualClock implements Clock {
  private time = 0;
  private sleepers: { at: number; wake: () => void }[] = [];
  now = () => 1_000_000 + this.time;
  monotonic = () => this.time;
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = () => reject(signal!.reason as Error);
      if (signal?.aborted) return refuse();
      signal?.addEventListener('abort', refuse, { once: true });
      this.sleepers.push({ at: this.time + ms, wake: resolve });
    });
  }
  async advance(ms: number): Promise<void> {
    this.time += ms;
    const due = this.sleepers.filter(({ at }) => at <= this.time);
    this.sleepers = this.sleepers.filter(({ at }) => at > this.time);
    for (const { wake } of due) wake();
    await settled();
  }
}

/** A clock that jumps to whatever is waited for, one turn of the loop later. */
export function jumpingClock(): Clock {
  let time = 0;
  return {
    now: () => 1_000_000 + time,
    monotonic: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        setImmediate(() => {
          time += ms;
          resolve();
        });
      }),
  };
}

export function countingIds(): Ids {
  let count = 0;
  return { next: (prefix) => `${prefix}-${++count}` };
}

/** Long enough for everything that waits for nothing but the loop. */
export async function settled(turns = 30): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

export async function until(condition: () => boolean, what: string, turns = 20_000): Promise<void> {
  for (let i = 0; i < turns; i++) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`it never came to be that ${what}`);
}

export function engineOn(journal: Journal, perform: Performer, options: Partial<EngineOptions> = {}): Engine {
  return new Engine({
    journal,
    performers: new Map([['work', perform]]),
    clock: jumpingClock(),
    ids: countingIds(),
    epoch: 'epoch',
    log: silentLog,
    ...options,
  });
}

/** Work that a test ends by hand, node by node. */
export class Workbench {
  readonly started: string[] = [];
  private readonly ends = new Map<
    string,
    { resolve: (output: Json) => void; reject: (thrown: unknown) => void }
  >();

  readonly perform: Performer = (ctx: NodeContext) =>
    new Promise((resolve, reject) => {
      this.started.push(`${ctx.node}/${ctx.attempt}`);
      this.ends.set(ctx.node, { resolve, reject });
      ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error));
    });

  async finish(node: string, output: Json = null): Promise<void> {
    this.ends.get(node)!.resolve(output);
    await settled();
  }

  async fail(node: string, thrown: unknown): Promise<void> {
    this.ends.get(node)!.reject(thrown);
    await settled();
  }
}
