import type { ClientRequests, ResultOf } from '../../schemas';
import type { Changeset } from '../../schemas/wire/review';
import type { ReviewSource } from '../../schemas/wire/units';
import type { Blobs } from '../engine/ports';
import type { RunFold } from '../engine/state';
import { unitsOf, withBytes, type DecidedFile } from '../review';
import type { DecidedChangeset } from './exportDesk';
import { agentOutput, nodeIds } from './facts';
import { reportPlans } from './report';

type Units = ResultOf<ClientRequests['reviewUnits']>;

/** A changeset with the bytes of its files and what was decided on their units. */
export async function decidedChangeset(
  blobs: Blobs,
  { run, changeset }: { readonly run: RunFold; readonly changeset: Changeset },
  { files: decisions, sources }: Units,
): Promise<DecidedChangeset> {
  const byPlan = planSources(run, changeset);
  const placesOf = ({ plans }: Changeset['files'][number]): number[] =>
    byPlan.flatMap(({ plan }, place) => (plans.includes(plan) ? [place] : []));
  const files: DecidedFile[] = [];
  const skipped: string[] = [];
  for (const changed of changeset.files) {
    const file = await withBytes(changed, blobs).catch(() => undefined);
    if (file === undefined) {
      skipped.push(changed.path);
      continue;
    }
    const listed = decisions.find(({ path }) => path === changed.path)?.units ?? [];
    const known = new Map(listed.map((unit) => [unit.unit, unit]));
    const edited = new Map<string, Uint8Array>();
    for (const unit of listed) {
      const bytes = unit.edited === null ? undefined : await blobs.get(unit.edited);
      if (bytes !== undefined) edited.set(unit.unit, bytes);
    }
    const whole = { accepted: 'kept', rejected: 'dropped', undecided: undefined } as const;
    files.push({
      file,
      units: { ...unitsOf(file) },
      decision: (id) => {
        const state = whole[changed.decision] ?? known.get(id)?.state;
        return state && { state, edited: edited.get(id) ?? null };
      },
      sourcesOf: (id) => known.get(id)?.sources ?? [],
      ...(sources.length > 0 ? {} : { sourcesOf: () => placesOf(changed) }),
    });
  }
  return { run, changeset, sources: sources.length > 0 ? sources : byPlan, files, skipped };
}

/** Whose work a changeset is, plan by plan, where nothing finer is known. */
function planSources(run: RunFold, changeset: Changeset): ReviewSource[] {
  return reportPlans(run, changeset).map(({ plan, title, verified, usage }) => ({
    ...{ plan, title, task: null, requirements: [], run: run.run, node: nodeIds.agent(plan), turn: null },
    commit: agentOutput.safeParse(run.nodes.get(nodeIds.agent(plan))?.output).data?.commit ?? null,
    verified: verified.map(({ command, exitCode }) => ({ command, exitCode })),
    tokens: usage.inputTokens + usage.outputTokens,
    usd: usage.usd ?? null,
  }));
}
