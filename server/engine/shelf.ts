import type { Json, Log } from '../base';
import { foldAll, fold, restored, shotOfRun, type FoldedRun } from './fold';
import type { Journal } from './ports';
import type { RunShot } from './snapshot';

/** Makes bytes of JSON and JSON of bytes; given, because this room has no Node. */
export interface Packing {
  pack(value: Json): Uint8Array;
  /** Throws when the bytes are damaged. */
  unpack(bytes: Uint8Array): Json;
}

/** A run is kept as a snapshot after this many further events, and when it ends with at least `worthKeeping`. */
const keepEvery = 5000;
const worthKeeping = 200;

/** Reads runs from the journal, by way of a snapshot where there is one, and keeps snapshots of them. */
export class Shelf {
  private readonly kept = new Map<string, number>();

  constructor(
    private readonly journal: Journal,
    /** Without it no snapshots are kept or read. */
    private readonly packing: Packing | undefined,
    private readonly log: Log,
  ) {}

  /** The state of a run; undefined when the journal knows none. Throws `data.corrupt` for damaged events. */
  load(run: string): FoldedRun | undefined {
    return this.fromSnapshot(run) ?? foldAll(this.journal.read(run));
  }

  /** Keeps a snapshot if there is reason to; what keeps it from being kept is no harm, only slower. */
  look(state: FoldedRun): void {
    const since = state.seq - (this.kept.get(state.run) ?? 0);
    const due = since >= keepEvery || (state.endedAt !== null && since >= worthKeeping);
    if (due && this.packing) void this.keep(state);
  }

  /** Keeps a snapshot of a run as it stands. */
  async keep(state: FoldedRun): Promise<void> {
    this.kept.set(state.run, state.seq);
    try {
      const body = this.packing!.pack(shotOfRun(state) as unknown as Json);
      await this.journal.snapshot(state.run, state.seq, body);
    } catch (thrown) {
      this.log.warn('a snapshot was not kept', { run: state.run, detail: String(thrown) });
    }
  }

  private fromSnapshot(run: string): FoldedRun | undefined {
    if (!this.packing) return undefined;
    try {
      const kept = this.journal.latestSnapshot(run);
      const [created] = kept ? this.journal.read(run, 0, 1) : [];
      if (!kept || !created) return undefined;
      let state = restored(created, this.packing.unpack(kept.body) as unknown as RunShot);
      if (state?.seq !== kept.seq) return undefined;
      for (const event of this.journal.read(run, kept.seq)) state = fold(state, event);
      this.kept.set(run, kept.seq);
      return state;
    } catch (thrown) {
      this.log.warn('a snapshot could not be used; the events are read instead', {
        run,
        detail: String(thrown),
      });
      return undefined;
    }
  }
}
