import * as vscode from 'vscode';
import type { OpenBuffer, UnitResult } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import type { Data } from '../features/data';
import type { Result } from '../session/types';
import { problemFix, problemText } from '../texts';
import { visible } from '../visible';
import { applyEdits, heldBuffers, type Held } from './buffers';
import type { ReviewState, UnitName } from './state';

/** Your lines and a unit’s overlap; both sides and what they come from, by hash. */
export interface Conflict {
  readonly changeset: string;
  readonly path: string;
  /** The units that were to be decided on in that file. */
  readonly units: readonly string[];
  readonly sides: NonNullable<UnitResult['conflict']>;
}

export type Verb = 'keep' | 'drop' | 'undecide';
type Op = Result<'reviewHistory'>['ops'][number];
type Answer = Pick<Result<'reviewDecideUnits'>, 'op' | 'files'>;

/** Which units: by name, all undecided ones of files or of a plan, or of the whole changeset. */
export interface Choice {
  readonly units?: readonly UnitName[];
  readonly paths?: readonly string[];
  readonly plan?: string;
}

/** How long the status bar says what a decision did, in milliseconds. */
const shownFor = 4000;

/** Asks the sidecar to decide, hands it the unsaved documents concerned, and puts its edits into them. */
export class Decisions implements vscode.Disposable {
  private readonly open = new Map<string, Conflict>();
  private readonly conflicted = new vscode.EventEmitter<Conflict>();
  /** Paths whose files the sidecar may be writing for us right now. */
  private readonly writing = new Map<string, number>();
  readonly onConflict = this.conflicted.event;

  constructor(
    private readonly ctx: Ctx,
    private readonly data: Data,
    private readonly state: ReviewState,
  ) {
    ctx.add(this);
    ctx.add(state.onChange(({ changeset }) => this.forget(changeset)));
  }

  get conflicts(): readonly Conflict[] {
    return [...this.open.values()];
  }

  /** Whether a change on disk is our own doing, so that nobody needs to be told of it. */
  isWriting(path: string): boolean {
    return this.writing.has(path);
  }

  /** @returns the results by file; what could not be written has been told to the person */
  async decide(changeset: string, decision: Verb, choice: Choice): Promise<readonly UnitResult[]> {
    const { units, paths, plan } = choice;
    const params = {
      changeset,
      decision,
      ...(units ? { units: units.map(({ path, unit }) => ({ path, unit })) } : {}),
      ...(paths ? { paths: [...paths] } : {}),
      ...(plan === undefined ? {} : { plan }),
    };
    const among = units?.map(({ path }) => path) ?? paths ?? this.allPaths(changeset);
    const results = await this.perform(
      changeset,
      among,
      (buffers) => this.ctx.call('reviewDecideUnits', { ...params, buffers }),
      units ?? [],
    );
    tellDone(decision, results);
    return results;
  }

  /** Takes the last decision back, or the one named. @returns whether there was one */
  async undo(changeset: string, op?: Op): Promise<boolean> {
    const last = op ?? (await this.history(changeset)).find(({ undone, did }) => !undone && did !== 'undo');
    if (!last) return false;
    const paths = last.units.length === 0 ? this.allPaths(changeset) : last.units.map(({ path }) => path);
    await this.perform(changeset, paths, (buffers) =>
      this.ctx.call('reviewUndo', { changeset, op: last.op, buffers }),
    );
    return true;
  }

  async history(changeset: string): Promise<readonly Op[]> {
    return (await this.ctx.call('reviewHistory', { changeset })).ops;
  }

  async keepLines(
    changeset: string,
    name: UnitName,
    added: readonly number[],
    removed: readonly number[],
  ): Promise<readonly UnitResult[]> {
    const params = { changeset, ...name, added: [...added], removed: [...removed] };
    return this.perform(
      changeset,
      [name.path],
      (buffers) => this.ctx.call('reviewKeepLines', { ...params, buffers }),
      [name],
    );
  }

  async edit(changeset: string, name: UnitName, text: string): Promise<readonly UnitResult[]> {
    return this.perform(
      changeset,
      [name.path],
      (buffers) => this.ctx.call('reviewEdit', { changeset, ...name, text, buffers }),
      [name],
    );
  }

  async place(changeset: string, mode: 'before' | 'inPlace'): Promise<readonly UnitResult[]> {
    return this.perform(changeset, this.allPaths(changeset), (buffers) =>
      this.ctx.call('reviewPlace', { changeset, mode, buffers }),
    );
  }

  async mark(changeset: string, units: readonly UnitName[], reviewed: boolean): Promise<void> {
    const names = units.map(({ path, unit }) => ({ path, unit }));
    await this.ctx.call('reviewMark', { changeset, units: names, reviewed });
    await this.state.refresh(changeset, [...new Set(names.map(({ path }) => path))]);
  }

  async split(
    changeset: string,
    name: UnitName,
    at: readonly { before: number; after: number }[],
  ): Promise<void> {
    await this.ctx.call('reviewSplit', { changeset, ...name, at: [...at] });
    await this.state.refresh(changeset, [name.path]);
  }

  /** A conflict was merged by hand. */
  settle({ changeset, path }: Conflict): void {
    this.open.delete(`${changeset}|${path}`);
  }

  dispose(): void {
    this.conflicted.dispose();
  }

  /** A conflict is over when its hunks were decided on otherwise, or its changeset is closed. */
  private forget(changeset: string): void {
    const units = this.state.get(changeset)?.units;
    for (const [key, conflict] of this.open) {
      if (conflict.changeset !== changeset) continue;
      const left = (units?.get(conflict.path) ?? []).filter(({ state }) => state === 'undecided');
      const isLeft = (unit: string): boolean => left.some((each) => each.unit === unit);
      const over = conflict.units.length === 0 ? left.length === 0 : !conflict.units.some(isLeft);
      if (over) this.open.delete(key);
    }
  }

  private allPaths(changeset: string): string[] {
    return (this.data.changeset(changeset)?.files ?? []).flatMap(({ path, from }) =>
      from === null ? [path] : [path, from],
    );
  }

  private async perform(
    changeset: string,
    paths: readonly string[],
    ask: (buffers: OpenBuffer[]) => Promise<Answer>,
    units: readonly UnitName[] = [],
  ): Promise<readonly UnitResult[]> {
    const held = await heldBuffers(this.ctx, paths);
    for (const path of paths) this.writing.set(path, (this.writing.get(path) ?? 0) + 1);
    try {
      const { op, files } = await ask(held.map(({ buffer }) => buffer));
      for (const file of files) await this.finish(changeset, op, file, held);
      this.remember(changeset, files, units);
      await this.state.refresh(changeset, paths.length > 200 ? undefined : [...new Set(paths)]);
      this.data.changesets.stale();
      this.tellTroubles(files);
      return files;
    } finally {
      // The editor hears of a file on disk a moment after it was written.
      setTimeout(() => paths.forEach((path) => this.written(path)), 1000);
    }
  }

  private written(path: string): void {
    const left = (this.writing.get(path) ?? 1) - 1;
    if (left > 0) this.writing.set(path, left);
    else this.writing.delete(path);
  }

  private async finish(
    changeset: string,
    op: string | null,
    { path, result, edits }: UnitResult,
    held: readonly Held[],
  ): Promise<void> {
    if (result !== 'edits' || op === null) return;
    const own = held.find(({ buffer }) => buffer.path === path);
    const applied = own !== undefined && edits !== null && (await applyEdits(own, edits));
    await this.ctx.call('reviewApplied', { changeset, op, path, applied });
    if (applied) return;
    const message = vscode.l10n.t(
      '{path} was written into while the decision was made; nothing was changed there. Decide again.',
      { path: visible(path, true) },
    );
    void vscode.window.showWarningMessage(message);
  }

  private remember(changeset: string, files: readonly UnitResult[], units: readonly UnitName[]): void {
    for (const { path, conflict } of files) {
      const key = `${changeset}|${path}`;
      if (!conflict) {
        this.open.delete(key);
        continue;
      }
      const own = units.filter((each) => each.path === path).map(({ unit }) => unit);
      const found = { changeset, path, units: own, sides: conflict };
      this.open.set(key, found);
      this.conflicted.fire(found);
    }
  }

  /** Refusals and merges, each with its reason; conflicts are offered to be merged by whoever hears of them. */
  private tellTroubles(files: readonly UnitResult[]): void {
    for (const { path, result, problem } of files)
      if (problem) this.ctx.log.info(`${path}: ${result} ${problem.code}`);
    const refused = files.filter(({ result }) => result === 'refused');
    const [first] = refused;
    if (!first) return;
    const reason = first.problem ? `${problemText(first.problem)} ${problemFix(first.problem)}` : first.path;
    const facts = { count: refused.length, reason };
    void vscode.window.showWarningMessage(
      refused.length === 1
        ? reason
        : vscode.l10n.t('{count} files were not written. The first: {reason}', facts),
    );
  }
}

function tellDone(decision: Verb, files: readonly UnitResult[]): void {
  const done = files.filter(({ result }) => result !== 'refused' && result !== 'conflict');
  if (done.length === 0) return;
  const texts: Record<Verb, string> = {
    keep: vscode.l10n.t('Kept'),
    drop: vscode.l10n.t('Dropped'),
    undecide: vscode.l10n.t('Taken back'),
  };
  const merged = done.some(({ result }) => result === 'merged');
  const also = merged ? ` (${vscode.l10n.t('beside changes of your own')})` : '';
  vscode.window.setStatusBarMessage(`$(check) ${texts[decision]}${also}`, shownFor);
}
