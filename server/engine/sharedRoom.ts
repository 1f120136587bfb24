import { isPlaceless, type Places } from './places';

/** A run as the shared room sees it. */
export interface Sharer {
  /** Its places, what is about to be recorded included; undefined while it does nothing. */
  readonly places: Places | undefined;
  wake(): void;
}

/** The room that all runs share, by resource class; each run's own limits hold besides. */
export class SharedRoom {
  private readonly sharers = new Set<Sharer>();
  private readonly bounded: boolean;

  /** `*` bounds all classes together. */
  constructor(private readonly limits: Readonly<Record<string, number>>) {
    this.bounded = Object.keys(limits).length > 0;
  }

  add(sharer: Sharer): void {
    this.sharers.add(sharer);
  }

  remove(sharer: Sharer): void {
    this.sharers.delete(sharer);
    this.freed(sharer);
  }

  /** How many more nodes of a resource may start; undefined where nothing is bounded. */
  readonly room = (resource: string): number =>
    isPlaceless(resource) ? this.left(resource) : Math.min(this.left(resource), this.left('*'));

  get roomIfBounded(): ((resource: string) => number) | undefined {
    return this.bounded ? this.room : undefined;
  }

  /** A run gave places back: others may have waited for them. */
  freed(by: Sharer): void {
    if (!this.bounded) return;
    for (const sharer of this.sharers)
      if (sharer !== by && (sharer.places?.readyCount ?? 0) > 0) sharer.wake();
  }

  private left(resource: string): number {
    if (!Object.hasOwn(this.limits, resource)) return Infinity;
    let busy = 0;
    for (const { places } of this.sharers) if (places) busy += places.busyOf(resource);
    return this.limits[resource]! - busy;
  }
}
