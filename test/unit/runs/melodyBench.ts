/** Performers of Melodies over a real repository, a real sandbox and a model in memory. */
import { Checkpoints } from '../../../server/checkpoints';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { strict as assert } from 'node:assert';
import type { Code } from '../../../schemas/codes';
import { ProblemError, ok, silentLog, type Json } from '../../../server/base';
import { systemIds } from '../../../server/base/node';
import type { Answer, NodeContext, QuestionDraft, Variation } from '../../../server/engine/ports';
import { createSandbox, type Sandbox } from '../../../server/sandbox';
import type { ChatReply } from '../../../schemas/wire';
import type { ChatRequest } from '../../../server/llm';
import { melodyPerformers, type RunWorld } from '../../../server/runs';
import { openBlobs } from '../../../server/storage';
import { Crash, Steps, scriptOf } from '../agents/fakes';
import { clock, ctx, freshFolder, git, makeRepository, open, type Opened } from '../git/fixture';

let sandbox: Promise<Sandbox> | undefined;

export interface Work {
  readonly kind: string;
  readonly params?: Json;
  readonly inputs?: Readonly<Record<string, Json>>;
  readonly node?: string;
  /** Answers by kind of question. */
  readonly answer?: string | ((question: QuestionDraft) => string);
  readonly variation?: Variation;
  readonly grant?: NodeContext['grant'];
}

export class MelodyBench {
  readonly steps = new Steps();
  readonly requests: ChatRequest[] = [];
  base = { commit: '', tree: '' };
  /** Commands approved at the start. */
  commands: string[] = [];
  private constructor(
    readonly opened: Opened,
    readonly world: RunWorld,
    private readonly replies: Partial<ChatReply>[],
  ) {}

  static async make(
    files: Readonly<Record<string, string>>,
    replies: Partial<ChatReply>[] = [],
  ): Promise<MelodyBench> {
    const opened = await open(makeRepository(files));
    const blobs = await openBlobs({ folder: path.join(freshFolder(), 'blobs'), log: silentLog });
    sandbox ??= createSandbox({ log: silentLog, folder: path.join(freshFolder(), 'probes') });
    const [worktrees, homes] = ['worktrees', 'homes'].map((name) => path.join(opened.home, name));
    mkdirSync(worktrees!, { recursive: true });
    const world: RunWorld = {
      clock,
      ids: systemIds,
      blobs,
      sandbox: () => sandbox!,
      repository: () => Promise.resolve(opened.repository),
      openModel: () =>
        Promise.resolve(ok({ ...scriptOf(bench.replies, bench.requests), release: () => undefined })),
      checkModel: () => ok(true),
      prepareDependencies: () => Promise.resolve(),
      checkpoints: new Checkpoints({
        ...{ clock, ids: systemIds, root: opened.top, prefix: '' },
        repository: () => Promise.resolve(opened.repository),
        journal: path.join(opened.home, 'restore.json'),
      }),
      folders: { worktrees: worktrees!, homes: homes!, root: opened.top, prefix: '' },
    };
    const bench: MelodyBench = new MelodyBench(opened, world, replies);
    bench.base = await opened.repository.snapshot(ctx, 'refs/symphony/base', 'base');
    return bench;
  }

  /** Performs one node; steps that are recorded already are not done again. */
  perform(work: Work): Promise<Record<string, Json>> {
    const { kind, params = {}, inputs = {}, node = 'work', answer = 'allow' } = work;
    const facts = {
      title: 'A Melody',
      base: this.base,
      model: 'test/model',
      limits: { turns: 10, tokens: 100_000, usd: 1, minutes: 10 },
      plans: [],
      ask: null,
      phase: null,
      melody: { id: 'm', commands: this.commands },
      at: 1000,
    };
    const context: NodeContext = {
      ...this.steps.context(),
      node,
      params,
      inputs,
      facts: facts as unknown as Record<string, Json>,
      variation: work.variation ?? 'same',
      grant: work.grant ?? {},
      ask: (question): Promise<Answer> => {
        this.steps.asked.push(question);
        return Promise.resolve({ answer: typeof answer === 'string' ? answer : answer(question) });
      },
    };
    return melodyPerformers(this.world).get(kind)!(context) as Promise<Record<string, Json>>;
  }

  /** Performs it with a crash where a step is done and not recorded, in turn, and then to its end. */
  async performThroughCrashes(work: Work, everySteps = 1): Promise<Record<string, Json>> {
    for (let at = 1; ; at += 3 * everySteps) {
      this.steps.recorded.clear();
      this.steps.boundary = 0;
      this.steps.crashAt = at;
      const crashed = await this.perform(work).then(
        () => false,
        (thrown: unknown) => {
          if (thrown instanceof Crash) return true;
          throw thrown;
        },
      );
      this.steps.crashAt = -1;
      const outcome = await this.perform(work);
      if (!crashed) return outcome;
    }
  }

  /** A tree as a value, with some files other than in the base. */
  async treeWith(
    files: Readonly<Record<string, string>>,
    from = this.base,
  ): Promise<{ commit: string; tree: string }> {
    const { repository } = this.opened;
    const folder = this.opened.worktree(
      `make-${Object.keys(files).join('-').replace(/\W/g, '')}-${Math.abs(hash(JSON.stringify(files)))}`,
    );
    await repository.ensureWorktree(ctx, folder, from.commit);
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    const tree = await repository.writeTree(ctx, folder);
    const made = await repository.commit(ctx, tree, [from.commit], 'made', 1000);
    await repository.removeWorktree(ctx, folder, made.commit);
    return made;
  }

  /** The first thing the model was told to do. */
  told(): string {
    const message = this.requests[0]?.messages.find(({ role }) => role === 'user');
    return message?.role === 'user' ? message.text : '';
  }

  /** A file of a tree. */
  text(value: Json | undefined, file: string): string {
    const { tree } = value as { tree: string };
    return git('/', `--git-dir=${this.opened.repository.gitDir}`, 'show', `${tree}:${file}`);
  }

  /** Worktrees that were not given back. */
  async left(): Promise<string[]> {
    return (await this.opened.repository.worktrees(ctx)).map((one) => path.basename(one.path));
  }
}

const hash = (text: string): number =>
  [...text].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) | 0, 7);

/** The code of the problem work is refused with. */
export async function refusal(work: Promise<unknown>): Promise<Code> {
  const thrown = await work.then(
    (value) => assert.fail(`it went well: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof ProblemError)) throw thrown;
  return thrown.problem.code;
}
