import type { ClientRequests, ParamsOf, ResultOf } from '../../../schemas';
import type { ReviewThread } from '../../../schemas/wire/units';
import { problem, type Context } from '../../base';
import type { Engine } from '../../engine';
import type { Blobs } from '../../engine/ports';
import type { RunFold } from '../../engine/state';
import { lineAt, type Review, type Reviews } from '../../review';
import { offersOf } from '../changesets';
import { runFacts, type RunFacts } from '../facts';
import {
  begin,
  chooseModel,
  commandHash,
  revisionWorkflow,
  type RunSettings,
  type StartPorts,
} from '../startRun';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

export interface TalkPorts {
  readonly reviews: () => Promise<Reviews>;
  readonly open: (ctx: Context, changeset: string) => Promise<Review>;
  readonly engine: Engine;
  readonly blobs: Blobs;
  readonly start: StartPorts;
  readonly settings: () => RunSettings;
  readonly tell: (changeset: string, paths: readonly string[]) => void;
}

/** Conversations about lines, and what comes of them: the next version of a changeset. */
export class TalkDesk {
  constructor(private readonly ports: TalkPorts) {}

  async reviewThreads(ctx: Context, params: Params<'reviewThreads'>): Promise<Result<'reviewThreads'>> {
    const { book } = await this.ports.open(ctx, params.changeset);
    return { threads: book.threads.list() };
  }

  async reviewComment(ctx: Context, params: Params<'reviewComment'>): Promise<Result<'reviewComment'>> {
    const review = await this.ports.open(ctx, params.changeset);
    const known = params.thread === undefined ? undefined : review.book.threads.get(params.thread);
    const file = review.changeset.files.find(({ path }) => path === params.path);
    if (file === undefined || (params.thread !== undefined && known === undefined))
      throw problem('review.unknown', { changeset: `${params.changeset}: ${params.thread ?? params.path}` });
    const { path, side, line } = known ?? params;
    const thread = known?.thread ?? this.ports.start.world.ids.next('thread');
    const lineText = known?.lineText ?? (await lineAt(this.ports.blobs, file[side], line));
    const said = { type: 'comment' as const, by: 'person' as const, text: params.text };
    await (
      await this.ports.reviews()
    ).note(ctx, params.changeset, () => [{ ...said, thread, path, side, line, lineText }]);
    this.ports.tell(params.changeset, [path]);
    return { thread: review.book.threads.get(thread)! };
  }

  async reviewResolve(ctx: Context, params: Params<'reviewResolve'>): Promise<Result<'reviewResolve'>> {
    const review = await this.ports.open(ctx, params.changeset);
    const thread = review.book.threads.get(params.thread);
    if (thread === undefined)
      throw problem('review.unknown', { changeset: `${params.changeset}: ${params.thread}` });
    const state = params.resolved ? ('resolved' as const) : ('open' as const);
    const record = { type: 'thread' as const, threads: [thread.thread], state, run: null };
    await (await this.ports.reviews()).note(ctx, params.changeset, () => [record]);
    this.ports.tell(params.changeset, [thread.path]);
    return {};
  }

  /** Starts a run on the proposal with what was said about it; what it changes is the changeset's next version. */
  async reviewRevise(ctx: Context, params: Params<'reviewRevise'>): Promise<Result<'reviewRevise'>> {
    const review = await this.ports.open(ctx, params.changeset);
    const wanted = params.threads && new Set(params.threads);
    const threads = review.book.threads
      .list()
      .filter(({ thread, state }) => (wanted === undefined ? state === 'open' : wanted.has(thread)));
    if (threads.length === 0 && (params.note ?? '').trim() === '') throw problem('review.nothingToSend');
    const former = this.ports.engine.state(review.offered.run);
    const run = await this.begin(ctx, review, former, revisionText(review, threads, params.note));
    const sent = {
      type: 'thread' as const,
      threads: threads.map(({ thread }) => thread),
      state: 'sent' as const,
      run,
    };
    if (threads.length > 0) await (await this.ports.reviews()).note(ctx, params.changeset, () => [sent]);
    this.ports.tell(params.changeset, [...new Set(threads.map(({ path }) => path))]);
    return { run };
  }

  async reviewInterdiff(ctx: Context, params: Params<'reviewInterdiff'>): Promise<Result<'reviewInterdiff'>> {
    const review = await this.ports.open(ctx, params.changeset);
    const { former } = review.offered;
    if (former === null) return { former, files: [] };
    const before = new Map(
      (await this.ports.open(ctx, former)).changeset.files.map((file) => [file.path, file]),
    );
    const now = new Map(review.changeset.files.map((file) => [file.path, file]));
    const files = [...new Set([...before.keys(), ...now.keys()])].sort().map((path) => {
      const [then, here] = [before.get(path), now.get(path)];
      // A file of one version alone is proposed as it was in the other.
      return {
        path,
        former: (then ?? { proposal: here!.baseline }).proposal,
        now: (here ?? { proposal: then!.baseline }).proposal,
      };
    });
    return { former, files: files.filter((file) => file.former !== file.now) };
  }

  private async begin(
    ctx: Context,
    { offered, changeset }: Review,
    former: RunFold | undefined,
    text: string,
  ): Promise<string> {
    const offer = former && offersOf(former).find((one) => one.changeset === offered.changeset);
    if (former === undefined || offer === undefined)
      throw problem('review.unknown', { changeset: offered.changeset });
    const facts = runFacts.parse(former.facts);
    const { start } = this.ports;
    const settings = this.ports.settings();
    const approved = await start.approvals.approved();
    const verify = facts.plans.flatMap((plan) =>
      plan.verify.filter((command) => approved.has(commandHash(plan.id, command))),
    );
    const title = `Revision: ${changeset.title.replace(/^(Revision: )+/, '')}`;
    const earlier = changeset.groups.filter(({ plan }) => plan.startsWith('revision')).length;
    const id = earlier === 0 ? 'revision' : `revision-${earlier + 1}`;
    const plan = { id, title, text, files: [], verify: [...new Set(verify)] };
    const revises: RunFacts['revises'] = {
      changeset: offered.changeset,
      blob: offered.blob,
      base: facts.revises?.base ?? facts.base,
      groups: changeset.groups,
    };
    return begin(
      ctx,
      start,
      {
        title,
        kind: 'ask',
        workflow: revisionWorkflow(title, plan.id),
        facts: {
          ...{ model: chooseModel(start, settings, undefined), limits: settings.limits, plans: [plan] },
          ...{ ask: null, phase: facts.phase, revises },
        },
      },
      { commit: offer.commit, tree: offer.tree },
    );
  }
}

/** What the agent is told: every conversation with its place, so that it can answer to each. */
function revisionText(
  { changeset: { title }, book }: Review,
  threads: readonly ReviewThread[],
  note: string | undefined,
): string {
  const parts = threads.map(({ path, side, line, lineText, comments }, index) =>
    [
      `## Comment ${index + 1}: ${path}, line ${line + 1} of ${side === 'proposal' ? 'your version' : 'the version before yours'}`,
      '',
      `The line is: ${JSON.stringify(lineText)}`,
      '',
      ...comments.map(({ by, text }) => `${by === 'person' ? 'The reviewer' : 'You'}: ${text}`),
    ].join('\n'),
  );
  return [
    `A reviewer looked at your changes (“${title}”). The worktree holds them. Change what the comments ask for and nothing else.`,
    ...parts,
    ...(note === undefined || note.trim() === '' ? [] : [`## On the whole\n\n${note.trim()}`]),
    ...(book.reshaped.size === 0
      ? []
      : [
          `When your lines were kept, the reviewer’s editor shaped these files further, as a formatter does; follow its style: ${[...book.reshaped].join(', ')}`,
        ]),
    ...(threads.length === 0
      ? []
      : [
          'In the summary you finish with, write one line for each comment: `Comment N: done – what you did`, or `Comment N: not done – why`.',
        ]),
  ].join('\n\n');
}
