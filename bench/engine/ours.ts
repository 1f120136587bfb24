/** The one place where the measurements meet the engine and its journal. */
import path from 'node:path';
import { silentLog } from '../../server/base';
import { systemClock, systemIds } from '../../server/base/node';
import { decide, Engine, fold, foldAll, type Journal } from '../../server/engine';
import { jsonPacking, openJournal, openSqlite } from '../../server/storage';
import type { RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { Workflow } from '../../schemas/journal/workflow';
import type { Shape } from './shapes';

export interface Hooks {
  /** A commit has just become durable. */
  readonly onCommit?: () => void;
  /** A node's work begins. */
  readonly onPerform?: () => void;
  /** What a subscriber is told, as often as it is. */
  readonly onChanged?: (events: readonly RecordedEvent[]) => void;
}

export interface Ours {
  /** Starts a run and waits for its end to be durable. */
  run(shape: Shape): Promise<string>;
  /** Goes on with what an earlier process left. */
  recover(): Promise<void>;
  /** Writes a snapshot of the run. */
  checkpoint(run: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens or creates a store with full sync in `folder`, with an engine on it. */
export async function openOurs(folder: string, hooks: Hooks = {}): Promise<Ours> {
  const journal = await openStore(folder, hooks.onCommit);
  const engine = new Engine({
    journal,
    performers: new Map([['work', async () => (hooks.onPerform?.(), null)]]),
    clock: systemClock,
    ids: systemIds,
    epoch: 'bench',
    log: silentLog,
    packing: jsonPacking,
  });
  let ended: (event: RunEvent) => void = () => undefined;
  engine.onChanged(({ events }) => {
    hooks.onChanged?.(events);
    const { event } = events.at(-1)!;
    if (event.type === 'RunCompleted' || event.type === 'RunFailed') ended(event);
  });
  return {
    async run(shape) {
      const end = new Promise<RunEvent>((resolve) => (ended = resolve));
      const run = await engine.start({ title: 'bench', kind: 'ask', workflow: workflowOf(shape), facts: {} });
      const { type } = await end;
      if (type !== 'RunCompleted') throw new Error(`the run ended with ${type}`);
      return run;
    },
    recover: () => engine.recover(),
    checkpoint: (run) => engine.checkpoint(run),
    async close() {
      await engine.stop();
      await journal.close();
    },
  };
}

/** Opens the store anew and counts the nodes of its runs that have an intent and an outcome, once each. */
export async function countOurs(folder: string): Promise<number> {
  const journal = await openStore(folder);
  let count = 0;
  for (const run of journal.runs()) {
    const started = new Set<string>();
    const completed = new Set<string>();
    for (const { event } of journal.read(run)) {
      if (event.type === 'NodeStarted') started.add(event.node);
      if (event.type !== 'NodeCompleted') continue;
      if (completed.has(event.node)) throw new Error(`${event.node} completed twice`);
      if (started.has(event.node)) completed.add(event.node);
    }
    count += completed.size;
  }
  await journal.close();
  return count;
}

/** Deciding alone: every completion is folded, what follows is decided and folded; returns microseconds per completion. */
export function scheduleOurs(shape: Shape): readonly number[] {
  let seq = 0;
  const recorded = (event: RunEvent): RecordedEvent => ({ position: ++seq, run: 'r', seq, at: seq, event });
  const workflow = workflowOf(shape);
  const run = foldAll([recorded({ type: 'RunCreated', title: '', kind: 'ask', workflow, facts: {} })])!;
  const performing = new Set<string>();
  const queue: string[] = [];
  const follow = (): void => {
    for (const command of decide(run, { performing, resting: new Set(), now: 0 })) {
      if (command.type !== 'startNode') continue;
      const { node, attempt } = command;
      fold(run, recorded({ type: 'NodeStarted', node, attempt }));
      performing.add(node);
      queue.push(node);
    }
  };
  follow();
  const times: number[] = [];
  for (let at = 0; at < queue.length; at++) {
    const node = queue[at]!;
    const began = performance.now();
    performing.delete(node);
    fold(run, recorded({ type: 'NodeCompleted', node, attempt: 1, output: null }));
    follow();
    times.push((performance.now() - began) * 1000);
  }
  if (times.length !== shape.nodes.length) throw new Error(`scheduled ${times.length} nodes`);
  return times;
}

function openStore(folder: string, onCommit?: () => void): Promise<Journal> {
  const file = path.join(folder, 'journal.db');
  if (onCommit === undefined) return openJournal({ file, clock: systemClock, log: silentLog });
  const open: typeof openSqlite = (name, pragmas) => {
    const database = openSqlite(name, pragmas);
    return {
      ...database,
      transaction(work) {
        const result = database.transaction(work);
        onCommit();
        return result;
      },
    };
  };
  return openJournal({ file, clock: systemClock, log: silentLog, open });
}

const workflowOf = ({ nodes, parallel }: Shape): Workflow => ({
  version: 0,
  title: 'bench',
  nodes: nodes.map(({ id, after }) => ({
    id,
    kind: 'work',
    title: id,
    after: [...after],
    resource: 'work',
    params: null,
    retries: 0,
  })),
  limits: parallel === undefined ? {} : { work: parallel },
});
