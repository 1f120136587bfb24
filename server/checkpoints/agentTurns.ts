import type { Context } from '../base';
import { sha256 } from '../base/node';
import type { PrivateRepository } from '../git';
import { messageOf, refsOfCheckpoints } from './records';

export interface AgentTurnsOptions {
  readonly repository: PrivateRepository;
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  /** What people call the work. */
  readonly label: string;
  /** Where the agent began. */
  readonly start: { readonly commit: string; readonly tree: string };
  readonly now: () => number;
}

/**
 * Gives the trees of an agent's turns refs, one before and one after each. A replay gives the same turns again; what
 * is there already is left. Trees are recorded in the journal besides, so that failing here loses nothing: it is told
 * in the log.
 */
export class AgentTurns {
  private there: Promise<Map<string, string>> | undefined;
  /** The commit of the last tree, and that tree. */
  private last: { commit: string; tree: string } | undefined;

  constructor(private readonly options: AgentTurnsOptions) {}

  /** `tree` null: as it was before. `number` counts from 1. */
  async took(
    ctx: Context,
    turn: { readonly number: number; readonly side: 'before' | 'after'; readonly tree: string | null },
  ): Promise<void> {
    try {
      await this.keep(ctx, turn.number, turn.side, turn.tree);
    } catch (thrown) {
      ctx.signal.throwIfAborted();
      const { run, node } = this.options;
      ctx.log.warn('a turn has no checkpoint', { run, node, turn: turn.number, reason: String(thrown) });
    }
  }

  private async keep(
    ctx: Context,
    number: number,
    side: 'before' | 'after',
    given: string | null,
  ): Promise<void> {
    const { repository, start, run, node, attempt, label, now } = this.options;
    const folder = `${refsOfCheckpoints}/agent/${safe(run)}/${shortName(node)}/${attempt}`;
    this.there ??= repository
      .listRefs(ctx, folder)
      .then((refs) => new Map(refs.map((one) => [`${one.ref}\n${one.tree}`, one.commit])));
    const ref = `${folder}/${String(number).padStart(4, '0')}-${side}`;
    const tree = given ?? this.last?.tree ?? start.tree;
    const known = (await this.there).get(`${ref}\n${tree}`);
    if (known !== undefined) {
      this.last = { commit: known, tree };
      return;
    }
    if (this.last?.tree !== tree) {
      const at = now();
      const message = messageOf({ at, label, run, node });
      this.last = await repository.commit(ctx, tree, [this.last?.commit ?? start.commit], message, at);
    }
    await repository.setRef(ctx, ref, this.last.commit);
  }
}

const safe = (name: string): string => name.replace(/[^\w-]/g, '_');

/** The same short name for the same node, always. */
const shortName = (node: string): string => `${safe(node).slice(0, 40)}-${sha256(node).slice(0, 10)}`;
