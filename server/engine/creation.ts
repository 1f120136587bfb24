import type { EventOf, RunEvent } from '../../schemas/journal/events';
import { problem } from '../base';
import type { StartRun } from './engine';
import type { FoldedRun } from './fold';
import { topOf } from './node';
import type { Performers } from './ports';
import { checkWorkflow } from './workflow';

/** The first event of a run; throws `workflow.*` for a workflow that could never end. */
export function createdEvent(
  { title, kind, workflow, facts, inputs, trigger }: Omit<StartRun, 'run'>,
  performers: Performers,
): EventOf<'RunCreated'> {
  checkWorkflow(workflow, performers);
  return {
    type: 'RunCreated',
    title,
    kind,
    workflow,
    facts: facts as never,
    ...(inputs ? { inputs: inputs as never } : {}),
    ...(trigger ? { trigger } : {}),
  };
}

/**
 * The first events of a run that goes on from another: its workflow and facts, the params people changed,
 * and the outcomes of every node that is neither among `nodes` nor after them. Throws `run.nodeUnknown`.
 */
export function forkEvents(run: FoldedRun, nodes: readonly string[]): readonly RunEvent[] {
  const { top } = run.all;
  const again = top.level.downstream(
    nodes.map((id) => {
      const node = run.nodes.get(id);
      if (!node) throw problem('run.nodeUnknown', { run: run.run, node: id });
      return topOf(node).index;
    }),
  );
  const created: EventOf<'RunCreated'> = {
    type: 'RunCreated',
    title: run.title,
    kind: run.kind,
    workflow: run.workflow,
    facts: run.facts as never,
    inputs: run.inputs as never,
    forkedFrom: { run: run.run, nodes: [...nodes] },
  };
  const events: RunEvent[] = [created];
  for (const { id, edited } of top.records)
    if (edited !== undefined) events.push({ type: 'NodeEdited', node: id, params: edited as never });
  for (const { id, index, state, output, attempt, inputHash, scope } of inOrderOfEnding(run)) {
    if (again.has(index)) continue;
    if (state === 'skipped') {
      events.push({
        type: 'NodeSkipped',
        node: id,
        reason: run.nodes.get(id)!.skipped!,
        ...(output === undefined ? {} : { output: output as never }),
      });
      continue;
    }
    const closed = scope.level.waysOut(index).flatMap(({ to, edge }) => {
      const target = scope.records[to]!;
      const conditional = edge >= 0 && target.definition.edges![edge]!.when !== undefined;
      return conditional && target.shut?.has(edge) === true ? [{ node: target.id, edge }] : [];
    });
    events.push({
      type: 'NodeReused',
      node: id,
      output: output as never,
      from: { run: run.run, attempt },
      ...(inputHash === undefined ? {} : { inputHash }),
      ...(closed.length > 0 ? { closed } : {}),
    });
  }
  return events;
}

/** Nodes of the top level that ended well, so that those before come before those after. */
const inOrderOfEnding = ({ all: { top } }: FoldedRun) =>
  top.level.order
    .map((index) => top.records[index]!)
    .filter(({ state, definition }) => (state === 'completed' || state === 'skipped') && !definition.standby);
