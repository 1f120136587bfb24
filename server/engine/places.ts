import type { NodeRecord } from './node';

/** A waiting node gains one point of priority a second, so that nothing waits for ever behind what is more urgent. */
const agingMs = 1000;

/** What deciding needs to know of the ready set; see `Places`. */
export interface Schedule {
  /** Nodes that may start, best first, at most `most` and never more than `room` allows. */
  next(now: number, most: number, options?: NextOptions): readonly NodeRecord[];
  /** Nodes at work: running, or waiting for an answer in the middle of their work. Groups are not among them. */
  readonly occupied: ReadonlySet<NodeRecord>;
  /** How many nodes could start if there were room. */
  readonly readyCount: number;
}

export interface NextOptions {
  /** More room than the run's own limits leave is not given; absent: unbounded. */
  readonly room?: ((resource: string) => number) | undefined;
  /** Nodes that may not start now, though they are ready. */
  readonly not?: ((node: NodeRecord) => boolean) | undefined;
}

/** How many places of a resource are taken. */
interface Counter {
  busy: number;
}

/** The ready nodes of one resource and priority; each node keeps its own, which never changes. */
export interface Bucket {
  readonly resource: string;
  readonly priority: number;
  /** Shared by all buckets of the resource. */
  readonly counter: Counter;
  /** Longest ready first. */
  readonly nodes: Set<NodeRecord>;
}

/** Whether nodes of a resource do no work of their own and so take no place among all: waiting must not hold up others. */
export const isPlaceless = (resource: string): boolean => resource === '' || resource === 'control';

/** Ready nodes and places of one run, kept up event by event so that deciding need not search. */
export class Places implements Schedule {
  readonly occupied = new Set<NodeRecord>();
  readyCount = 0;
  private readonly buckets: Bucket[] = [];
  private readonly counters = new Map<string, Counter>([['*', { busy: 0 }]]);

  constructor(private readonly limits: Readonly<Record<string, number>>) {}

  /** Puts a node among the ready ones, behind those of its priority. */
  ready(node: NodeRecord, at: number): void {
    const { nodes } = (node.bucket ??= this.bucketFor(node));
    if (nodes.has(node)) return;
    node.readyAt = at;
    nodes.add(node);
    this.readyCount++;
  }

  /** All ready nodes; those of one resource and priority in their order. */
  *readyNodes(): Iterable<NodeRecord> {
    for (const { nodes } of this.buckets.toSorted(byName)) yield* nodes;
  }

  isReady(node: NodeRecord): boolean {
    return node.bucket?.nodes.has(node) ?? false;
  }

  /** Takes a node out of the ready ones, if it is among them. */
  unready(node: NodeRecord): boolean {
    const was = node.bucket?.nodes.delete(node) ?? false;
    if (was) this.readyCount--;
    return was;
  }

  /** Gives a node a place. */
  take(node: NodeRecord): void {
    this.occupied.add(node);
    this.count((node.bucket ??= this.bucketFor(node)), 1);
  }

  leave(node: NodeRecord): void {
    if (this.occupied.delete(node)) this.count(node.bucket!, -1);
  }

  /** How many places of a resource are taken; of `*`, all that count. */
  busyOf(resource: string): number {
    return this.counters.get(resource)?.busy ?? 0;
  }

  /** How many more nodes of a resource may start, by the run's own limits; infinite without one. */
  room(resource: string): number {
    const own = this.limit(resource) - this.busyOf(resource);
    return isPlaceless(resource) ? own : Math.min(own, this.limit('*') - this.busyOf('*'));
  }

  /** Whether some ready node has a free place. */
  canStart(): boolean {
    if (this.readyCount === 0) return false;
    for (const { nodes, resource } of this.buckets)
      if (nodes.size > 0 && this.room(resource) > 0) return true;
    return false;
  }

  next(now: number, most: number, { room = () => Infinity, not }: NextOptions = {}): readonly NodeRecord[] {
    if (this.readyCount === 0) return [];
    const lines = this.lines(room, not);
    let total = Math.min(this.limit('*') - this.busyOf('*'), room('*'));
    const found: NodeRecord[] = [];
    while (found.length < most && lines.length > 0) {
      const line = best(lines, now);
      const full = line.places.left <= 0 || (total <= 0 && !isPlaceless(line.resource));
      if (!full) {
        found.push(line.head);
        line.places.left--;
        if (!isPlaceless(line.resource)) total--;
      }
      if (full || !line.advance()) lines.splice(lines.indexOf(line), 1);
    }
    return found;
  }

  private lines(room: (resource: string) => number, not: NextOptions['not']): Line[] {
    const lines: Line[] = [];
    const places = new Map<Counter, { left: number }>();
    for (const bucket of this.buckets) {
      if (bucket.nodes.size === 0) continue;
      const { counter, resource } = bucket;
      let shared = places.get(counter);
      if (!shared) {
        shared = { left: Math.min(this.limit(resource) - counter.busy, room(resource)) };
        places.set(counter, shared);
      }
      const line = new Line(bucket, shared, not);
      if (shared.left > 0 && line.advance()) lines.push(line);
    }
    return lines;
  }

  private bucketFor({ definition: { resource, priority = 0 } }: NodeRecord): Bucket {
    const known = this.buckets.find((one) => one.resource === resource && one.priority === priority);
    if (known) return known;
    let counter = this.counters.get(resource);
    if (!counter) this.counters.set(resource, (counter = { busy: 0 }));
    const bucket = { resource, priority, counter, nodes: new Set<NodeRecord>() };
    this.buckets.push(bucket);
    return bucket;
  }

  private count({ counter, resource }: Bucket, change: 1 | -1): void {
    counter.busy += change;
    if (!isPlaceless(resource)) this.counters.get('*')!.busy += change;
  }

  private limit(resource: string): number {
    return Object.hasOwn(this.limits, resource) ? this.limits[resource]! : Infinity;
  }

  clear(): void {
    for (const { nodes, counter } of this.buckets) {
      nodes.clear();
      counter.busy = 0;
    }
    this.counters.get('*')!.busy = 0;
    this.occupied.clear();
    this.readyCount = 0;
  }
}

/** The ready nodes of one resource and priority, looked at from the front. */
class Line {
  head!: NodeRecord;
  readonly priority: number;
  readonly resource: string;
  private readonly rest: Iterator<NodeRecord>;

  constructor(
    bucket: Bucket,
    /** Shared by all priorities of the resource. */
    readonly places: { left: number },
    private readonly not: NextOptions['not'],
  ) {
    this.priority = bucket.priority;
    this.resource = bucket.resource;
    this.rest = bucket.nodes.values();
  }

  advance(): boolean {
    for (;;) {
      const { value, done } = this.rest.next();
      if (done === true) return false;
      if (this.not?.(value) === true) continue;
      this.head = value;
      return true;
    }
  }

  score(now: number): number {
    return this.priority + Math.max(0, now - this.head.readyAt) / agingMs;
  }
}

/** An order of buckets and lines that depends on nothing that happened before. */
function byName(one: Named, other: Named): number {
  if (one.resource !== other.resource) return one.resource < other.resource ? -1 : 1;
  return other.priority - one.priority;
}

interface Named {
  readonly resource: string;
  readonly priority: number;
}

/** The line whose head goes first. */
function best(lines: readonly Line[], now: number): Line {
  let found = lines[0]!;
  if (lines.length === 1) return found;
  for (const line of lines) {
    const ahead = line.score(now) - found.score(now);
    if (ahead > 0 || (ahead === 0 && byName(line, found) < 0)) found = line;
  }
  return found;
}
