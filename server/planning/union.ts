import { comparePhaseIds, slugOf } from './ids';
import type { MilestoneFact } from './milestones';
import type { PhaseFact, Roadmap } from './roadmap';
import type { FoundDirectory, Scope } from './scan';

/** One phase with everything that names it. */
export interface PhaseDraft {
  readonly id: string;
  milestone: string;
  readonly facts: PhaseFact[];
  /** The names its facts give it, as slugs. */
  readonly slugs: Set<string>;
  directory: FoundDirectory | undefined;
}

export interface MilestoneDraft {
  readonly key: string;
  name: string;
  state: MilestoneFact['state'];
  place: { readonly file: string; readonly line: number } | undefined;
  readonly phases: PhaseDraft[];
}

export interface UnionInput {
  readonly scope: Scope;
  readonly roadmaps: readonly { readonly roadmap: Roadmap; readonly milestone: string | undefined }[];
  /** The milestone STATE names. */
  readonly active: string | undefined;
  readonly activeName: string;
}

/** Key of the milestone of phases that no source puts into one. */
export const unnamedMilestone = 'current';

/**
 * Joins what headings, bullets, tables, archives and folders say into one list of phases. Places that
 * name the same number are one phase unless they stand under different milestones; folders join the
 * phase whose number and name they carry.
 */
export function unite(input: UnionInput): MilestoneDraft[] {
  const united = new Union(input);
  for (const { roadmap, milestone } of input.roadmaps) {
    for (const fact of roadmap.phases) if (fact.milestone !== undefined) united.addFact(fact, fact.milestone);
    for (const fact of roadmap.phases) {
      if (fact.milestone === undefined) united.addLooseFact(fact, milestone);
    }
  }
  for (const directory of input.scope.directories) united.addDirectory(directory);
  return united.milestones();
}

class Union {
  private readonly phases: PhaseDraft[] = [];
  private readonly byId = new Map<string, PhaseDraft[]>();
  private readonly byRange = new Map<string, string | undefined>();
  private readonly facts: readonly MilestoneFact[];
  private readonly shipped: ReadonlySet<string>;
  private readonly active: string | undefined;

  constructor(private readonly input: UnionInput) {
    this.facts = input.roadmaps.flatMap(({ roadmap }) => roadmap.milestones);
    this.shipped = new Set(this.facts.filter((fact) => fact.state === 'shipped').map((fact) => fact.key));
    this.active = input.active ?? this.facts.find((fact) => fact.state === 'active')?.key;
  }

  addFact(fact: PhaseFact, milestone: string): void {
    const same = this.withId(fact.id).find((phase) => phase.milestone === milestone);
    if (same) join(same, fact);
    else this.add({ id: fact.id, milestone, facts: [fact], slugs: slugsOf(fact), directory: undefined });
  }

  /** A place under no milestone joins the phase it most likely means. `archive` is the file's own milestone. */
  addLooseFact(fact: PhaseFact, archive: string | undefined): void {
    const candidates = this.withId(fact.id);
    const slug = slugOf(fact.name);
    const ranged = this.milestoneByRange(fact.id);
    const own =
      candidates.find((phase) => phase.milestone === archive) ??
      candidates.find((phase) => slug !== '' && phase.slugs.has(slug));
    if (own) return join(own, fact);
    if (archive !== undefined) return this.addFact(fact, ranged ?? archive);
    const open = candidates.filter((phase) => !this.isHistory(phase, slug));
    const likely = open.find((phase) => phase.milestone === ranged) ?? this.likeliest(open);
    if (likely) join(likely, fact);
    else if (candidates.length > 0) this.addFact(fact, this.active!);
    else this.addFact(fact, ranged ?? this.active ?? unnamedMilestone);
  }

  addDirectory(directory: FoundDirectory): void {
    const candidates = this.withId(directory.id).filter((phase) => phase.directory === undefined);
    const chosen = this.phaseOf(directory, candidates);
    if (chosen) {
      chosen.directory = directory;
      return;
    }
    const ranged = candidates.length > 0 ? undefined : this.milestoneByRange(directory.id);
    const milestone = directory.milestone ?? ranged ?? this.active ?? unnamedMilestone;
    this.add({ id: directory.id, milestone, facts: [], slugs: new Set(), directory });
  }

  /** An archived folder belongs to its milestone; another to the phase of its number that has its name. */
  private phaseOf(directory: FoundDirectory, candidates: readonly PhaseDraft[]): PhaseDraft | undefined {
    if (directory.milestone !== undefined) {
      return candidates.find((phase) => phase.milestone === directory.milestone);
    }
    const slug = slugOf(directory.slug);
    const named = candidates.filter((phase) => [...phase.slugs].some((name) => resembles(name, slug)));
    return (
      named.find((phase) => phase.milestone === this.active) ?? named.at(-1) ?? this.likeliest(candidates)
    );
  }

  /**
   * Whether a phase is one of a shipped milestone with another name: its number was given again, and a
   * name that comes now means the new one.
   */
  private isHistory(phase: PhaseDraft, slug: string): boolean {
    if (this.active === undefined || phase.milestone === this.active || !this.shipped.has(phase.milestone))
      return false;
    return slug !== '' && phase.slugs.size > 0 && ![...phase.slugs].some((name) => resembles(name, slug));
  }

  milestones(): MilestoneDraft[] {
    const drafts = new Map<string, MilestoneDraft>();
    const draft = (key: string): MilestoneDraft => {
      const known = drafts.get(key);
      if (known) return known;
      const created: MilestoneDraft = { key, name: key, state: 'open', place: undefined, phases: [] };
      drafts.set(key, created);
      return created;
    };
    for (const fact of this.facts) {
      const milestone = draft(fact.key);
      milestone.place ??= { file: fact.file, line: fact.line };
      if (fact.name.length > milestone.name.length && milestone.name === fact.key) milestone.name = fact.name;
      if (milestone.state === 'open') milestone.state = fact.state;
    }
    for (const { milestone } of this.input.roadmaps)
      if (milestone !== undefined) draft(milestone).state = 'shipped';
    for (const phase of this.phases) draft(phase.milestone).phases.push(phase);
    if (this.active !== undefined) {
      const milestone = draft(this.active);
      if (milestone.state !== 'shipped') milestone.state = 'active';
      if (milestone.name === milestone.key && this.input.activeName !== '') {
        milestone.name = `${milestone.key} ${this.input.activeName}`;
      }
    }
    const all = [...drafts.values()];
    for (const milestone of all) milestone.phases.sort((a, b) => comparePhaseIds(a.id, b.id));
    return all.sort(
      (a, b) => orderOf(a.key) - orderOf(b.key) || comparePhaseIds(a.key.slice(1), b.key.slice(1)),
    );
  }

  private add(phase: PhaseDraft): void {
    this.phases.push(phase);
    const same = this.byId.get(phase.id);
    if (same) same.push(phase);
    else this.byId.set(phase.id, [phase]);
  }

  private withId(id: string): readonly PhaseDraft[] {
    return this.byId.get(id) ?? [];
  }

  private likeliest(candidates: readonly PhaseDraft[]): PhaseDraft | undefined {
    return candidates.find((phase) => phase.milestone === this.active) ?? candidates.at(-1);
  }

  /** The milestone whose “Phases 1-4” holds the number, if exactly one does. */
  private milestoneByRange(id: string): string | undefined {
    if (!this.byRange.has(id)) this.byRange.set(id, this.findByRange(id));
    return this.byRange.get(id);
  }

  private findByRange(id: string): string | undefined {
    const number = parseFloat(id);
    if (Number.isNaN(number)) return undefined;
    const keys = new Set(
      this.facts
        .filter((fact) => fact.ranges.some(([from, to]) => number >= from && Math.floor(number) <= to))
        .map((fact) => fact.key),
    );
    return keys.size === 1 ? [...keys][0] : undefined;
  }
}

function join(phase: PhaseDraft, fact: PhaseFact): void {
  phase.facts.push(fact);
  for (const slug of slugsOf(fact)) phase.slugs.add(slug);
}

function slugsOf(fact: PhaseFact): Set<string> {
  const slug = slugOf(fact.name);
  return new Set(slug === '' ? [] : [slug]);
}

/** Versions before numbered milestones before the unnamed one. */
function orderOf(key: string): number {
  return /^v\d/.test(key) ? 0 : /^m\d/.test(key) ? 1 : 2;
}

/** Whether a name and the slug of a folder can mean one phase: they share a word, or one begins the other. */
function resembles(name: string, slug: string): boolean {
  if (name === '' || slug === '') return false;
  if (name.startsWith(slug) || slug.startsWith(name)) return true;
  const words = new Set(name.split('-').filter((word) => word.length > 2));
  return slug.split('-').some((word) => words.has(word));
}
