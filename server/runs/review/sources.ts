import type { ReviewSource } from '../../../schemas/wire/units';
import type { Changeset } from '../../../schemas/wire/review';
import {
  elementsNamed,
  elementsOf,
  entryOf,
  frontmatterEntries,
  listOf,
  parseMarkdownText,
} from '../../planning';
import type { RunFold } from '../../engine/state';
import { agentOutput, nodeIds, runFacts, type PlannedWork } from '../facts';
import { reportPlans } from '../report';

/** Whose work the files of a changeset are: one source per plan, in the order of the changeset's groups. */
export function sourcesOf(run: RunFold, changeset: Changeset): ReviewSource[] {
  const facts = runFacts.safeParse(run.facts);
  const plans = new Map((facts.success ? facts.data.plans : []).map((plan) => [plan.id, plan]));
  const reports = new Map(
    (facts.success ? reportPlans(run, undefined) : []).map((report) => [report.plan, report]),
  );
  return changeset.groups.map(({ plan, title }) => {
    const planned = plans.get(plan);
    const report = reports.get(plan);
    const node = nodeIds.agent(plan);
    const agent = agentOutput.safeParse(run.nodes.get(node)?.output);
    const { usage } = report ?? {};
    return {
      plan,
      title,
      task: planned === undefined ? null : taskOf(planned),
      requirements: planned === undefined ? [] : requirementsOf(planned),
      run: run.run,
      node,
      turn: null,
      commit: agent.success ? agent.data.commit : null,
      verified: (report?.verified ?? []).map(({ command, exitCode }) => ({ command, exitCode })),
      tokens: usage === undefined ? 0 : usage.inputTokens + usage.outputTokens,
      usd: usage?.usd ?? null,
    };
  });
}

/** The plan's only task, or the first of several with their number. */
function taskOf({ text }: PlannedWork): string | null {
  const tasks = elementsNamed(elementsOf(parseMarkdownText(text)), 'task');
  const names = tasks.flatMap((task) => elementsNamed(task.children, 'name')[0]?.content.trim() ?? []);
  return names.length === 0 ? null : names.join(' · ');
}

function requirementsOf({ text }: PlannedWork): string[] {
  const entries = frontmatterEntries(parseMarkdownText(text));
  return listOf(entryOf(entries, 'requirements')).map(({ text: name }) => name);
}
