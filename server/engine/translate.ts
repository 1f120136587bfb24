import type { RunEvent } from '../../schemas/journal/events';
import type { RunState } from '../../schemas/wire/run';
import { problem, problemOf } from '../base';
import type { Command } from './decide';
import type { FoldedRun } from './fold';
import type { LoopEvent, PersonEvent, RunCommand } from './loopEvents';
import { isFinal } from './retry';

/** What a batch of loop events comes to. */
export interface Translation {
  /** To be appended, in order. */
  readonly record: readonly RunEvent[];
  /** To be called when that is durable. */
  readonly settle: readonly (() => void)[];
}

/**
 * Turns what happened in this process into journal events. A batch is judged against the state before it
 * and against itself: what comes after the end of an attempt is refused, so that every event recorded can
 * follow the ones before. A wish that is not allowed is rejected here and records nothing. A person's
 * event is always a batch of its own.
 */
export function translate(run: FoldedRun, batch: readonly LoopEvent[]): Translation {
  const record: RunEvent[] = [];
  const settle: (() => void)[] = [];
  const over = new Set<string>();
  const asked = new Set<string>();
  const atWork = ({ node, attempt }: { readonly node: string; readonly attempt: number }) =>
    run.schedule.occupied.has(node) && run.nodes.get(node)?.attempt === attempt && !over.has(node);

  for (const event of batch) {
    switch (event.type) {
      case 'woken':
      case 'rested':
      case 'graceOver':
        break;
      case 'takenOver':
        record.push({ type: 'RunOwned', epoch: event.epoch });
        break;
      case 'stepDone': {
        if (!atWork(event)) {
          event.settle.reject(problem('cancelled'));
          break;
        }
        const { node, attempt, key, outcome } = event;
        // Journal values are read-only JSON here and mutable JSON in the schema: one value, two spellings.
        record.push({ type: 'StepRecorded', node, attempt, key, outcome: outcome as never });
        settle.push(() => event.settle.resolve());
        break;
      }
      case 'asked': {
        if (!atWork(event)) {
          event.settle.reject(problem('cancelled'));
          break;
        }
        const { id } = event.question;
        const known = asked.has(id) || run.questions.some((open) => open.question.id === id);
        if (!known) record.push({ type: 'QuestionAsked', node: event.node, question: event.question });
        asked.add(id);
        settle.push(() => event.settle.resolve());
        break;
      }
      case 'performed': {
        if (!atWork(event)) break;
        const ending = endingOf(run, event);
        if (ending) record.push(ending);
        over.add(event.node);
        break;
      }
      case 'commanded':
      case 'answered':
      case 'fileDecided':
        try {
          record.push(...wishEvents(run, event));
          settle.push(() => event.settle.resolve(run.state));
        } catch (thrown) {
          event.settle.reject(thrown);
        }
        break;
    }
  }
  return { record, settle };
}

function endingOf(run: FoldedRun, event: Extract<LoopEvent, { type: 'performed' }>): RunEvent | undefined {
  const { node, attempt, outcome } = event;
  if (outcome.ok) return { type: 'NodeCompleted', node, attempt, output: outcome.output as never };
  // What a cancelled performer throws says nothing; the run's own ending covers the node.
  if (run.state === 'cancelling') return undefined;
  const why = problemOf(outcome.thrown);
  const tries = run.schedule.failuresOf(node) + 1;
  const final = isFinal(why) || tries > run.definitions.get(node)!.retries;
  return { type: 'NodeFailed', node, attempt, problem: why, final };
}

/** The journal events a person's wish amounts to; throws `run.*` where the run's state forbids it. */
function wishEvents(run: FoldedRun, event: PersonEvent): readonly RunEvent[] {
  switch (event.type) {
    case 'commanded':
      return commandEvents(run, event.command);
    case 'answered': {
      const open = run.questions.find(({ question }) => question.id === event.question);
      if (!open) throw problem('run.questionUnknown', { question: event.question });
      const { choices } = open.question;
      if (!choices.includes(event.answer))
        throw problem('run.answerUnknown', { answer: event.answer, choices: choices.join(', ') });
      const note = event.note === undefined ? {} : { note: event.note };
      return [{ type: 'QuestionAnswered', question: event.question, answer: event.answer, ...note }];
    }
    case 'fileDecided':
      return [event.event];
  }
}

const allowedIn: Readonly<Record<RunCommand, readonly RunState[]>> = {
  pause: ['running', 'waiting'],
  resume: ['paused'],
  cancel: ['running', 'waiting', 'paused'],
  retry: ['failed'],
};

function commandEvents(run: FoldedRun, command: RunCommand): readonly RunEvent[] {
  if (!allowedIn[command].includes(run.state)) throw problem('run.wrongState', { state: run.state, command });
  switch (command) {
    case 'pause':
      return [{ type: 'RunPaused' }];
    case 'resume':
      return [{ type: 'RunResumed' }];
    case 'cancel':
      return [{ type: 'RunCancelRequested', reason: 'a person cancelled the run' }];
    case 'retry':
      return [...run.schedule.failures].map((node) => ({ type: 'NodeRetried', node }));
  }
}

/** What is recorded before a command is acted upon. */
export function eventOfCommand(command: Command): readonly RunEvent[] {
  switch (command.type) {
    case 'startNode':
      return [{ type: 'NodeStarted', node: command.node, attempt: command.attempt }];
    case 'resumeNode':
      return [];
    case 'completeRun':
      return [{ type: 'RunCompleted' }];
    case 'failRun':
      return [{ type: 'RunFailed', problem: command.problem }];
    case 'cancelRun':
      return [{ type: 'RunCancelled' }];
  }
}
