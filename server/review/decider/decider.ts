import type { Problem } from '../../../schemas/codes';
import type { ChangedFile } from '../../../schemas/wire/review';
import type { UnitResult } from '../../../schemas/wire/units';
import { ProblemError, type Clock, type Context, type Ids, type Json } from '../../base';
import type { Blobs } from '../../engine/ports';
import { appliedBy, type Decision } from '../algebra/compose';
import type { FileUnits } from '../algebra/units';
import type { BookRecord, FileIntent, Result, Standing } from '../book/records';
import { withBytes } from '../files';
import type { DecisionLog, UserTree } from '../ports';
import {
  answer,
  fileIntent,
  inGroups,
  intentOf,
  refusedBy,
  type FileWish,
  type Job,
  type Reviewed,
} from './job';
import { settleByDisk } from './recover';
import {
  carryOut,
  changesNothing,
  outlookInBuffer,
  outlookOnDisk,
  transitionOf,
  type Outlook,
  type Transition,
} from './transition';

export interface DeciderPorts {
  readonly tree: UserTree;
  readonly log: DecisionLog;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * Carries out decisions. For every file: look, record what is to be done, do it, record that it is done. A
 * file changes only where it holds what was decided on, and what cannot be done leaves no trace.
 */
export class Decider {
  constructor(private readonly ports: DeciderPorts) {}

  /** Answers per file, in the order asked for; `op` is null where nothing came of it. */
  async perform(
    ctx: Context,
    reviewed: Reviewed,
    job: Job,
  ): Promise<{ op: string | null; files: UnitResult[] }> {
    const results = new Map<string, UnitResult>();
    const byPath = new Map(reviewed.changeset.files.map((file) => [file.path, file]));
    const groups = inGroups(job.files, byPath, reviewed.book);
    const bare = job.splits.length > 0 || job.mode !== null;
    if (groups.length === 0 && bare) this.append(reviewed, [intentOf(job, [], true)]);
    for (const [index, wishes] of groups.entries()) {
      ctx.signal.throwIfAborted();
      await this.chunk(ctx, reviewed, job, wishes, index === 0, byPath, results);
    }
    const files = job.files.map(({ path }) => results.get(path)!);
    return { op: reviewed.book.ops.has(job.op) ? job.op : null, files };
  }

  /** Says of a file an editor was to change whether it did; `found` is what the disk holds where it is not as expected. */
  settle(
    reviewed: Reviewed,
    op: string,
    path: string,
    done: boolean,
    problem: Problem | null,
    found?: string,
  ): void {
    const one = { path, done, problem, ...(found === undefined ? {} : { found }) };
    this.append(reviewed, [{ type: 'result', op, files: [one] }]);
  }

  /** Finishes what a crash left open: done already, done now, or given up because somebody changed the file since. */
  async finish(ctx: Context, reviewed: Reviewed): Promise<void> {
    const byPath = new Map(reviewed.changeset.files.map((file) => [file.path, file]));
    for (const op of reviewed.book.open()) {
      const outcomes: Result['files'][number][] = [];
      for (const [path, { intent, done }] of op.files) {
        if (done !== null) continue;
        for (const { name } of intent.stamps) await this.ports.tree.tidy(name);
        const ended = await this.finishFile(ctx, reviewed, byPath.get(path), intent);
        const problem: Problem | null = ended ? null : { code: 'review.abandoned', args: { path } };
        if (!ended) ctx.log.warn('a decision was dropped', { changeset: reviewed.changeset.changeset, path });
        outcomes.push({ path, done: ended, problem });
      }
      this.append(reviewed, [{ type: 'result', op: op.op, files: outcomes }]);
    }
  }

  private async finishFile(
    ctx: Context,
    reviewed: Reviewed,
    file: ChangedFile | undefined,
    intent: FileIntent,
  ): Promise<boolean> {
    const { state } = await settleByDisk(this.ports.tree, intent);
    if (state === 'after') return true;
    if (state === 'other' || intent.via !== 'disk' || file === undefined) return false;
    try {
      const transition = await this.transition(reviewed, file, intent);
      const outlook = await outlookOnDisk(this.ports.tree, transition);
      if (outlook.kind !== 'write') return false;
      // The same bytes as were decided on, or none.
      const same = outlook.stamps.every(({ name, after }) =>
        intent.stamps.some((stamp) => stamp.name === name && stamp.after === after),
      );
      if (!same) return false;
      await carryOut(this.ports.tree, transition, outlook);
      return true;
    } catch (thrown) {
      ctx.log.warn('a decision could not be finished', { path: intent.path, thrown: String(thrown) });
      return false;
    }
  }

  append({ changeset, book }: Reviewed, records: readonly BookRecord[]): void {
    const at = this.ports.clock.now();
    // A record is folded once it is durable, so what will wait is worked out beforehand.
    const opens = records.some((one) => one.type === 'intent' && one.files.some(({ via }) => via !== 'none'));
    const closes = new Set(
      records.flatMap((one) =>
        one.type === 'result' ? one.files.map(({ path }) => `${one.op} ${path}`) : [],
      ),
    );
    const still = book
      .open()
      .some((op) =>
        [...op.files].some(([path, { done }]) => done === null && !closes.has(`${op.op} ${path}`)),
      );
    this.ports.log.append(changeset.changeset, at, records as unknown as readonly Json[], opens || still);
    for (const record of records) book.fold(at, record);
  }

  private async chunk(
    ctx: Context,
    reviewed: Reviewed,
    job: Job,
    wishes: readonly FileWish[],
    first: boolean,
    byPath: ReadonlyMap<string, ChangedFile>,
    results: Map<string, UnitResult>,
  ): Promise<void> {
    const buffers = new Map(job.buffers.map((buffer) => [buffer.path, buffer]));
    const planned: { wish: FileWish; transition: Transition; outlook: Outlook | null }[] = [];
    for (const wish of wishes) {
      const file = byPath.get(wish.path);
      try {
        if (file === undefined) throw new ProblemError({ code: 'review.stale', args: { path: wish.path } });
        const transition = await this.transition(reviewed, file, wish);
        const buffer = buffers.get(transition.before.name) ?? buffers.get(transition.after.name);
        const outlook = changesNothing(transition)
          ? null
          : buffer === undefined
            ? await outlookOnDisk(this.ports.tree, transition)
            : await outlookInBuffer(this.ports.tree, transition, buffer);
        if (outlook?.kind === 'refused') results.set(wish.path, answer(wish, 'refused', outlook.problem));
        else if (outlook?.kind === 'conflict') results.set(wish.path, await this.conflict(wish, outlook));
        else planned.push({ wish, transition, outlook });
      } catch (thrown) {
        results.set(wish.path, refusedBy(ctx, wish, thrown));
      }
    }
    const bare = first && (job.splits.length > 0 || job.mode !== null);
    if (planned.length === 0 && !bare) return;
    const intents = planned.map(({ wish, outlook }) => fileIntent(wish, outlook));
    this.append(reviewed, [intentOf(job, intents, first)]);
    const outcomes: Result['files'][number][] = [];
    for (const { wish, transition, outlook } of planned) {
      if (outlook === null) results.set(wish.path, answer(wish, 'recorded'));
      else if (outlook.kind === 'edits')
        results.set(wish.path, { ...answer(wish, 'edits'), edits: [...outlook.edits] });
      else if (outlook.kind === 'write') {
        const result = await this.write(ctx, wish, transition, outlook);
        results.set(wish.path, result);
        const problem = result.result === 'refused' ? result.problem : null;
        outcomes.push({ path: wish.path, done: problem === null, problem });
      }
    }
    if (outcomes.length > 0) this.append(reviewed, [{ type: 'result', op: job.op, files: outcomes }]);
  }

  private async write(
    ctx: Context,
    wish: FileWish,
    transition: Transition,
    outlook: Extract<Outlook, { kind: 'write' }>,
  ): Promise<UnitResult> {
    try {
      await carryOut(this.ports.tree, transition, outlook);
    } catch (thrown) {
      return refusedBy(ctx, wish, thrown);
    }
    const { write, remove, setExecutable, merged } = outlook.verdict;
    if (write === null && remove === null && setExecutable === null) return answer(wish, 'recorded');
    if (!merged) return answer(wish, 'written');
    return answer(wish, 'merged', { code: 'review.merged', args: { path: wish.path } });
  }

  private async conflict(
    wish: FileWish,
    outlook: Extract<Outlook, { kind: 'conflict' }>,
  ): Promise<UnitResult> {
    const { base, yours, proposed } = outlook.sides;
    const [a, b, c] = await Promise.all([base, yours, proposed].map((bytes) => this.ports.blobs.put(bytes)));
    const conflict = { base: a!, yours: b!, proposed: c! };
    return { ...answer(wish, 'conflict', outlook.problem), conflict };
  }

  /** From what stands in the book to what is wanted. */
  async transition(
    reviewed: Reviewed,
    file: ChangedFile,
    wish: Pick<FileWish, 'changes' | 'placed'>,
  ): Promise<Transition> {
    const { book } = reviewed;
    const [content, cut] = await Promise.all([withBytes(file, this.ports.blobs), reviewed.cut(file)]);
    const units: FileUnits = { ...cut, units: book.unitsOf(file.path, cut.units) };
    const changes = new Map(wish.changes.map((change) => [change.unit, change]));
    const side = async (key: 'from' | 'to') => {
      const decisions = new Map<string, Decision>();
      for (const { unit } of units.units) {
        const standing = changes.get(unit)?.[key] ?? book.standing(file.path, unit);
        decisions.set(unit, { state: standing.state, edited: await this.edited(file.path, standing) });
      }
      const place = wish.placed?.[key] ?? book.placeOf(file.path);
      return appliedBy((unit) => decisions.get(unit), place.mode === 'inPlace');
    };
    return transitionOf(content, units, await side('from'), await side('to'));
  }

  private async edited(path: string, { edited }: Standing): Promise<Uint8Array | null> {
    if (edited === null) return null;
    const bytes = await this.ports.blobs.get(edited);
    if (bytes !== undefined) return bytes;
    const detail = `the text a person kept (${edited}) is not stored any more`;
    throw new ProblemError({ code: 'review.writeFailed', args: { path, detail } });
  }
}
