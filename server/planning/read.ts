import { codes, type Problem } from '../../schemas/codes';
import type { MilestoneView } from '../../schemas/wire/planning';
import { normalPhaseId, normalPlanId, phaseIdOfInput, slugOf } from './ids';
import { orderPlans, phaseOfDependency } from './order';
import { readPlan } from './plan';
import { type PlanFile, findPlans } from './planFiles';
import { readRoadmap } from './roadmap';
import type { PlanRow } from './roadmapLines';
import { type Scope, findScopes } from './scan';
import { readState } from './state';
import { decodeText, readable } from './text/bytes';
import { type Block, headOf, leaf } from './text/nodes';
import { parseMarkdown } from './text/parse';
import type { ExecutablePhase, Planning, PlanningFiles } from './types';
import { unite, type PhaseDraft } from './union';
import { type PhaseModel, discrepancies, milestoneView, orderInput, phaseModel } from './view';

/**
 * Reads a whole planning tree. Never throws: what cannot be understood becomes a problem with its place
 * and everything else is used. `revision` is passed through to the view.
 */
export async function readPlanning(files: PlanningFiles, revision: number): Promise<Planning> {
  return new PlanningReader(files).read(revision);
}

const readAtOnce = 64;
const mostProblems = 1000;

class PlanningReader {
  private readonly problems: Problem[] = [];

  constructor(private readonly files: PlanningFiles) {}

  async read(revision: number): Promise<Planning> {
    const paths = await this.list();
    const models: PhaseModel[] = [];
    const milestones: MilestoneView[] = [];
    let project = '';
    const scopes = findScopes(paths);
    for (const scope of scopes) {
      const read = await this.readScope(scope);
      models.push(...read.models);
      milestones.push(...read.views);
      if (project === '') project = read.project;
    }
    const problems = [...this.problems, ...models.flatMap(discrepancies)];
    return {
      view: {
        revision,
        present: paths.length > 0,
        project,
        milestones,
        problems: problems.slice(0, mostProblems),
      },
      phase: (id) => executablePhase(models, id),
    };
  }

  private async readScope(
    scope: Scope,
  ): Promise<{ models: PhaseModel[]; views: MilestoneView[]; project: string }> {
    const state = readState(await this.parse(scope.state));
    const project = titleOf(await this.parse(scope.project));
    const roadmaps = await Promise.all(
      scope.roadmaps.map(async ({ path, milestone }) => ({
        roadmap: readRoadmap(await this.parse(path), path),
        milestone,
      })),
    );
    const milestones = unite({ scope, roadmaps, active: state.milestone, activeName: state.milestoneName });
    const titles = planTitles(
      roadmaps.map(({ roadmap, milestone }) => ({ rows: roadmap.planRows, milestone })),
    );
    const plansOf = await this.readPlans(milestones.flatMap((milestone) => milestone.phases));
    const models: PhaseModel[] = [];
    const views: MilestoneView[] = [];
    for (const milestone of milestones) {
      const phases = milestone.phases.map((draft) =>
        phaseModel(scope, milestone, draft, plansOf.get(draft) ?? [], titles),
      );
      models.push(...phases);
      views.push(milestoneView(scope, milestone, phases));
    }
    const title =
      project || roadmaps.map(({ roadmap }) => readable(roadmap.title)).find((one) => one !== '') || '';
    return { models, views, project: title };
  }

  /** Plans of all phases with their contents, a bounded number of files at once. */
  private async readPlans(
    drafts: readonly PhaseDraft[],
  ): Promise<Map<PhaseDraft, (PlanFile & { content: ReturnType<typeof readPlan> })[]>> {
    const wanted = drafts.flatMap((draft) =>
      draft.directory
        ? findPlans(draft.directory.path, draft.directory.written, draft.directory.names).map((plan) => ({
            draft,
            plan,
          }))
        : [],
    );
    const found = new Map<PhaseDraft, (PlanFile & { content: ReturnType<typeof readPlan> })[]>();
    for (let from = 0; from < wanted.length; from += readAtOnce) {
      const slice = wanted.slice(from, from + readAtOnce);
      const contents = await Promise.all(slice.map(({ plan }) => this.readPlanFile(plan.file)));
      slice.forEach(({ draft, plan }, index) => {
        const list = found.get(draft) ?? [];
        list.push({ ...plan, content: contents[index]! });
        found.set(draft, list);
      });
    }
    return found;
  }

  private async readPlanFile(file: string): Promise<ReturnType<typeof readPlan>> {
    const text = await this.text(file);
    const blocks = parseMarkdown(text);
    this.report(blocks, file);
    const content = readPlan(blocks, text, file);
    this.problems.push(...content.problems);
    return content;
  }

  private async parse(path: string | undefined): Promise<Block[]> {
    if (path === undefined) return [];
    const blocks = parseMarkdown(await this.text(path));
    this.report(blocks, path);
    return blocks;
  }

  private async list(): Promise<readonly string[]> {
    try {
      return await this.files.list();
    } catch (error) {
      this.unreadable('.planning', error);
      return [];
    }
  }

  private async text(path: string): Promise<string> {
    try {
      return decodeText((await this.files.read(path)) ?? new Uint8Array());
    } catch (error) {
      this.unreadable(path, error);
      return '';
    }
  }

  private unreadable(file: string, error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    this.problems.push({ code: 'planning.unreadable', args: { file, detail } });
  }

  /** One problem for each run of lines that have the same fault. */
  private report(blocks: readonly Block[], file: string, last = ''): void {
    for (const block of blocks) {
      if (block.reason !== undefined && block.reason !== last) {
        this.problems.push({
          code: 'planning.malformed',
          args: { file, line: block.line, detail: block.reason },
        });
      }
      if (block.kind !== 'blank') last = block.reason ?? '';
      if (block.kind === 'frontmatter') this.report(block.children, file);
    }
  }
}

/**
 * What roadmaps say of each plan, by `milestone|id`; also by id alone where one milestone has it, since
 * numbers repeat after a milestone. The first row with words wins.
 */
function planTitles(
  roadmaps: readonly { readonly rows: readonly PlanRow[]; readonly milestone: string | undefined }[],
): ReadonlyMap<string, string> {
  const titles = new Map<string, string>();
  const owners = new Map<string, Set<string>>();
  for (const { rows, milestone } of roadmaps) {
    for (const row of rows) {
      if (/^\W*$/u.test(row.text)) continue;
      const owner = row.milestone ?? milestone ?? '';
      const known = owners.get(row.id) ?? new Set();
      owners.set(row.id, known.add(owner));
      for (const key of [`${owner}|${row.id}`, row.id]) if (!titles.has(key)) titles.set(key, row.text);
    }
  }
  for (const [id, of] of owners) if (of.size > 1) titles.delete(id);
  return titles;
}

/** Chooses the phase a person means: of the active milestone first, then of open ones, folders before mere mentions. */
function choosePhase(models: readonly PhaseModel[], input: string): PhaseModel | undefined {
  const id = phaseIdOfInput(input);
  const slug = slugOf(input);
  const candidates = models.filter(
    (model) =>
      model.id === id ||
      model.key === input ||
      (slug !== '' && slugOf(model.draft.directory?.slug ?? '') === slug),
  );
  const rank = (model: PhaseModel): number =>
    (model.key === input ? -100 : 0) +
    (model.id === id ? 0 : 50) +
    (model.scope.workstream === '' ? 0 : 10) +
    (model.milestoneState === 'active' ? 0 : model.milestoneState === 'open' ? 2 : 4) +
    (model.draft.directory ? 0 : 1);
  // Of equals the last: milestones are in order, and the newest is meant.
  return candidates.reverse().sort((a, b) => rank(a) - rank(b))[0];
}

function executablePhase(models: readonly PhaseModel[], input: string): ExecutablePhase | undefined {
  const phase = choosePhase(models, input);
  if (!phase) return undefined;
  const { order, problems } = orderPlans(phase.id, phase.plans.map(orderInput), elsewhereOf(models, phase));
  const own = phase.plans.flatMap((plan) => plan.content.problems);
  return {
    id: phase.id,
    name: phase.name,
    directory: phase.draft.directory?.path ?? `${phase.scope.root}/phases/${phase.id.padStart(2, '0')}`,
    plans: phase.plans.map((plan) => ({
      id: plan.id,
      file: plan.file,
      title: plan.title,
      objective: plan.content.objective,
      text: plan.content.text,
      ...order.get(plan.id)!,
      files: plan.content.files,
      verify: plan.content.verify,
      done: plan.done,
    })),
    problems: [...problems, ...own].sort((a, b) => severity(a) - severity(b)),
  };
}

const severity = (found: Problem): number => (codes[found.code].severity === 'error' ? 0 : 1);

/** Looks a dependency up among the plans and phases of the same tree; any that is done satisfies it. */
function elsewhereOf(
  models: readonly PhaseModel[],
  phase: PhaseModel,
): (dependency: string) => { done: boolean; phase: string } | undefined {
  const others = models.filter((model) => model !== phase && model.scope === phase.scope);
  return (dependency) => {
    const id = normalPlanId(dependency);
    const found: { done: boolean; phase: string }[] = [];
    for (const model of others) {
      const plan = model.plans.find((one) => normalPlanId(one.id) === id || baseName(one.file) === id);
      if (plan) found.push({ done: plan.done, phase: model.id });
    }
    if (found.length === 0) found.push(...wholePhases(others, dependency));
    return found.find((one) => one.done) ?? found[0];
  };
}

function wholePhases(models: readonly PhaseModel[], dependency: string): { done: boolean; phase: string }[] {
  const id = phaseOfDependency(dependency);
  const folder = dependency.trim();
  return models
    .filter((model) => {
      const name = model.draft.directory?.path.split('/').at(-1);
      return name === folder || (id !== undefined && normalPhaseId(model.id) === id);
    })
    .map((model) => ({ done: viewStateDone(model), phase: model.id }));
}

function viewStateDone(model: PhaseModel): boolean {
  if (model.plans.length > 0) return model.plans.every((plan) => plan.done);
  return model.milestoneState === 'shipped' || model.draft.facts.some((fact) => fact.complete === true);
}

function baseName(file: string): string {
  return normalPlanId(file.slice(file.lastIndexOf('/') + 1).replace(/(?:-PLAN)?\.md$/i, ''));
}

function titleOf(blocks: readonly Block[]): string {
  const heading = blocks.find((block) => block.kind === 'heading' && leaf(block, 'marker')!.text === '#');
  return heading
    ? readable(headOf(heading))
        .replace(/^(?:PROJECT(?:\.md)?)\s*[:—–-]\s*/i, '')
        .trim()
        .slice(0, 300)
    : '';
}
