import type { Hover } from 'vscode-languageserver';
import { fillText } from '../../../schemas';
import { portsOf } from '../../melody';
import type { MelodySource } from '../melody/source';
import { endAt, itemAt, nodeOf } from '../melody/lookup';
import type { Mention } from '../planning/mentions';
import type { Source } from '../planning/source';
import { saysDone, type ProjectView } from '../planning/view';
import { lspTexts as texts } from '../texts';

/** What a requirement, phase or plan is and how far it is. */
export function planningHover(view: ProjectView, source: Source, offset: number): Hover | undefined {
  const mention = view.mentionAt(source, offset);
  if (!mention) return undefined;
  const lines = { requirement: aboutRequirement, phase: aboutPhase, plan: aboutPlan }[mention.what](
    view,
    mention,
    source.path,
  );
  return lines && markdown(lines, source.doc.range(mention.start, mention.end));
}

function aboutRequirement(view: ProjectView, { id }: Mention, from: string): string[] | undefined {
  const found = view.requirements.get(id);
  if (!found) return undefined;
  const state = saysDone(found) ? texts.hoverDone : texts.hoverOpen;
  const phases = found.phases.map((phase) => {
    const known = view.phase(phase, from);
    return known ? `${phase} ${known.phase.name} (${known.phase.state})` : phase;
  });
  return [
    `**${texts.hoverRequirement} ${id}** · ${state}`,
    escaped(found.text),
    phases.length > 0 ? escaped(fillText(texts.hoverTraced, { phases: phases.join(', ') })) : '',
  ];
}

function aboutPhase(view: ProjectView, { id }: Mention, from: string): string[] | undefined {
  const found = view.phase(id, from);
  if (!found) return undefined;
  const { phase, milestone } = found;
  const done = phase.plans.filter(({ state }) => state === 'complete').length;
  return [
    `**${texts.hoverPhase} ${escaped(`${phase.id}: ${phase.name}`)}** · ${phase.state} · ${escaped(milestone.name)}`,
    escaped(phase.goal),
    phase.plans.length > 0 ? fillText(texts.hoverProgress, { done, total: phase.plans.length }) : '',
    phase.plans.map((plan) => `- ${escaped(`${plan.id} ${plan.title}`)} (${plan.state})`).join('\n'),
  ];
}

function aboutPlan(view: ProjectView, { id }: Mention, from: string): string[] | undefined {
  const found = view.plan(id, from);
  if (!found) return undefined;
  const { plan, phase } = found;
  const after =
    plan.dependsOn.length > 0 ? `, ${fillText(texts.hoverAfter, { plans: plan.dependsOn.join(', ') })}` : '';
  return [
    `**${texts.hoverPlan} ${escaped(`${plan.id}: ${plan.title}`)}** · ${plan.state}`,
    `${escaped(`${texts.hoverPhase} ${phase.id}: ${phase.name}`)} · ${fillText(texts.hoverWave, { wave: plan.wave })}${escaped(after)}`,
    plan.tasks
      .slice(0, 20)
      .map((task) => `- ${escaped(task.name)}`)
      .join('\n'),
  ];
}

/** What a node of a Melody is, or a port that an edge names. */
export function melodyHover(source: MelodySource, offset: number): Hover | undefined {
  const end = endAt(source, offset);
  const item = end ? source.item(end.level, end.node) : itemAt(source, offset);
  if (!item) return undefined;
  const node = nodeOf(source, item);
  const title = `**${texts.hoverNode} ${escaped(item.id)}** · ${escaped(item.kind)}`;
  if (!node) return markdown([title]);
  const ports = portsOf(node);
  const named = (
    all: readonly { readonly name: string; readonly type: { readonly text: string } | undefined }[],
  ) => all.map(({ name, type }) => `\`${name}: ${type?.text ?? '?'}\``).join(', ');
  const side = end?.side === 'to' ? ports.inputs : ports.outputs;
  const port = end?.port === undefined ? undefined : side.get(end.port);
  return markdown([
    title,
    port ? `${texts.hoverPort} \`${port.name}: ${port.type?.text ?? '?'}\`` : '',
    escaped([node.name, node.description].filter(Boolean).join(' — ').slice(0, 1000)),
    ports.inputs.all.length > 0 ? fillText(texts.hoverInputs, { ports: named(ports.inputs.all) }) : '',
    ports.outputs.all.length > 0 ? fillText(texts.hoverOutputs, { ports: named(ports.outputs.all) }) : '',
  ]);
}

function markdown(lines: readonly string[], range?: Hover['range']): Hover {
  const value = lines
    .filter((line) => line !== '')
    .join('\n\n')
    .slice(0, 8000);
  return { contents: { kind: 'markdown', value }, ...(range ? { range } : {}) };
}

/** Text of files as text: nothing in it becomes a link, a picture or HTML. */
const escaped = (text: string): string =>
  text.replace(/[\ud800-\udfff]/gu, '\ufffd').replace(/[\\`*_{}[\]<>#!|&]/g, '\\$&');
