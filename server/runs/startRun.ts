import type { Problem } from '../../schemas/codes';
import { codes } from '../../schemas/codes';
import type { ClientRequests, ParamsOf, ResultOf } from '../../schemas';
import { problem, type Context } from '../base';
import { sha256 } from '../base/node';
import type { Engine } from '../engine';
import type { ExecutablePhase, ExecutablePlan, Planning } from '../planning';
import { askWorkflow, phaseWorkflow } from '../templates';
import type { RunWorld } from './dependencies';
import { nodeIds, toJson, type PlannedWork, type RunFacts } from './facts';

/** The user's settings a run is started with; they come from the user's own scope, never from the workspace. */
export interface RunSettings {
  readonly model: string | null;
  readonly limits: RunFacts['limits'];
  readonly parallel: number;
}

/** Approvals of verify commands, kept in the data home. */
export interface Approvals {
  approved(): Promise<ReadonlySet<string>>;
  /** Durable when resolved. */
  approve(hashes: readonly string[]): Promise<void>;
}

type Preview = ResultOf<ClientRequests['runPreview']>;

/** The hash a person's approval is bound to: the plan and the exact command. */
export const commandHash = (plan: string, command: string): string => sha256(`${plan}\n${command}`);

/** What executing `phase` would do, without doing it. */
export function previewPhase(
  planning: Planning,
  id: string,
  settings: RunSettings,
  approved: ReadonlySet<string>,
): Preview {
  const phase = findPhase(planning, id);
  const open = phase.plans.filter((plan) => !plan.done);
  const commands = open.flatMap((plan) =>
    plan.verify.map((command) => {
      const hash = commandHash(plan.id, command);
      return { plan: plan.id, command, hash, approved: approved.has(hash) };
    }),
  );
  const problems: Problem[] = [...phase.problems];
  if (open.length === 0) problems.push({ code: 'planning.noPlans', args: noPlansArgs(phase) });
  return {
    phase: phase.id,
    title: phase.name,
    plans: open.map((plan) => ({
      id: plan.id,
      title: plan.title,
      wave: plan.wave,
      after: [...plan.after],
      files: [...plan.files],
    })),
    commands,
    problems,
    model: settings.model,
  };
}

export interface StartPorts {
  readonly world: RunWorld;
  readonly engine: Engine;
  readonly approvals: Approvals;
}

/** Starts executing a phase; resolves when the run is durable. */
export async function startPhase(
  ctx: Context,
  ports: StartPorts,
  planning: Planning,
  settings: RunSettings,
  params: ParamsOf<ClientRequests['runExecute']>,
): Promise<string> {
  const preview = previewPhase(planning, params.phase, settings, await ports.approvals.approved());
  const fatal = preview.problems.find((one) => codes[one.code].severity === 'error');
  if (fatal !== undefined) throw problem(fatal.code, fatal.args);
  const missing = preview.commands.filter(
    ({ hash, approved }) => !approved && !params.approved.includes(hash),
  );
  if (missing.length > 0) throw problem('run.notApproved', { count: missing.length });
  const phase = findPhase(planning, params.phase);
  const open = phase.plans.filter((plan) => !plan.done);
  const model = chooseModel(ports, settings, params.model);
  await ports.approvals.approve(preview.commands.filter(({ approved }) => !approved).map(({ hash }) => hash));
  return begin(ctx, ports, {
    title: `Phase ${phase.id}: ${phase.name}`,
    kind: 'phase',
    workflow: phaseWorkflow({ ...phase, plans: open }, { parallel: settings.parallel }),
    facts: { model, limits: settings.limits, plans: open.map(plannedWork), ask: null, phase: phase.id },
  });
}

/** Starts one agent on a file or selection; resolves when the run is durable. */
export async function startAsk(
  ctx: Context,
  ports: StartPorts,
  settings: RunSettings,
  params: ParamsOf<ClientRequests['runAsk']>,
): Promise<string> {
  const model = chooseModel(ports, settings, params.model);
  const title = firstLine(params.instruction);
  return begin(ctx, ports, {
    title,
    kind: 'ask',
    workflow: askWorkflow({ instruction: title, params: { plan: 'ask' } }),
    facts: {
      model,
      limits: settings.limits,
      plans: [{ id: 'ask', title, text: params.instruction, files: [params.path], verify: [] }],
      ask: { path: params.path, lines: params.lines ?? null },
      phase: null,
    },
  });
}

type Beginning = Pick<
  Parameters<Engine['start']>[0],
  'title' | 'kind' | 'workflow' | 'inputs' | 'run' | 'trigger'
> & {
  facts: Omit<RunFacts, 'title' | 'base' | 'at'>;
};

/** Takes the user's tree as the base, or begins `from` another, and starts the run; resolves when it is durable. */
export async function begin(
  ctx: Context,
  { world, engine }: StartPorts,
  beginning: Beginning,
  from?: RunFacts['base'],
): Promise<string> {
  const run = beginning.run ?? world.ids.next('run');
  const repository = await world.repository(ctx);
  const ref = `refs/symphony/runs/${run}/base`;
  const base = from ?? (await repository.snapshot(ctx, ref, `Base of ${beginning.title}`));
  if (from !== undefined) await repository.setRef(ctx, ref, from.commit);
  const facts: RunFacts = { ...beginning.facts, title: beginning.title, base, at: world.clock.now() };
  return engine.start({ ...beginning, run, facts: toJson(facts) as Record<string, never> });
}

/** The workflow of a revision: one agent on what was proposed, then the offer of both together. */
export function revisionWorkflow(title: string, plan: string): Beginning['workflow'] {
  const ask = askWorkflow({ instruction: title, params: { plan } });
  const id = nodeIds.agent(plan);
  const named = (node: string): string => (node === nodeIds.agent('ask') ? id : node);
  return {
    ...ask,
    nodes: ask.nodes.map((one) => ({ ...one, id: named(one.id), after: one.after.map(named) })),
  };
}

/** The model a run is started with, if it can be used. Throws `model.*`. */
export function chooseModel({ world }: StartPorts, settings: RunSettings, asked: string | undefined): string {
  const id = asked ?? settings.model;
  if (id === null) throw problem('model.none');
  const checked = world.checkModel(id);
  if (!checked.ok) throw problem(checked.problem.code, checked.problem.args);
  return id;
}

function findPhase(planning: Planning, id: string): ExecutablePhase {
  if (!planning.view.present) throw problem('planning.none', { path: planning.view.project });
  const phase = planning.phase(id);
  if (phase !== undefined) return phase;
  const known = planning.view.milestones.flatMap((milestone) => milestone.phases.map((one) => one.id));
  throw problem('planning.phaseUnknown', { phase: id, known: known.join(', ') || '—' });
}

function noPlansArgs(phase: ExecutablePhase): Problem['args'] {
  const padded = phase.id.padStart(2, '0');
  return {
    phase: phase.id,
    example: `${phase.directory || `.planning/phases/${padded}-name`}/${padded}-01-PLAN.md`,
  };
}

const plannedWork = (plan: ExecutablePlan): PlannedWork => ({
  id: plan.id,
  title: plan.title,
  text: plan.text,
  files: [...plan.files],
  verify: [...plan.verify],
});

/** The first line of an instruction, short enough for a title. */
function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
