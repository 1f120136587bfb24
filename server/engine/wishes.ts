import type { RunEvent } from '../../schemas/journal/events';
import type { RunState } from '../../schemas/wire/run';
import { problem, type Json } from '../base';
import type { FoldedRun } from './fold';
import type { PersonEvent, Wish } from './loopEvents';
import { topOf, type NodeRecord } from './node';

/** The journal events a person's wish amounts to; throws `run.*` where the run's state forbids it. */
export function wishEvents(run: FoldedRun, event: PersonEvent): readonly RunEvent[] {
  switch (event.type) {
    case 'wished':
      return ofWish(run, event.wish);
    case 'answered':
      return [answerEvent(run, event)];
    case 'fileDecided':
      return [event.event];
  }
}

function answerEvent(run: FoldedRun, event: Extract<PersonEvent, { type: 'answered' }>): RunEvent {
  const { question, answer, note, value } = event;
  const open = run.questions.find((one) => one.question.id === question);
  if (!open) throw problem('run.questionUnknown', { question });
  const { choices } = open.question;
  if (!choices.includes(answer)) throw problem('run.answerUnknown', { answer, choices: choices.join(', ') });
  return {
    type: 'QuestionAnswered',
    question,
    answer,
    ...(note === undefined ? {} : { note }),
    ...(value === undefined ? {} : { value: value as never }),
  };
}

const live: readonly RunState[] = ['running', 'waiting', 'paused'];
const over: readonly RunState[] = ['completed', 'failed', 'cancelled'];

const allowedIn: Readonly<Record<Wish['wish'], readonly RunState[]>> = {
  pause: ['running', 'waiting'],
  resume: ['paused'],
  cancel: live,
  retry: [...live, ...over],
  skip: [...live, 'failed'],
  edit: [...live, ...over],
};

function ofWish(run: FoldedRun, wish: Wish): readonly RunEvent[] {
  if (!allowedIn[wish.wish].includes(run.state))
    throw problem('run.wrongState', { state: run.state, command: wish.wish });
  switch (wish.wish) {
    case 'pause':
      return [{ type: 'RunPaused' }];
    case 'resume':
      return [{ type: 'RunResumed' }];
    case 'cancel':
      return [{ type: 'RunCancelRequested', reason: wish.reason ?? 'a person cancelled the run' }];
    case 'retry':
      return [
        { type: 'GenerationBegun', generation: run.generation + 1, nodes: nodesAgain(run, wish.nodes) },
      ];
    case 'skip':
      return skipEvents(run, nodeOf(run, wish.node), wish.output);
    case 'edit': {
      const { id, state } = nodeOf(run, wish.node);
      if (state !== 'pending' && state !== 'failed')
        throw problem('run.nodeWrongState', { node: id, state, command: wish.wish });
      return [{ type: 'NodeEdited', node: id, params: wish.params as never }];
    }
  }
}

/** The nodes of the top level to be done again: those that are named, or all that failed or were cancelled. */
function nodesAgain(run: FoldedRun, named: readonly string[] | undefined): string[] {
  const { top, failures } = run.all;
  // What was cancelled has to be done in any case: the run could not end without it.
  const cancelled = top.records.filter(isUndone);
  const chosen = named
    ? [...named.map((id) => topOf(nodeOf(run, id))), ...cancelled]
    : top.records.filter((node) => isUndone(node) || failures.has(node));
  if (chosen.length === 0) throw problem('run.wrongState', { state: run.state, command: 'retry' });
  for (const index of top.level.downstream(chosen.map((node) => node.index))) {
    const { id, definition } = top.records[index]!;
    // A standby at work for a node is part of its work.
    for (const part of [id, definition.fallback?.node, definition.compensate]) {
      const state = part === undefined ? undefined : run.nodes.get(part)?.state;
      if (state === 'running' || state === 'waiting')
        throw problem('run.nodeWrongState', { node: part!, state, command: 'retry' });
    }
  }
  return [...new Set(chosen.map(({ id }) => id))];
}

function skipEvents(run: FoldedRun, node: NodeRecord, output: Json | undefined): readonly RunEvent[] {
  const { id, state, definition } = node;
  if ((state !== 'pending' && state !== 'failed') || definition.standby || isBygone(node))
    throw problem('run.nodeWrongState', { node: id, state, command: 'skip' });
  const given = output === undefined ? {} : { output: output as never };
  return [{ type: 'NodeSkipped', node: id, reason: 'person', ...given }];
}

/** Whether the end of the run cut a node's work off, or that of the standby in its place. */
function isUndone({ state, definition, scope }: NodeRecord): boolean {
  const standby = definition.fallback?.node;
  if (standby === undefined || state !== 'failed') return state === 'cancelled';
  return scope.records.some((other) => other.definition.id === standby && other.state === 'cancelled');
}

/** Whether a node lies in a round of an attempt that is over. */
function isBygone({ scope }: NodeRecord): boolean {
  for (let inner = scope; inner.group; inner = inner.group.scope) {
    const { group, rounds } = inner.group;
    if (!group || rounds.indexOf(inner) < group.first) return true;
  }
  return false;
}

function nodeOf(run: FoldedRun, id: string): NodeRecord {
  const node = run.nodes.get(id);
  if (!node) throw problem('run.nodeUnknown', { run: run.run, node: id });
  return node;
}
