import type { RunEvent } from '../../schemas/journal/events';
import type { NodeState, RunState } from '../../schemas/wire/run';
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
  const allowed = allowedIn[wish.wish];
  if (!allowed.includes(run.state))
    throw problem('run.wrongState', { state: run.state, command: wish.wish, needed: allowed.join(', ') });
  switch (wish.wish) {
    case 'pause':
      return [{ type: 'RunPaused', ...because(wish.reason) }];
    case 'resume':
      return [{ type: 'RunResumed', ...because(wish.reason) }];
    case 'cancel':
      return [{ type: 'RunCancelRequested', reason: wish.reason ?? 'a person cancelled the run' }];
    case 'retry':
      return [
        {
          type: 'GenerationBegun',
          generation: run.generation + 1,
          nodes: nodesAgain(run, wish.nodes),
          ...because(wish.reason),
        },
      ];
    case 'skip':
      return skipEvents(run, nodeOf(run, wish.node), wish.output);
    case 'edit': {
      const node = nodeOf(run, wish.node);
      needState(node, 'edit', ['pending', 'failed']);
      return [{ type: 'NodeEdited', node: node.id, params: wish.params as never }];
    }
  }
}

/**
 * The nodes of the top level to be done again: those that are named, or all that failed; and always those that
 * were cancelled, because a run could not end without them.
 */
function nodesAgain(run: FoldedRun, named: readonly string[] | undefined): string[] {
  const { top, failures } = run.all;
  const chosen = [
    ...(named ? named.map((id) => topOf(nodeOf(run, id))) : failures),
    ...top.records.filter((node) => isUndone(node) && !node.definition.standby),
  ];
  if (chosen.length === 0) throw problem('run.nothingToRetry', { state: run.state });
  const ended: readonly NodeState[] = ['pending', 'completed', 'skipped', 'failed', 'cancelled'];
  for (const index of top.level.downstream(chosen.map((node) => node.index))) {
    const { id, definition } = top.records[index]!;
    // A standby at work for a node is part of its work.
    for (const part of [id, definition.fallback?.node, definition.compensate])
      if (part !== undefined) needState(run.nodes.get(part)!, 'retry', ended);
  }
  return [...new Set(chosen.map(({ id }) => id))];
}

function skipEvents(run: FoldedRun, node: NodeRecord, output: Json | undefined): readonly RunEvent[] {
  const { id, definition } = node;
  if (definition.standby) throw problem('run.nodeStandby', { node: id, command: 'skip' });
  needState(node, 'skip', ['pending', 'failed']);
  if (isBygone(node)) throw problem('run.nodeBygone', { node: id, command: 'skip' });
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

function needState({ id, state }: NodeRecord, command: string, needed: readonly NodeState[]): void {
  if (needed.includes(state)) return;
  throw problem('run.nodeWrongState', { node: id, state, command, needed: needed.join(', ') });
}

const because = (reason: string | undefined) => (reason === undefined ? {} : { reason });

function nodeOf(run: FoldedRun, id: string): NodeRecord {
  const node = run.nodes.get(id);
  if (!node) throw problem('run.nodeUnknown', { run: run.run, node: id });
  return node;
}
