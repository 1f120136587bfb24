import type { Problem } from '../../../schemas/codes';
import type { Json } from '../../base';
import type { Unit } from '../algebra/units';
import {
  sameStanding,
  undecided,
  unmoved,
  type BookRecord,
  type Did,
  type FileIntent,
  type Intent,
  type Place,
  type Result,
  type Standing,
  type UnitChange,
} from './records';
import { Threads } from './threads';

/** An op as it stands: what it changed, per file. */
export interface Op {
  readonly op: string;
  readonly at: number;
  readonly did: Did;
  readonly undoes: string | null;
  readonly mode: Intent['mode'];
  readonly splits: Intent['splits'][number][];
  /** Files by path; `null` results are open. */
  readonly files: Map<string, { readonly intent: FileIntent; done: boolean | null }>;
  /** Taken back, wholly or in part. */
  undone: boolean;
}

/** What was decided about one changeset: the fold of its records, and nothing else. */
export class Book {
  /** Where proposals were asked to be last; files that could not follow are still where they were. */
  place: Place = unmoved;
  readonly ops = new Map<string, Op>();
  readonly threads = new Threads();
  /** Decisions that were dropped because somebody changed the file meanwhile, by path. */
  readonly abandoned = new Map<string, Problem>();
  /** Files that held something else after an editor's save than what was decided: a formatter's work, most likely. */
  readonly reshaped = new Set<string>();
  private readonly standings = new Map<string, Map<string, Standing>>();
  private readonly parts = new Map<string, Map<string, readonly Unit[]>>();
  private readonly placed = new Map<string, Place>();
  private readonly marks = new Set<string>();
  /** The op whose outcome a file waits for. */
  private readonly waiting = new Map<string, Op>();

  /** Takes in a record; `at` is when it was written. */
  fold(at: number, record: BookRecord): void {
    switch (record.type) {
      case 'intent':
        return this.intend(at, record);
      case 'result':
        return this.settle(record);
      case 'mark':
        for (const unit of record.units) this.mark(unit, record.reviewed);
        return;
      case 'carried':
        for (const { path, units } of record.files)
          for (const [unit, standing] of units) this.stand(path, unit, standing);
        for (const unit of record.marks) this.mark(unit, true);
        return this.cut(record.splits);
      case 'comment':
      case 'thread':
        return this.threads.fold(at, record);
    }
  }

  /** What stands decided on a unit. */
  standing(path: string, unit: string): Standing {
    return this.standings.get(path)?.get(unit) ?? undecided;
  }

  /** The units of a file with those that were split replaced by their parts. */
  unitsOf(path: string, units: readonly Unit[]): readonly Unit[] {
    const parts = this.parts.get(path);
    if (parts === undefined || parts.size === 0) return units;
    const replaced = (unit: Unit): readonly Unit[] => parts.get(unit.unit)?.flatMap(replaced) ?? [unit];
    return units.flatMap(replaced);
  }

  /** The parts a unit was split into. */
  partsOf(path: string, unit: string): readonly Unit[] | undefined {
    return this.parts.get(path)?.get(unit);
  }

  /** Where the undecided units of a file are. */
  placeOf(path: string): Place {
    return this.placed.get(path) ?? unmoved;
  }

  reviewed(unit: string): boolean {
    return this.marks.has(unit);
  }

  /** Everything that a later version of the changeset may take over. */
  standingsOf(path: string): ReadonlyMap<string, Standing> {
    return this.standings.get(path) ?? new Map<string, Standing>();
  }

  splitsOf(path: string): ReadonlyMap<string, readonly Unit[]> {
    return this.parts.get(path) ?? new Map<string, readonly Unit[]>();
  }

  /** Ops with files whose outcome is not known. */
  open(): readonly Op[] {
    return [...new Set(this.waiting.values())];
  }

  /** The op whose outcome a file waits for; nothing else may be decided on it until then. */
  waitsFor(path: string): Op | undefined {
    return this.waiting.get(path);
  }

  private intend(at: number, intent: Intent): void {
    const { op, did, undoes, mode } = intent;
    const known: Op = this.ops.get(op) ?? {
      op,
      at,
      did,
      undoes,
      mode,
      splits: [],
      files: new Map(),
      undone: false,
    };
    this.ops.set(op, known);
    known.splits.push(...intent.splits);
    if (mode !== null) this.place = mode.to;
    this.cut(intent.splits);
    for (const file of intent.files) {
      known.files.set(file.path, { intent: file, done: file.via === 'none' ? true : null });
      this.abandoned.delete(file.path);
      if (file.via !== 'none') this.waiting.set(file.path, known);
      this.change(file, 'to');
    }
    this.noteUndone(known);
  }

  private settle({ op, files }: Result): void {
    const known = this.ops.get(op);
    for (const { path, done, problem, found } of files) {
      if (typeof found === 'string') this.reshaped.add(path);
      const file = known?.files.get(path);
      if (file === undefined || file.done !== null) continue;
      file.done = done;
      this.waiting.delete(path);
      if (!done) this.change(file.intent, 'from');
      if (problem?.code === 'review.abandoned') this.abandoned.set(path, problem);
    }
    if (known === undefined) return;
    // An op that changed nothing in the end is as if it had never been.
    if (
      known.mode === null &&
      known.splits.length === 0 &&
      [...known.files.values()].every(({ done }) => done === false)
    ) {
      this.ops.delete(op);
      this.noteUndone(known, false);
    }
  }

  private change({ path, changes, placed }: FileIntent, side: 'from' | 'to'): void {
    if (placed !== null) this.placed.set(path, placed[side]);
    for (const change of changes) {
      const other = side === 'from' ? change.to : change.from;
      if (sameStanding(this.standing(path, change.unit), other)) this.stand(path, change.unit, change[side]);
    }
  }

  /** An op that is undone, or an undo that is undone: then what it took back stands again. */
  private noteUndone(op: Op, undone = true): void {
    const target = op.undoes === null ? undefined : this.ops.get(op.undoes);
    if (target === undefined) return;
    target.undone = undone;
    this.noteUndone(target, !undone);
  }

  private stand(path: string, unit: string, standing: Standing): void {
    let file = this.standings.get(path);
    if (file === undefined) this.standings.set(path, (file = new Map<string, Standing>()));
    if (sameStanding(standing, undecided)) file.delete(unit);
    else file.set(unit, standing);
  }

  private cut(splits: Intent['splits']): void {
    for (const { path, unit, parts } of splits) {
      const file = this.parts.get(path) ?? new Map<string, readonly Unit[]>();
      if (parts.length === 0) file.delete(unit);
      else file.set(unit, parts);
      this.parts.set(path, file);
    }
  }

  private mark(unit: string, reviewed: boolean): void {
    if (reviewed) this.marks.add(unit);
    else this.marks.delete(unit);
  }
}

/** Reads a book from its records, oldest first. */
export function readBook(records: readonly { readonly at: number; readonly body: Json }[]): Book {
  const book = new Book();
  for (const { at, body } of records) book.fold(at, body as unknown as BookRecord);
  return book;
}

export type { UnitChange };
