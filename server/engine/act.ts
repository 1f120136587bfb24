import type { RunEvent, Spending } from '../../schemas/journal/events';
import { problem, problemOf } from '../base';
import type { Command } from './decide';
import { completion, failure } from './endings';
import type { FoldedRun } from './fold';
import { itemsOf, nextStep } from './groups';
import type { NodeRecord } from './node';
import type { Expressions, Performers } from './ports';
import { closedBy, inputText, outputsOf } from './values';

/** What turning commands into events needs besides the run. */
export interface ActOptions {
  readonly performers: Performers;
  readonly expressions: Expressions;
  /** SHA-256 of a text, hex. */
  readonly hash: (text: string) => string;
}

/** The journal events a command amounts to; the loop records them before it acts. */
export function eventsOf(run: FoldedRun, command: Command, options: ActOptions): readonly RunEvent[] {
  switch (command.type) {
    case 'startNode':
      return startEvents(run, run.all.of(command.node), options);
    case 'resumeNode':
      return [];
    case 'giveUpNode':
      return failure(run.all.of(command.node), {
        code: 'run.crashLoop',
        args: { node: command.node, times: run.all.of(command.node).resumptions },
      });
    case 'skipNode':
      return [{ type: 'NodeSkipped', node: command.node, reason: command.reason }];
    case 'advanceGroup':
      return groupEvents(run, run.all.of(command.node), options.expressions);
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
    if (definition.body) {
      const items = itemsOf(run, node, options.expressions);
      return [{ ...started, ...(items === undefined ? {} : { items }) }];
    }
    if (performer?.reusable !== true && performer?.spends !== true) return [started];
    const inputHash =
      performer.reusable === true ? options.hash(inputText(run, node, options.expressions)) : undefined;
    const known = inputHash === undefined ? undefined : run.all.reusableFor(node, inputHash);
    if (known && inputHash !== undefined) {
      const closed = closedBy(node, known.output, options.expressions);
      const from = { run: known.run ?? run.run, attempt: known.attempt };
      const event = { type: 'NodeReused', node: id, output: known.output as never, from, inputHash } as const;
      return [{ ...event, ...(closed ? { closed } : {}) }];
    }
    const grant = performer.spends === true ? grantFor(run, node, options.performers) : undefined;
    return [{ ...started, ...(inputHash === undefined ? {} : { inputHash }), ...(grant ? { grant } : {}) }];
  } catch (thrown) {
    return [started, ...failure(node, problemOf(thrown), attempt)];
  }
}

function groupEvents(run: FoldedRun, node: NodeRecord, expressions: Expressions): readonly RunEvent[] {
  const { broken } = node.group!;
  if (broken) return failure(node, broken.problem!);
  try {
    const step = nextStep(run, node, expressions);
    return 'round' in step ? [step.round] : completion(node, step.output, expressions);
  } catch (thrown) {
    return failure(node, problemOf(thrown));
  }
}

/**
 * What an attempt may consume: its own budget, and no more than its fair share of what the run has left.
 * Undefined where nothing is bounded. Throws `run.budgetSpent` when nothing is left to grant.
 */
function grantFor(run: FoldedRun, node: NodeRecord, performers: Performers): Spending | undefined {
  const left = run.all.purse.left();
  const own = node.definition.budget ?? {};
  const sharers = Object.values(left).length === 0 ? 1 : countSpenders(run, performers);
  const grant: Spending = {};
  for (const kind of ['tokens', 'usd', 'minutes'] as const) {
    const share =
      left[kind] === undefined ? Infinity : own[kind] === undefined ? left[kind] / sharers : left[kind];
    const most = Math.min(own[kind] ?? Infinity, share);
    if (most === Infinity) continue;
    if (most <= 0)
      throw problem('run.budgetSpent', {
        node: node.id,
        kind,
        limit: run.workflow.policy?.budget?.[kind] ?? 0,
      });
    grant[kind] = kind === 'tokens' ? Math.floor(most) : most;
  }
  return Object.keys(grant).length === 0 ? undefined : grant;
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
