import type { MilestoneView, PhaseView, PlanView } from '../../../schemas/wire/planning';
import {
  bodyRows,
  cellsOf,
  columnOf,
  normalPlanId,
  plain,
  requirementStates,
  tickOf,
  walk,
  contentOf,
  endOf,
  type Planning,
} from '../../planning';
import type { Mention } from './mentions';
import type { Source } from './source';

export interface PhaseFound {
  readonly phase: PhaseView;
  readonly milestone: MilestoneView;
}
export interface PlanFound extends PhaseFound {
  readonly plan: PlanView;
}
/** A requirement where it is defined, with what the files say of it. */
export interface RequirementFound {
  readonly id: string;
  readonly source: Source;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly ticked: boolean | undefined;
  readonly complete: boolean | undefined;
  /** Phases its traceability row names. */
  readonly phases: readonly string[];
  readonly archived: boolean;
}

/** A project at one moment: what planning reads of it, its files, and what they name. Nothing in it changes. */
export class ProjectView {
  readonly phases = new Map<string, PhaseFound[]>();
  readonly plans = new Map<string, PlanFound[]>();
  readonly #byFile = new Map<string, PlanFound>();
  #requirements: ReadonlyMap<string, RequirementFound> | undefined;
  #places: ReadonlyMap<string, readonly Place[]> | undefined;

  constructor(
    readonly root: string,
    readonly planning: Planning,
    readonly sources: ReadonlyMap<string, Source>,
    readonly paths: readonly string[],
  ) {
    for (const milestone of planning.view.milestones) {
      for (const phase of milestone.phases) {
        push(this.phases, phase.id, { phase, milestone });
        for (const plan of phase.plans) {
          const found = { plan, phase, milestone };
          push(this.plans, normalPlanId(plan.id), found);
          this.#byFile.set(plan.place.file, found);
        }
      }
    }
  }

  /** The phase an id means in a file: of the same milestone folder, else of the active milestone, else the newest. */
  phase(id: string, from?: string): PhaseFound | undefined {
    return likeliest(this.phases.get(id) ?? [], from);
  }

  plan(id: string, from?: string): PlanFound | undefined {
    return likeliest(this.plans.get(id) ?? [], from);
  }

  /** The plan a file holds. */
  planOfFile(path: string): PlanFound | undefined {
    return this.#byFile.get(path);
  }

  get requirements(): ReadonlyMap<string, RequirementFound> {
    return (this.#requirements ??= readRequirements([...this.sources.values()]));
  }

  /** Every place that names something that exists, by `what id`. */
  places(what: Mention['what'], id: string): readonly Place[] {
    if (!this.#places) {
      const places = new Map<string, Place[]>();
      for (const source of this.sources.values())
        for (const mention of source.mentions)
          push(places, `${mention.what} ${mention.id}`, { source, mention });
      this.#places = places;
    }
    return this.#places.get(`${what} ${id}`) ?? [];
  }

  exists({ what, id }: Pick<Mention, 'what' | 'id'>): boolean {
    if (what === 'requirement') return this.requirements.has(id);
    return (what === 'phase' ? this.phases : this.plans).has(id);
  }

  /** What stands at an offset and exists; the longest where several do. */
  mentionAt(source: Source, offset: number): Mention | undefined {
    return source.mentions
      .filter((mention) => mention.start <= offset && offset <= mention.end && this.exists(mention))
      .sort((a, b) => b.end - b.start - (a.end - a.start))[0];
  }
}

export interface Place {
  readonly source: Source;
  readonly mention: Mention;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function likeliest<T extends PhaseFound>(found: readonly T[], from: string | undefined): T | undefined {
  const rank = ({ phase, milestone }: PhaseFound): number => {
    if (from !== undefined && phase.directory !== null && from.startsWith(`${phase.directory}/`)) return 0;
    return milestone.state === 'active' ? 1 : milestone.state === 'open' ? 2 : 3;
  };
  return found.toReversed().sort((a, b) => rank(a) - rank(b))[0];
}

function readRequirements(sources: readonly Source[]): Map<string, RequirementFound> {
  const found = new Map<string, RequirementFound>();
  const files = sources.filter(({ kind }) => kind === 'REQUIREMENTS');
  const isArchived = ({ path }: Source): boolean => /\/(?:milestones|archive)\//.test(path);
  for (const source of files.sort((a, b) => Number(isArchived(a)) - Number(isArchived(b)))) {
    const phases = tracedPhases(source);
    const byLine = new Map(source.lines.map((block) => [block.line, block]));
    for (const [id, { line, ticked, complete }] of requirementStates(source.blocks)) {
      if (found.has(id)) continue;
      const block = byLine.get(line);
      const mention =
        block &&
        source
          .mentionsIn(block.start, endOf(block))
          .find((one) => one.what === 'requirement' && one.id === id);
      if (!mention || !block) continue;
      const text = block.kind === 'bullet' ? contentOf(block) : '';
      const said = text.slice(0, 2000).replace(/^[*~`\s[]*[A-Za-z0-9_-]+[*~`\]\s]*[:—–-]?[*\s]*/, '');
      const { start, end } = mention;
      const states = { ticked: ticked ?? (block.kind === 'bullet' ? tickOf(block) : undefined), complete };
      const archived = isArchived(source);
      found.set(id, {
        id,
        source,
        line,
        start,
        end,
        text: said,
        ...states,
        phases: phases.get(id) ?? [],
        archived,
      });
    }
  }
  return found;
}

/** The phases that the rows of a traceability table give to requirements. */
function tracedPhases(source: Source): Map<string, string[]> {
  const traced = new Map<string, string[]>();
  for (const { block } of walk(source.blocks)) {
    if (block.kind !== 'table') continue;
    const idAt = columnOf(block, /^(?:id|req(?:uirement)?(?:[ -]?ids?)?s?)$/i);
    const phaseAt = columnOf(block, /^phases?$/i);
    if (idAt < 0 || phaseAt < 0) continue;
    for (const row of bodyRows(block)) {
      const cells = cellsOf(row);
      const id = plain(cells[idAt]?.text ?? '').toUpperCase();
      const cell = cells[phaseAt];
      if (id === '' || !cell) continue;
      const named = source
        .mentionsIn(cell.inner.start, cell.inner.end)
        .filter(({ what }) => what === 'phase');
      traced.set(id, [...(traced.get(id) ?? []), ...named.map((mention) => mention.id)]);
    }
  }
  return traced;
}

/** Whether a status or box says that something is done. */
export const saysDone = ({ ticked, complete }: RequirementFound): boolean =>
  ticked === true || complete === true;
