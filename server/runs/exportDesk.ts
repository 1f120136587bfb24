import type { ClientRequests, ParamsOf, ResultOf } from '../../schemas';
import type { Changeset } from '../../schemas/wire/review';
import type { ReviewSource } from '../../schemas/wire/units';
import { problem, type Context } from '../base';
import { sha256 } from '../base/node';
import type { RunFold } from '../engine/state';
import type { Commit, PrivateRepository } from '../git';
import { commitMessage, mailText, seriesOf, type DecidedFile, type Included } from '../review';
import type { RunWorld } from './dependencies';
import { runFacts } from './facts';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

/** A changeset with everything that was decided on it. */
export interface DecidedChangeset {
  readonly run: RunFold;
  readonly changeset: Changeset;
  readonly sources: readonly ReviewSource[];
  readonly files: readonly DecidedFile[];
  /** Files whose bytes are not there any more, or that cannot be told. */
  readonly skipped: readonly string[];
}

export interface ExportDeskPorts {
  readonly world: Pick<RunWorld, 'repository' | 'clock'>;
  /** Throws `review.unknown`. */
  readonly decided: (ctx: Context, changeset: string) => Promise<DecidedChangeset>;
}

/** A series of private commits on the state the run began with. */
interface Series {
  readonly base: string;
  readonly commits: readonly (Commit & { readonly message: string })[];
}

/** Reviewed changes out of the review: as a patch, as mails, as a branch. */
export class ExportDesk {
  constructor(private readonly ports: ExportDeskPorts) {}

  async reviewExport(ctx: Context, params: Params<'reviewExport'>): Promise<Result<'reviewExport'>> {
    const decided = await this.ports.decided(ctx, params.changeset);
    const repository = await this.ports.world.repository(ctx);
    const { base, commits } = await this.series(ctx, repository, decided, params.all ? 'all' : 'kept');
    const skipped = [...decided.skipped];
    const last = commits.at(-1);
    if (last === undefined) return { text: '', skipped };
    if (params.form === 'patch') return { text: await repository.patchText(ctx, base, last.commit), skipped };
    const mails: string[] = [];
    for (const [i, { commit, message }] of commits.entries()) {
      const patch = await repository.patchText(ctx, commits[i - 1]?.commit ?? base, commit);
      const [number, of, atMs] = [i + 1, commits.length, decided.changeset.createdAt];
      mails.push(mailText({ commit, number, of, atMs, message, patch }));
    }
    return { text: mails.join('\n'), skipped };
  }

  async reviewBranch(ctx: Context, params: Params<'reviewBranch'>): Promise<Result<'reviewBranch'>> {
    const { branch } = params;
    const decided = await this.ports.decided(ctx, params.changeset);
    const repository = await this.ports.world.repository(ctx);
    await repository.requireFreeBranch(ctx, branch);
    const { base, commits } = await this.series(ctx, repository, decided, 'notDropped');
    const head = await repository.userHead(ctx);
    if (head === null || commits.length === 0) throw problem('review.branchEmpty', { branch });
    let tip = head;
    for (const [i, { commit, message }] of commits.entries()) {
      // What the person has not committed is in the base and must not get onto the branch: only the change goes over.
      const merged = await repository.merge(ctx, commits[i - 1]?.commit ?? base, tip, commit);
      if (merged.kind === 'conflict')
        throw problem('review.branchConflict', { files: merged.files.slice(0, 5).join(', ') });
      const at = this.ports.world.clock.now();
      tip = (await repository.commit(ctx, merged.tree, [tip], message, at)).commit;
    }
    await repository.makeUserBranch(ctx, branch, tip);
    return { branch, commit: tip };
  }

  private async series(
    ctx: Context,
    repository: PrivateRepository,
    { run, changeset, sources, files }: DecidedChangeset,
    included: Included,
  ): Promise<Series> {
    const base = runFacts.pick({ base: true }).parse(run.facts).base.commit;
    const ref = `refs/symphony/exports/${sha256(changeset.changeset).slice(0, 16)}`;
    const commits: (Commit & { message: string })[] = [];
    for (const one of seriesOf(files, sources, included)) {
      const from = one.sources.map((place) => sources[place]!);
      const message = commitMessage(changeset.title, changeset, from);
      const made = await repository.commitFiles(ctx, ref, {
        parent: commits.at(-1)?.commit ?? base,
        files: one.files.map(({ path, version }) => ({
          path,
          content: version && { bytes: version.bytes, mode: modeOf(version) },
        })),
        message,
        atMs: changeset.createdAt,
      });
      commits.push({ ...made, message });
    }
    return { base, commits };
  }
}

const modeOf = ({ kind, executable }: { kind: 'file' | 'link'; executable: boolean }): string =>
  kind === 'link' ? '120000' : executable ? '100755' : '100644';
