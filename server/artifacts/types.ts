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
  /**
   * The lines that differ between two versions, by their ids, as a patch. Throws `artifact.binary` for what is no
   * text, `artifact.tooLarge` and `artifact.tooDifferent`.
   */
  diff(ctx: Context, one: string, other: string): Promise<string>;
  /** Makes an old version the newest: a new version with its bytes. History stays as it is. */
  restore(ctx: Context, id: string): Promise<Artifact>;
  /** What bytes were made from, and what was made from them. */
  lineage(hash: string): Lineage;
  search(ctx: Context, query: SearchQuery): Promise<SearchResult>;
  /** Resolves when everything put so far is searched and rated. */
  indexed(): Promise<void>;
  /** Registers a type, in place of one of this name that was registered. Throws `artifact.typeInvalid`. */
  register(type: ArtifactType): Promise<void>;
  types(): readonly ArtifactType[];
  /** Loads the keys again and encrypts what is not under the first one with it; with none, decrypts. Can be stopped. */
  rotate(ctx: Context): Promise<void>;
  /** All that is needed to show and search a run elsewhere: what is told of its artifacts, and hashes of contents. */
  closure(run: string): RunClosure;
  /**
   * Adds artifacts of a run as they were elsewhere, with the same ids and versions; those that are here stay as
   * they are. Their bytes must be stored. Throws `artifact.invalid`, `artifact.unknown`.
   */
  adopt(ctx: Context, run: string, artifacts: readonly Readonly<Record<string, Json>>[]): Promise<void>;
  /** Compares counts and files with a full scan; empty when everything agrees. */
  check(ctx: Context): Promise<readonly string[]>;
}

export interface RunClosure {
  readonly artifacts: readonly Omit<Artifact, 'quality'>[];
  /** Of its artifacts, what they were made from as far as that is stored, and what is held for it. */
  readonly hashes: readonly string[];
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

export interface ArtifactType {
  readonly name: string;
  readonly content: 'text' | 'json' | 'binary';
  /** JSON Schema; what does not fit it is refused. */
  readonly schema?: { readonly [key: string]: Json };
}

/** All that is given must hold. Times are milliseconds since the epoch. */
export interface SearchQuery {
  /** Words that must all occur in name, tags or text; "in quotes" one after the other; the last may be a beginning. */
  readonly text?: string;
  readonly tags?: readonly string[];
  readonly type?: string;
  readonly run?: string;
  readonly createdAfter?: number;
  readonly createdBefore?: number;
  /** Default 20, at most 100. */
  readonly limit?: number;
  readonly offset?: number;
}

/** A piece of a text and the places in it that were found, `[from, to)` in characters. */
export interface Highlight {
  readonly text: string;
  readonly marks: readonly (readonly [number, number])[];
}

export interface SearchResult {
  readonly hits: readonly {
    readonly artifact: Artifact;
    /** Greater is better; 0 where no words were given. */
    readonly score: number;
    readonly highlights: readonly Highlight[];
  }[];
  /** How many match, of the newest 1,000; ranking and facets are over these. */
  readonly total: number;
  readonly isTotalExact: boolean;
  /** How the matches divide, each at most 50 words. */
  readonly facets: {
    readonly types: Readonly<Record<string, number>>;
    readonly tags: Readonly<Record<string, number>>;
    readonly runs: Readonly<Record<string, number>>;
  };
  /** Artifacts that are not searched yet. */
  readonly indexLag: number;
}

export interface LineageStep {
  readonly hash: string;
  /** The bytes by which it was found: made from these, or what these were made from. */
  readonly by: string;
  readonly distance: number;
  /** None where only the hash is known. */
  readonly artifacts: readonly Artifact[];
}

export interface Lineage {
  readonly artifacts: readonly Artifact[];
  readonly up: readonly LineageStep[];
  readonly down: readonly LineageStep[];
}
