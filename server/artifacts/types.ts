import type { Context, Json, Service } from '../base';
import type { Blobs } from '../engine';

/** What is told about an artifact when it is put. Times are milliseconds since the epoch. */
export interface NewArtifact {
  /** What people call it, for example a path or the name of a port. */
  readonly name: string;
  /** A type of the registry, for example `text`, `json`, `changeset`, `transcript`; `blob` where nothing is known. */
  readonly type: string;
  readonly run: string | null;
  /** The node whose work it is. */
  readonly node: string | null;
  /** Hashes of what it was made from. */
  readonly inputs: readonly string[];
  readonly tags: readonly string[];
  readonly facts: Readonly<Record<string, Json>>;
}

/** One version of a named artifact. Equal bytes have one hash and are stored once, under any number of versions. */
export interface Artifact extends NewArtifact {
  readonly id: string;
  readonly version: number;
  readonly hash: string;
  /** Bytes before compression. */
  readonly size: number;
  readonly createdAt: number;
  /** 0 to 100 with what it rests on; null until it was looked at. */
  readonly quality: { readonly score: number; readonly reasons: readonly string[] } | null;
}

/** What deciding on retention needs of one stored content. */
export interface StoredBlob {
  readonly hash: string;
  readonly size: number;
  readonly storedSize: number;
  readonly createdAt: number;
  readonly usedAt: number;
  readonly uses: number;
  /** Best score of the artifacts with these bytes. */
  readonly quality: number | null;
  readonly tags: readonly string[];
  readonly runs: readonly string[];
  /** How many artifacts and holders refer to it; what is referred to is never removed. */
  readonly references: number;
  readonly tier: 'hot' | 'warm';
}

/**
 * The artifact store. Bytes are durable when `put` resolves, and verified on every read. A reference is an
 * artifact version or a hold; the last reference gone makes bytes removable, never removed by itself.
 */
export interface ArtifactStore extends Service {
  readonly name: 'artifacts';
  /** The same store as the engine's port: bytes without a name. */
  readonly blobs: Blobs;
  put(ctx: Context, bytes: Uint8Array, about: NewArtifact): Promise<Artifact>;
  /** Throws `data.corrupt`, `artifact.*`. */
  get(hash: string): Promise<Uint8Array | undefined>;
  /** Keeps bytes for `holder` (`run:<id>`, `changeset:<id>`, `hold:<name>`) until it lets go; both durable. */
  hold(holder: string, hashes: readonly string[]): Promise<void>;
  letGo(holder: string): Promise<void>;
  /** Stored contents after `after` in hash order, at most `most`. */
  stored(after: string | null, most: number): readonly StoredBlob[];
  /** Removes bytes nothing refers to; answers which went. Those referred to meanwhile stay. `why` goes into the record. */
  remove(ctx: Context, hashes: readonly string[], why?: string): Promise<readonly string[]>;
  /**
   * Drops versions by their ids, which ends their references; their bytes stay until they are removed. Recorded
   * with `why`.
   */
  drop(ctx: Context, ids: readonly string[], why: string): Promise<void>;
  /** What was removed and dropped, the newest first. */
  removals(most: number): readonly Removal[];
  /** Moves bytes between tiers; they read the same from either. */
  move(ctx: Context, hash: string, tier: 'hot' | 'warm'): Promise<void>;

  byId(id: string): Artifact | undefined;
  /** Artifacts of a run in the order they were put. */
  ofRun(run: string): readonly Artifact[];
  /** Versions of a name, the oldest first; names outside of runs have `run` null. */
  versions(run: string | null, name: string): readonly Artifact[];
  /** Artifacts with these bytes. */
  ofHash(hash: string): readonly Artifact[];
  /** Bytes that are stored as blobs and kept for `holder` in the same commit. */
  holding(holder: string): Blobs;
  heldBy(holder: string): readonly string[];
  /** Compares counts and files with a full scan; empty when everything agrees. */
  check(ctx: Context): Promise<readonly string[]>;
}

/** A record of what went and why. `detail` is a hash, or name, version and hash of a version. */
export interface Removal {
  readonly what: 'artifact' | 'bytes';
  readonly detail: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly why: string;
}
