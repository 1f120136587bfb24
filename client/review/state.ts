import * as vscode from 'vscode';
import type { ChangedFile, Changeset, ReviewMode, ReviewSource, ReviewUnit } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import type { Data } from '../features/data';

/** What is known of the units of a changeset. */
export interface Reviewed {
  readonly changeset: string;
  readonly mode: ReviewMode;
  readonly sources: readonly ReviewSource[];
  readonly units: ReadonlyMap<string, readonly ReviewUnit[]>;
}

/** A file under review, in one of the changesets that propose something for it. */
export interface ReviewedFile {
  readonly changeset: Changeset;
  readonly reviewed: Reviewed;
  readonly file: ChangedFile;
  readonly units: readonly ReviewUnit[];
}

/** Names units on the wire. */
export interface UnitName {
  readonly path: string;
  readonly unit: string;
}

/** What changed: in these files, or in all of them. */
export interface StateChange {
  readonly changeset: string;
  readonly paths: readonly string[] | undefined;
}

/** How many changesets are remembered once they are decided on. */
const mostRecent = 5;

/** The units of all open changesets as last heard. Decisions are made in the sidecar; this only remembers them. */
export class ReviewState implements vscode.Disposable {
  private readonly known = new Map<string, Reviewed>();
  /** Changesets that were wholly decided on in this window: what was done can still be taken back. */
  private readonly recent = new Map<string, { changeset: Changeset; reviewed: Reviewed }>();
  private readonly seen = new Map<string, Changeset>();
  private readonly asked = new Map<string, Promise<void>>();
  private readonly changed = new vscode.EventEmitter<StateChange>();
  readonly onChange = this.changed.event;

  constructor(
    private readonly ctx: Ctx,
    private readonly data: Data,
  ) {
    ctx.add(this);
    ctx.add(data.changesets.onChange(() => this.follow()));
    ctx.add(
      ctx.onSession((session) => {
        ctx.add(session.on('reviewUnitsChanged', ({ changeset, paths }) => this.stale(changeset, paths)));
        ctx.add(session.onReady(() => [...this.known.keys()].forEach((each) => this.stale(each, []))));
      }),
    );
  }

  get(changeset: string): Reviewed | undefined {
    return this.known.get(changeset);
  }

  /** Every open changeset whose units are known. */
  all(): { changeset: Changeset; reviewed: Reviewed }[] {
    return (this.data.changesets.value ?? []).flatMap((changeset) => {
      const reviewed = this.known.get(changeset.changeset);
      return reviewed ? [{ changeset, reviewed }] : [];
    });
  }

  /** The same, with those decided on in this window, which come last. */
  allWithRecent(): { changeset: Changeset; reviewed: Reviewed }[] {
    return [...this.all(), ...[...this.recent.values()].reverse()];
  }

  /** The changesets that propose something for a path; also under its former name. */
  filesAt(path: string, only?: string, among = this.all()): ReviewedFile[] {
    return among.flatMap(({ changeset, reviewed }) => {
      if (only !== undefined && changeset.changeset !== only) return [];
      const file = changeset.files.find((each) => each.path === path || each.from === path);
      return file ? [{ changeset, reviewed, file, units: reviewed.units.get(file.path) ?? [] }] : [];
    });
  }

  /** The units of a changeset, asked for if nobody has yet. */
  async load(changeset: string): Promise<Reviewed | undefined> {
    if (!this.known.has(changeset)) await this.refresh(changeset);
    return this.known.get(changeset);
  }

  /** Asks again, for some files or for all. Questions about one changeset follow each other, so none is overtaken. */
  async refresh(changeset: string, paths?: readonly string[]): Promise<void> {
    const before = this.asked.get(changeset) ?? Promise.resolve();
    const mine = before.then(() => this.ask(changeset, paths));
    this.asked.set(
      changeset,
      mine.catch(() => undefined),
    );
    await mine;
  }

  /** Tells everybody again what is known, for those who came later. */
  announce(): void {
    for (const changeset of this.known.keys()) this.changed.fire({ changeset, paths: undefined });
  }

  dispose(): void {
    this.changed.dispose();
  }

  private stale(changeset: string, paths: readonly string[]): void {
    if (!this.known.has(changeset)) return;
    this.refresh(changeset, paths.length === 0 ? undefined : paths).catch((thrown: unknown) =>
      this.ctx.explain(thrown),
    );
  }

  private follow(): void {
    const open = new Set((this.data.changesets.value ?? []).map(({ changeset }) => changeset));
    for (const changeset of this.known.keys()) {
      if (open.has(changeset) || !this.data.changesets.value) continue;
      this.remember(changeset);
      this.known.delete(changeset);
      this.changed.fire({ changeset, paths: undefined });
    }
    for (const changeset of this.data.changesets.value ?? []) {
      this.seen.set(changeset.changeset, changeset);
      this.recent.delete(changeset.changeset);
    }
    for (const changeset of open)
      if (!this.known.has(changeset))
        this.load(changeset).catch((thrown: unknown) => this.ctx.explain(thrown));
  }

  private remember(id: string): void {
    const [changeset, reviewed] = [this.seen.get(id), this.known.get(id)];
    if (changeset && reviewed) this.recent.set(id, { changeset, reviewed });
    for (const oldest of this.recent.keys()) if (this.recent.size > mostRecent) this.recent.delete(oldest);
  }

  private async ask(changeset: string, paths: readonly string[] | undefined): Promise<void> {
    const partly = paths !== undefined && this.known.has(changeset);
    const answer = await this.ctx.call('reviewUnits', {
      changeset,
      ...(partly ? { paths: [...paths] } : {}),
    });
    const units = new Map(partly ? this.known.get(changeset)?.units : undefined);
    for (const file of answer.files) units.set(file.path, file.units);
    this.known.set(changeset, { changeset, mode: answer.mode, sources: answer.sources, units });
    this.changed.fire({ changeset, paths: partly ? paths : undefined });
  }
}

/** Every unit of a changeset, with the path of its file. */
export const allUnits = ({ units }: Reviewed): (UnitName & { readonly of: ReviewUnit })[] =>
  [...units].flatMap(([path, list]) => list.map((of) => ({ path, unit: of.unit, of })));

/** Whether a verifying command of the work a unit comes from failed. */
export const fails = ({ sources }: Reviewed, unit: ReviewUnit): boolean =>
  unit.sources.some((source) => sources[source]?.verified.some(({ exitCode }) => exitCode !== 0));
