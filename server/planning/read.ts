import type { Problem } from '../../schemas/codes';
import type { MilestoneView } from '../../schemas/wire/planning';
import { executablePhase } from './execute';
import { PlanningMemory } from './memory';
import { type PlanContent, readPlan } from './plan';
import { type PlanFile, findPlans } from './planFiles';
import { readRoadmap } from './roadmap';
import type { PlanRow } from './roadmapLines';
import { type Scope, findScopes } from './scan';
import { readState } from './state';
import { decodeForReading, readable } from './text/bytes';
import { type Block, headOf, leaf } from './text/nodes';
import { parseMarkdown } from './text/parse';
import type { Planning, PlanningFiles } from './types';
import { unite, type PhaseDraft } from './union';
import { type PhaseModel, discrepancies, milestoneView, phaseModel } from './view';

/**
 * Reads a whole planning tree. Never throws: what cannot be understood becomes a problem with its place
 * and everything else is used. `revision` is passed through to the view. A `memory` that is given again
 * saves parsing files that did not change; readings with one memory must not overlap.
 */
export async function readPlanning(
  files: PlanningFiles,
  revision: number,
  memory = new PlanningMemory(),
): Promise<Planning> {
  return new PlanningReader(files, memory).read(revision);
}

const readAtOnce = 64;
const mostProblems = 1000;

type PlanWithContent = PlanFile & { readonly content: PlanContent };

class PlanningReader {
  /** By file, so that their order does not depend on which file was read first. */
  private readonly problems = new Map<string, readonly Problem[]>();

  constructor(
    private readonly files: PlanningFiles,
    private readonly memory: PlanningMemory,
  ) {}

  async read(revision: number): Promise<Planning> {
    const paths = await this.list();
    const models: PhaseModel[] = [];
    const milestones: MilestoneView[] = [];
    let project = '';
    for (const scope of findScopes(paths)) {
      const read = await this.readScope(scope);
      models.push(...read.models);
      milestones.push(...read.views);
      if (project === '') project = read.project;
    }
    this.memory.settle();
    const problems = [planningFolder, ...paths].flatMap((path) => this.problems.get(path) ?? []);
    return {
      view: {
        revision,
        present: paths.length > 0,
        project,
        milestones,
        problems: [...problems, ...models.flatMap(discrepancies)].slice(0, mostProblems),
      },
      phase: (id) => executablePhase(models, id),
    };
  }

  private async readScope(
    scope: Scope,
  ): Promise<{ models: PhaseModel[]; views: MilestoneView[]; project: string }> {
    const state = await this.derive(scope.state, readState);
    const project = await this.derive(scope.project, titleOf);
    const roadmaps = await Promise.all(
      scope.roadmaps.map(async ({ path, milestone }) => ({
        roadmap: await this.derive(path, (blocks) => readRoadmap(blocks, path)),
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
  private async readPlans(drafts: readonly PhaseDraft[]): Promise<Map<PhaseDraft, PlanWithContent[]>> {
    const wanted = drafts.flatMap((draft) => {
      if (!draft.directory) return [];
      const { path, written, names } = draft.directory;
      return findPlans(path, written, names).map((plan) => ({ draft, plan }));
    });
    const found = new Map<PhaseDraft, PlanWithContent[]>();
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

  private async readPlanFile(file: string): Promise<PlanContent> {
    const content = await this.derive(file, (blocks, text) => readPlan(blocks, text, file));
    this.report(file, content.problems);
    return content;
  }

  /** What `make` finds in a file; in an empty one where there is no such file. */
  private async derive<T>(
    path: string | undefined,
    make: (blocks: readonly Block[], text: string) => T,
  ): Promise<T> {
    if (path === undefined) return make([], '');
    const { value, problems } = this.memory.derive(path, await this.bytes(path), (bytes) => {
      const text = decodeForReading(bytes);
      const blocks = parseMarkdown(text);
      return { value: make(blocks, text), problems: faultsOf(blocks, path) };
    });
    this.report(path, problems);
    return value;
  }

  private async list(): Promise<readonly string[]> {
    try {
      return await this.files.list();
    } catch (error) {
      this.unreadable(planningFolder, error);
      return [];
    }
  }

  private async bytes(path: string): Promise<Uint8Array> {
    try {
      return (await this.files.read(path)) ?? new Uint8Array();
    } catch (error) {
      this.unreadable(path, error);
      return new Uint8Array();
    }
  }

  private unreadable(file: string, error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    this.report(file, [{ code: 'planning.unreadable', args: { file, detail } }]);
  }

  private report(file: string, problems: readonly Problem[]): void {
    if (problems.length > 0) this.problems.set(file, [...(this.problems.get(file) ?? []), ...problems]);
  }
}

const planningFolder = '.planning';

/** One problem for each run of lines that have the same fault. */
export function faultsOf(blocks: readonly Block[], file: string): Problem[] {
  const problems: Problem[] = [];
  let last = '';
  for (const block of blocks) {
    if (block.reason !== undefined && block.reason !== last && problems.length < mostProblems) {
      const args = { file, line: block.line, detail: block.reason };
      problems.push({ code: 'planning.malformed', args });
    }
    if (block.kind !== 'blank') last = block.reason ?? '';
    if (block.kind === 'frontmatter') problems.push(...faultsOf(block.children, file));
  }
  return problems;
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

function titleOf(blocks: readonly Block[]): string {
  const heading = blocks.find((block) => block.kind === 'heading' && leaf(block, 'marker')!.text === '#');
  return heading
    ? readable(headOf(heading))
        .replace(/^(?:PROJECT(?:\.md)?)\s*[:—–-]\s*/i, '')
        .trim()
        .slice(0, 300)
    : '';
}
