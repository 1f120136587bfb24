import type { RunEvent } from '../../schemas/journal/events';
import type { RunState } from '../../schemas/wire/run';
import { problem, problemOf } from '../base';
import type { ActOptions } from './act';
import { completion, failure } from './endings';
import type { FoldedRun } from './fold';
import type { LoopEvent, PersonEvent } from './loopEvents';
import { wishEvents } from './wishes';

/** What a loop event comes to. */
export interface Translation {
  /** To be appended, in order. */
  readonly record: readonly RunEvent[];
  /** To be called when that is durable. */
  readonly settle?: ((durable: FoldedRun) => void) | undefined;
}

const nothing: Translation = { record: [] };

/**
 * Turns one thing that happened in this process into journal events, judged against the state it finds:
 * what comes after the end of an attempt is refused, so that every event recorded can follow the ones
 * before. A wish that is not allowed is rejected here and records nothing.
 */
export function translate(run: FoldedRun, event: LoopEvent, options: ActOptions): Translation {
  switch (event.type) {
    case 'woken':
    case 'rested':
    case 'graceOver':
      return nothing;
    case 'takenOver':
      return { record: [{ type: 'RunOwned', epoch: event.epoch }] };
    case 'timedOut':
      if (event.generation !== run.generation || !isLive(run.state)) return nothing;
      return { record: [{ type: 'RunStopping', problem: timeout(run) }] };
    case 'stepDone': {
      if (!isAtWork(run, event)) return refused(event);
      const { node, attempt, key, outcome, spent, settle } = event;
      // Journal values are read-only JSON here and mutable JSON in the schema: one value, two spellings.
      const step = { type: 'StepRecorded', node, attempt, key, outcome: outcome as never } as const;
      return { record: [spent ? { ...step, spent } : step], settle: () => settle.resolve() };
    }
    case 'asked': {
      if (!isAtWork(run, event)) return refused(event);
      const { node, question, settle } = event;
      const known = run.questions.some((open) => open.question.id === question.id);
      return {
        record: known ? [] : [{ type: 'QuestionAsked', node, question }],
        settle: () => settle.resolve(),
      };
    }
    case 'performed':
      return isAtWork(run, event) ? { record: endingOf(run, event, options) } : nothing;
    case 'wished':
    case 'answered':
    case 'fileDecided':
      return translateWish(run, event);
  }
}

const isLive = (state: RunState): boolean => state === 'running' || state === 'waiting' || state === 'paused';

const timeout = (run: FoldedRun) => ({
  code: 'run.timeout' as const,
  args: { title: run.title, minutes: run.workflow.policy?.timeoutMinutes ?? 0 },
});

function isAtWork(
  run: FoldedRun,
  { node, attempt }: { readonly node: string; readonly attempt: number },
): boolean {
  const record = run.nodes.get(node);
  return record?.attempt === attempt && run.all.places.occupied.has(record);
}

function refused(event: Extract<LoopEvent, { type: 'stepDone' | 'asked' }>): Translation {
  event.settle.reject(problem('cancelled'));
  return nothing;
}

function endingOf(
  run: FoldedRun,
  { node, outcome }: Extract<LoopEvent, { type: 'performed' }>,
  options: ActOptions,
): readonly RunEvent[] {
  const record = run.nodes.get(node)!;
  if (outcome.ok) return completion(run, record, outcome.output, options);
  // What a cancelled performer throws says nothing; the run's own ending covers the node.
  if (run.state === 'cancelling') return [];
  return failure(run, record, problemOf(outcome.thrown), options);
}

function translateWish(run: FoldedRun, event: PersonEvent): Translation {
  try {
    return { record: wishEvents(run, event), settle: (durable) => event.settle.resolve(durable.state) };
  } catch (thrown) {
    event.settle.reject(thrown);
    return nothing;
  }
}
