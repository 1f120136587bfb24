import type { RecordedEvent } from '../../schemas/journal/events';
import type { Clock, Json, Log } from '../base';
import { foldAll, fold, restored, shotOfRun, type FoldedRun } from './fold';
import type { Journal } from './ports';
import type { RunShot } from './snapshot';

/** Makes bytes of JSON and JSON of bytes; given, because this room has no Node. */
export interface Packing {
  pack(value: Json): Uint8Array;
  /** Throws when the bytes are damaged. */
  unpack(bytes: Uint8Array): Json;
}

/**
 * A run is kept as a snapshot when it has come twice as far as at the last one, from this many events on, and
 * when it ends with at least `worthKeeping` more. Taking down more nodes than `mostNodes` would hold the loop up.
 */
const keepFrom = 20_000;
const worthKeeping = 200;
const mostNodes = 25_000;
/** A snapshot is taken this much later, in milliseconds, when nobody waits for what the run has just done. */
const restMs = 500;

/** A run's state, and the same anew: what is worked ahead on must not be what is shown. */
export interface Loaded {
  readonly state: FoldedRun;
  again(): FoldedRun;
}

/** A run from all its events; undefined when there are none. */
export function loadedFrom(events: readonly RecordedEvent[]): Loaded | undefined {
  const state = foldAll(events);
  return state && { state, again: () => foldAll(events)! };
}

/** Reads runs from the journal, by way of a snapshot where there is one, and keeps snapshots of them. */
export class Shelf {
  private readonly kept = new Map<string, number>();
  private readonly planned = new Set<string>();

  constructor(
    private readonly journal: Journal,
    /** Without it no snapshots are kept or read. */
    private readonly packing: Packing | undefined,
    private readonly clock: Clock,
    private readonly log: Log,
    /** Ends what is planned. */
    private readonly signal: AbortSignal,
  ) {}

  /** A run as the journal has it; undefined when it knows none. Throws `data.corrupt` for damaged events. */
  load(run: string): Loaded | undefined {
    return this.fromSnapshot(run) ?? loadedFrom(this.journal.read(run));
  }

  /** Keeps a snapshot if there is reason to; what keeps it from being kept is no harm, only slower. */
  look(state: FoldedRun): void {
    if (!this.packing || state.nodes.size > mostNodes) return;
    const kept = this.kept.get(state.run) ?? 0;
    const since = state.seq - kept;
    if (since >= Math.max(keepFrom, kept) || (state.endedAt !== null && since >= worthKeeping))
      this.plan(state);
  }

  private plan(state: FoldedRun): void {
    if (this.planned.has(state.run)) return;
    this.planned.add(state.run);
    const later = this.clock.sleep(restMs, this.signal).then(() => {
      this.planned.delete(state.run);
      return this.keep(state);
    });
    later.catch(() => undefined);
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

  private fromSnapshot(run: string): Loaded | undefined {
    const { packing } = this;
    if (!packing) return undefined;
    try {
      const kept = this.journal.latestSnapshot(run);
      const [created] = kept ? this.journal.read(run, 0, 1) : [];
      if (!kept || !created) return undefined;
      const shot = packing.unpack(kept.body) as unknown as RunShot;
      const later = this.journal.read(run, kept.seq);
      const again = () => {
        let state = restored(created, shot);
        if (state?.seq !== kept.seq)
          throw new Error(`the snapshot says ${state?.seq}, the journal ${kept.seq}`);
        for (const event of later) state = fold(state, event);
        return state;
      };
      const state = again();
      this.kept.set(run, kept.seq);
      return { state, again };
    } catch (thrown) {
      this.log.warn('a snapshot could not be used; the events are read instead', {
        run,
        detail: String(thrown),
      });
      return undefined;
    }
  }
}
