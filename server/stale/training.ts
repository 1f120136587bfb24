import { open, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { RecordedEvent } from '../../schemas/journal/events';
import { problem, type Context, type Json } from '../base';
import { isCode, syncFolder } from '../base/node';
import { guarded } from '../storage';
import type { Scrubber } from './scrub';
import type { RunsPort, TrainingSummary } from './types';

/** How people judged the work: what they took, what they turned down, some of both, or nobody has said. */
export type Label = 'kept' | 'reverted' | 'partly' | 'undecided';

/** One attempt of a node: what was asked, what was said and done, and what became of it. */
interface Example {
  readonly run: string;
  readonly title: string;
  readonly node: string;
  readonly attempt: number;
  readonly label: Label;
  readonly accepted: number;
  readonly rejected: number;
  readonly params: Json;
  readonly steps: readonly { readonly key: string; readonly outcome: Json }[];
  readonly outcome: Json;
}

/**
 * Writes an example per line for every attempt of an agent in runs that have ended, without secrets, into a new file
 * that only its owner can read. It goes nowhere by itself. Throws `runFile.*`, `data.*`; then there is no file.
 */
export async function exportTraining(
  ctx: Context,
  runs: RunsPort,
  scrubber: Scrubber,
  file: string,
  { decidedOnly }: { readonly decidedOnly: boolean },
): Promise<TrainingSummary> {
  if (!path.isAbsolute(file) || file.includes('\0')) throw problem('runFile.relative', { path: file });
  const handle = await open(file, 'wx', 0o600).catch((thrown: unknown) => {
    if (isCode(thrown, 'EEXIST')) throw problem('runFile.exists', { path: file }, thrown);
    throw problem('runFile.unwritable', { path: file, detail: (thrown as Error).message }, thrown);
  });
  const summary = { examples: 0, runs: 0, bytes: 0 };
  try {
    await guarded(file, async () => {
      for (const { run, endedAt } of runs.journal.headings()) {
        ctx.signal.throwIfAborted();
        if (endedAt === null) continue;
        const examples = examplesOf(run, runs.journal.read(run));
        if (examples.length === 0 || (decidedOnly && examples[0]!.label === 'undecided')) continue;
        const lines = examples
          .map((one) => `${JSON.stringify(scrubber.json(one as unknown as Json))}\n`)
          .join('');
        await handle.writeFile(lines);
        summary.runs++;
        summary.examples += examples.length;
        summary.bytes += Buffer.byteLength(lines);
      }
      await handle.sync();
    });
  } catch (thrown) {
    await handle.close();
    await unlink(file).catch(() => undefined);
    throw thrown;
  }
  await handle.close();
  await syncFolder(path.dirname(file));
  return { ...summary, redactions: scrubber.count };
}

/** The attempts of one run that recorded steps of a model. */
export function examplesOf(run: string, events: readonly RecordedEvent[]): readonly Example[] {
  const attempts = new Map<
    string,
    { node: string; attempt: number; steps: Example['steps'][number][]; outcome: Json }
  >();
  const of = (node: string, attempt: number) => {
    const key = JSON.stringify([node, attempt]);
    let one = attempts.get(key);
    if (one === undefined) attempts.set(key, (one = { node, attempt, steps: [], outcome: null }));
    return one;
  };
  let title = '';
  let params: ReadonlyMap<string, Json> = new Map();
  const decisions = new Map<string, 'accepted' | 'rejected'>();
  for (const { event } of events)
    switch (event.type) {
      case 'RunCreated':
        title = event.title;
        params = new Map(event.workflow.nodes.map(({ id, params: given }) => [id, (given ?? null) as Json]));
        break;
      case 'StepRecorded':
        of(event.node, event.attempt).steps.push({ key: event.key, outcome: event.outcome as Json });
        break;
      case 'NodeCompleted':
        of(event.node, event.attempt).outcome = { completed: event.output as Json };
        break;
      case 'NodeFailed':
        of(event.node, event.attempt).outcome = { failed: event.problem as unknown as Json };
        break;
      case 'FileDecided':
        decisions.set(JSON.stringify([event.changeset, event.path]), event.decision);
        break;
      default:
        break;
    }
  const accepted = [...decisions.values()].filter((one) => one === 'accepted').length;
  const rejected = decisions.size - accepted;
  const label = labelOf(accepted, rejected);
  return [...attempts.values()]
    .filter(({ steps }) => steps.some(({ outcome }) => isOfModel(outcome)))
    .map(({ node, attempt, steps, outcome }) => ({
      ...{ run, title, node, attempt, label, accepted, rejected },
      ...{ params: params.get(node) ?? null, steps, outcome },
    }));
}

function labelOf(accepted: number, rejected: number): Label {
  if (accepted + rejected === 0) return 'undecided';
  return rejected === 0 ? 'kept' : accepted === 0 ? 'reverted' : 'partly';
}

/** Steps in which a model spoke hold its reply. */
const isOfModel = (outcome: Json): boolean =>
  typeof outcome === 'object' && outcome !== null && !Array.isArray(outcome) && 'reply' in outcome;
