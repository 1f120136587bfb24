import type { Json } from '../base';
import type { OnDisk, Version } from './decide';

/** A changeset that was offered. `former` is the version it takes the place of; `at` in milliseconds since the epoch. */
export interface Offered {
  readonly changeset: string;
  readonly run: string;
  /** SHA-256 of its JSON in the blobs. */
  readonly blob: string;
  readonly at: number;
  readonly former: string | null;
}

/** The durable record of decisions: append-only, checked on every read. What a call has returned from is on the disk. */
export interface DecisionLog {
  /** Notes what was offered; once noted it stays as it is. */
  offer(offered: Offered): void;
  /** The newest first. */
  offered(): readonly Offered[];
  find(changeset: string): Offered | undefined;
  /** Up to which position of the journal offers are noted. */
  position(): number;
  keepPosition(position: number): void;
  /** Appends records in one transaction. `unfinished` says whether anything of the changeset waits for its outcome. */
  append(changeset: string, at: number, bodies: readonly Json[], unfinished: boolean): void;
  records(changeset: string): readonly { readonly at: number; readonly body: Json }[];
  unfinished(): readonly string[];
  /** What a changeset was cut into; it can be made again. */
  keepUnits(changeset: string, body: string): void;
  units(changeset: string): string | undefined;
  close(): void;
}

/** The user's tree, as far as decisions look at it and change it. Paths are relative; no link is followed. */
export interface UserTree {
  look(path: string): Promise<OnDisk>;
  /** Whether both names lead to one file although they are spelled differently. */
  isSameFile(a: string, b: string): Promise<boolean>;
  /** Puts a version where `expected` was seen, durably and whole; throws `ChangedMeanwhile` where it is not. */
  put(path: string, version: Version, expected: OnDisk): Promise<void>;
  remove(path: string, expected: OnDisk): Promise<void>;
  setExecutable(path: string, executable: boolean): Promise<void>;
  renameCase(from: string, to: string): Promise<void>;
  /** Removes what a killed process may have left beside a path. */
  tidy(path: string): Promise<void>;
  /** False where the file system has no executable bit. */
  readonly modes: boolean;
}
