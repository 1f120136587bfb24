import type { ClientRequests, ParamsOf, ResultOf } from '../schemas';
import type { ArtifactView } from '../schemas/wire/artifact';
import type { Artifact, ArtifactStore, Lineage } from './artifacts';
import { problem, type Context } from './base';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

/** What people see and do of artifacts; one method per request of the wire. */
export class ArtifactDesk {
  constructor(private readonly artifacts: ArtifactStore) {}

  async artifactSearch(ctx: Context, params: Params<'artifactSearch'>): Promise<Result<'artifactSearch'>> {
    const given = Object.entries(params).filter(([, value]) => value !== undefined);
    const found = await this.artifacts.search(ctx, Object.fromEntries(given));
    const hits = found.hits.map(({ artifact, score, highlights }) => ({
      artifact: shown(artifact),
      score,
      highlights: highlights.map(({ text, marks }) => ({ text, marks: marks.map((mark) => [...mark]) })),
    }));
    const { types, tags, runs } = found.facets;
    return { ...found, hits, facets: { types: { ...types }, tags: { ...tags }, runs: { ...runs } } };
  }

  artifactShow(_ctx: Context, { artifact: id }: Params<'artifactShow'>): Promise<Result<'artifactShow'>> {
    const artifact = this.find(id);
    const { up, down } = this.artifacts.lineage(artifact.hash);
    return Promise.resolve({
      artifact: shown(artifact),
      versions: this.artifacts.versions(artifact.run, artifact.name).map(shown),
      lineage: { up: up.map(step), down: down.map(step) },
    });
  }

  async artifactContent(
    _ctx: Context,
    { artifact: id }: Params<'artifactContent'>,
  ): Promise<Result<'artifactContent'>> {
    const bytes = await this.artifacts.get(this.find(id).hash);
    if (bytes === undefined) throw problem('artifact.unknown', { artifact: id });
    return { base64: Buffer.from(bytes).toString('base64') };
  }

  async artifactDiff(ctx: Context, { one, other }: Params<'artifactDiff'>): Promise<Result<'artifactDiff'>> {
    return { patch: await this.artifacts.diff(ctx, this.find(one).id, this.find(other).id) };
  }

  async artifactRestore(
    ctx: Context,
    { artifact: id }: Params<'artifactRestore'>,
  ): Promise<Result<'artifactRestore'>> {
    return { artifact: shown(await this.artifacts.restore(ctx, this.find(id).id)) };
  }

  async artifactCheck(ctx: Context): Promise<Result<'artifactCheck'>> {
    return { findings: [...(await this.artifacts.check(ctx))] };
  }

  private find(id: string): Artifact {
    const artifact = this.artifacts.byId(id);
    if (artifact === undefined) throw problem('artifact.unknown', { artifact: id });
    return artifact;
  }
}

/** An artifact without its facts, which belong to who put it. */
function shown({ facts: _facts, tags, inputs, quality, ...plain }: Artifact): ArtifactView {
  return {
    ...plain,
    tags: [...tags],
    inputs: [...inputs],
    quality: quality && { score: quality.score, reasons: [...quality.reasons] },
  };
}

const step = ({ artifacts, ...plain }: Lineage['up'][number]) => ({
  ...plain,
  artifacts: artifacts.map(shown),
});
