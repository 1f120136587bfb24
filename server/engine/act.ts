import type { RunEvent, Spending } from '../../schemas/journal/events';
import type { FailureTables } from '../../schemas/failure';
import type { Problem } from '../../schemas/codes';
import { problem, problemOf, stableStringify } from '../base';
import type { Command } from './decide';
import { completion, failure } from './endings';
import { dispatchProblem, grant, roundsProblem, withRound, type Rounds } from './failure';
import type { FoldedRun } from './fold';
import { itemsOf, nextStep } from './groups';
import type { NodeRecord } from './node';
import type { Expressions, Performers } from './ports';
import { closedBy, inputText, outputsOf } from './values';

/** What turning commands into events needs besides the run. */
export interface ActOptions {
  readonly performers: Performers;
  readonly expressions: Expressions;
  /** What is done when work goes wrong. */
  readonly failures: FailureTables;
  /** SHA-256 of a text, hex; without it nothing is reused. */
  readonly hash?: (text: string) => string;
}

/** The journal events a command amounts to; the loop records them before it acts. */
export function eventsOf(run: FoldedRun, command: Command, options: ActOptions): readonly RunEvent[] {
  switch (command.type) {
    case 'startNode':
      return startEvents(run, run.all.of(command.node), options);
    case 'resumeNode':
      return [];
    case 'giveUpNode':
      return failure(run, run.all.of(command.node), command.problem, options);
    case 'skipNode':
      return [{ type: 'NodeSkipped', node: command.node, reason: command.reason }];
    case 'advanceGroup':
      return groupEvents(run, run.all.of(command.node), options);
    case 'undoNode':
      return [{ type: 'StandbyCalled', node: command.node, by: command.by, as: 'compensation' }];
    case 'completeRun': {
      const outputs = outputsOf(run.all.top);
      return [
        { type: 'RunCompleted', ...(Object.keys(outputs).length > 0 ? { outputs: outputs as never } : {}) },
      ];
    }
    case 'failRun':
      return [{ type: 'RunFailed', problem: command.problem }];
    case 'cancelRun':
      return [{ type: 'RunCancelled' }];
  }
}

function startEvents(run: FoldedRun, node: NodeRecord, options: ActOptions): readonly RunEvent[] {
  const { definition, id } = node;
  const attempt = node.attempt + 1;
  const started = { type: 'NodeStarted', node: id, attempt } as const;
  const performer = options.performers.get(definition.kind);
  try {
    const capped = dispatchProblem(id, node.tries, options.failures.loops);
    if (capped) throw problem(capped.code, capped.args);
    if (definition.body) {
      const items = itemsOf(run, node, options.expressions);
      return [{ ...started, ...(items === undefined ? {} : { items }) }];
    }
    if (performer?.reusable !== true && performer?.spends !== true) return [started];
    const inputHash =
      performer.reusable === true ? options.hash?.(inputText(run, node, options.expressions)) : undefined;
    const known = inputHash === undefined ? undefined : run.all.reuse.find(node, inputHash);
    if (known && inputHash !== undefined) {
      const closed = closedBy(node, known.output, options.expressions);
      const from = { run: run.run, attempt: known.attempt };
      const event = { type: 'NodeReused', node: id, output: known.output as never, from, inputHash } as const;
      return [{ ...event, ...(closed ? { closed } : {}) }];
    }
    const granted = performer.spends === true ? grantFor(run, node, options) : undefined;
    return [
      {
        ...started,
        ...(inputHash === undefined ? {} : { inputHash }),
        ...(granted ? { grant: granted } : {}),
      },
    ];
  } catch (thrown) {
    return [started, ...failure(run, node, problemOf(thrown), options, attempt)];
  }
}

function groupEvents(run: FoldedRun, node: NodeRecord, options: ActOptions): readonly RunEvent[] {
  const { broken } = node.group!;
  if (broken) return failure(run, node, broken.problem!, options);
  try {
    const step = nextStep(run, node, options.expressions);
    if (!('round' in step)) return completion(run, node, step.output, options);
    const stuck = stuckIn(node, options.failures);
    return stuck ? failure(run, node, stuck, options) : [step.round];
  } catch (thrown) {
    return failure(run, node, problemOf(thrown), options);
  }
}

/** Why a loop does not go round again: its latest rounds came to the same. One that waits for something may. */
function stuckIn(node: NodeRecord, { loops }: FailureTables): Problem | undefined {
  const body = node.definition.body!;
  const waits = body.nodes.some(({ kind }) => kind === 'wait' || kind === 'approval');
  if (body.mode !== 'loop' || waits || !body.nodes.some(({ kind }) => kind === 'output')) return undefined;
  const latest = node.rounds.slice(node.group!.first).slice(-loops.sameRounds * loops.longestCycle);
  let rounds: Rounds = [];
  for (const round of latest) rounds = withRound(rounds, stableStringify(outputsOf(round)), loops);
  return roundsProblem(node.id, rounds, loops);
}

/**
 * What an attempt may consume: its own budget, and no more than its fair share of what the run has left.
 * Undefined where nothing is bounded. Throws `run.budgetSpent` when nothing is left to grant.
 */
function grantFor(
  run: FoldedRun,
  node: NodeRecord,
  { performers, failures }: ActOptions,
): Spending | undefined {
  const left = run.all.purse.left();
  const sharers = Object.keys(left).length === 0 ? 1 : countSpenders(run, performers);
  const granting = grant(left, node.definition.budget, sharers, failures.budget);
  if ('granted' in granting) return Object.keys(granting.granted).length === 0 ? undefined : granting.granted;
  const limit =
    run.workflow.policy?.budget?.[granting.spent] ?? node.definition.budget?.[granting.spent] ?? 0;
  throw problem('run.budgetSpent', { node: node.id, kind: granting.spent, limit });
}

/** How many nodes that spend have not started yet, this one included. */
function countSpenders(run: FoldedRun, performers: Performers): number {
  let count = 0;
  for (const { state, definition } of run.nodes.values())
    if (
      state === 'pending' &&
      definition.standby !== true &&
      performers.get(definition.kind)?.spends === true
    )
      count++;
  return Math.max(1, count);
}
