import type { ClientRequests, ParamsOf, ResultOf } from '../schemas';
import type { Context, Json } from './base';
import { formatMelody } from './melody';
import { openTemplateLibrary, type TemplatePlaces } from './templateLibrary';
import { instantiate } from './templates';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

/** The templates of a workspace; its files are read anew each time, since a person may just have written one. */
export class TemplateDesk {
  constructor(private readonly places: TemplatePlaces) {}

  async templateList(_ctx: Context, params: Params<'templateList'>): Promise<Result<'templateList'>> {
    const library = await openTemplateLibrary(this.places);
    const { text, tags, category, author, limit, offset } = params;
    const { total, templates } = library.search({
      ...{ limit, offset },
      ...(text === undefined ? {} : { text }),
      ...(tags === undefined ? {} : { tags }),
      ...(category === undefined ? {} : { category }),
      ...(author === undefined ? {} : { author }),
    });
    return {
      total,
      templates: templates.map((one) => ({ ...one, tags: [...one.tags] })),
      problems: library.findings.map(({ problem }) => problem),
    };
  }

  async templateShow(
    _ctx: Context,
    { id, version }: Params<'templateShow'>,
  ): Promise<Result<'templateShow'>> {
    const library = await openTemplateLibrary(this.places);
    const found = library.get(id, version);
    return {
      ...{ id: found.id, name: found.name, description: found.description, version: found.version },
      versions: library.versions(id),
      parameters: [...found.parameters],
    };
  }

  async templateInstantiate(
    _ctx: Context,
    { id, version, values }: Params<'templateInstantiate'>,
  ): Promise<Result<'templateInstantiate'>> {
    const library = await openTemplateLibrary(this.places);
    const made = instantiate(library.get(id, version), values as Record<string, Json>);
    return {
      text: made.melody === undefined ? null : formatMelody(made.melody),
      defaults: made.defaults as Result<'templateInstantiate'>['defaults'],
      problems: made.problems.map((one) => ({ ...one })),
      findings: made.findings.map(({ problem }) => problem),
    };
  }
}
