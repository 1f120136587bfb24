import MiniSearch from 'minisearch';
import { compare, satisfies, valid, validRange } from 'semver';
import type { Template } from '../../schemas/template';
import { problem } from '../base';
import { finding, wholeFile, type Finding } from '../melody';
import { readTemplate, type TemplateText } from './read';

/** Whose a template is; an id belongs to the first of these that uses it. */
export const origins = ['builtIn', 'user', 'workspace'] as const;
export type Origin = (typeof origins)[number];

/** Where the library gets its templates. The workspace's are given only where it is trusted. */
export interface TemplateSources {
  readonly builtIn: readonly Template[];
  readonly user?: readonly TemplateText[];
  readonly workspace?: readonly TemplateText[];
}

/** What lists show of a template. */
export interface TemplateSummary {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly author: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly origin: Origin;
  /** Empty for built-in ones. */
  readonly file: string;
}

export interface TemplateQuery {
  /** Words; those that begin or nearly are so count too. */
  readonly text?: string;
  /** A template has every one of them. */
  readonly tags?: readonly string[];
  readonly category?: string;
  readonly author?: string;
  /** Default 50. */
  readonly limit?: number;
  readonly offset?: number;
}

interface Kept {
  readonly template: Template;
  readonly origin: Origin;
  readonly file: string;
}

/**
 * All templates there are, found by id and version or by words. Reading is done once, at its making; a file that
 * is not good is left out and told in `findings`.
 */
export class TemplateLibrary {
  readonly findings: readonly Finding[];
  /** By id, newest version first. */
  private readonly kept = new Map<string, Kept[]>();
  private readonly index = new MiniSearch<TemplateSummary>({
    idField: 'id',
    fields: ['id', 'name', 'tags', 'category', 'author', 'description'],
    extractField: (summary, field) => String(summary[field as keyof TemplateSummary]),
    searchOptions: {
      boost: { id: 4, name: 4, tags: 3, category: 2 },
      prefix: true,
      fuzzy: (word) => (word.length > 4 ? 0.2 : false),
      combineWith: 'AND',
    },
  });

  constructor(sources: TemplateSources) {
    const findings: Finding[] = [];
    for (const template of sources.builtIn) this.keep({ template, origin: 'builtIn', file: '' }, findings);
    for (const origin of ['user', 'workspace'] as const)
      for (const text of [...(sources[origin] ?? [])].sort((a, b) => (a.file < b.file ? -1 : 1))) {
        const read = readTemplate(text);
        findings.push(...read.findings);
        if (read.template !== undefined)
          this.keep({ template: read.template, origin, file: text.file }, findings);
      }
    for (const versions of this.kept.values())
      versions.sort((a, b) => compare(b.template.version, a.template.version));
    this.index.addAll(this.list());
    this.findings = findings;
  }

  /** The newest version of each, built-in ones first, then by name. */
  list(): TemplateSummary[] {
    return [...this.kept.values()]
      .map((versions) => summaryOf(versions[0]!))
      .sort(
        (a, b) =>
          origins.indexOf(a.origin) - origins.indexOf(b.origin) ||
          (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
      );
  }

  /**
   * The newest version that fits `range` (`1.2.3`, `^1.2.0`, `>=1 <3`; absent: any).
   * Throws `template.unknown` and `template.versionUnknown`.
   */
  get(id: string, range = '*'): Template {
    const versions = this.versionsOf(id);
    // Whoever names a version before its release means it.
    const fits = (version: string) =>
      validRange(range) !== null && satisfies(version, range, { includePrerelease: valid(range) !== null });
    const found = versions.find(({ template }) => fits(template.version));
    if (found !== undefined) return found.template;
    if (range === '*') return versions[0]!.template;
    throw problem('template.versionUnknown', { id, range, known: this.versions(id).join(', ') });
  }

  /** All versions of a template, newest first. Throws `template.unknown`. */
  versions(id: string): string[] {
    return this.versionsOf(id).map(({ template }) => template.version);
  }

  /** A page of those that fit, best first; without words in the order of `list`. `total` counts all that fit. */
  search(query: TemplateQuery): { readonly total: number; readonly templates: TemplateSummary[] } {
    const { text = '', tags = [], category, author, limit = 50, offset = 0 } = query;
    const same = (a: string, b: string | undefined) => b === undefined || a.toLowerCase() === b.toLowerCase();
    const fits = (one: TemplateSummary) =>
      same(one.category, category) &&
      same(one.author, author) &&
      tags.every((tag) => one.tags.some((own) => same(own, tag)));
    const candidates =
      text.trim() === ''
        ? this.list()
        : this.index.search(text).map(({ id }) => summaryOf(this.kept.get(String(id))![0]!));
    const found = candidates.filter(fits);
    return { total: found.length, templates: found.slice(offset, offset + limit) };
  }

  private versionsOf(id: string): readonly Kept[] {
    const versions = this.kept.get(id);
    if (versions !== undefined) return versions;
    throw problem('template.unknown', { id, known: [...this.kept.keys()].sort().join(', ') || '–' });
  }

  private keep(one: Kept, findings: Finding[]): void {
    const { id, version } = one.template;
    const versions = this.kept.get(id) ?? [];
    const first = versions[0];
    const twice = versions.find(({ template }) => compare(template.version, version) === 0);
    if (first !== undefined && first.origin !== one.origin)
      findings.push(finding('template.idTaken', { file: one.file, id }, wholeFile(one.file)));
    else if (twice !== undefined) {
      const args = { file: one.file, id, version, first: twice.file };
      findings.push(finding('template.versionTwice', args, wholeFile(one.file)));
    } else this.kept.set(id, [...versions, one]);
  }
}

const summaryOf = ({ template, origin, file }: Kept): TemplateSummary => ({
  id: template.id,
  name: template.name,
  description: template.description,
  version: template.version,
  author: template.author ?? '',
  category: template.category ?? '',
  tags: template.tags ?? [],
  origin,
  file,
});
