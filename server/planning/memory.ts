import type { Problem } from '../../schemas/codes';

/** What was made of one file. */
export interface Derived<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}

/**
 * What the files of a tree were found to say, kept from one reading to the next, so that only files whose
 * bytes changed are parsed again. It holds results and the bytes they come from, no syntax trees.
 */
export class PlanningMemory {
  private known = new Map<string, { readonly bytes: Uint8Array; readonly derived: Derived<unknown> }>();
  private used = new Map<string, { readonly bytes: Uint8Array; readonly derived: Derived<unknown> }>();

  /** The result for these bytes of a file, remembered or made now. One file must always be made the same way. */
  derive<T>(path: string, bytes: Uint8Array, make: (bytes: Uint8Array) => Derived<T>): Derived<T> {
    const before = this.known.get(path);
    const entry = before && sameBytes(before.bytes, bytes) ? before : { bytes, derived: make(bytes) };
    this.used.set(path, entry);
    return entry.derived as Derived<T>;
  }

  /** Ends a reading: what it did not ask for is forgotten. */
  settle(): void {
    this.known = this.used;
    this.used = new Map();
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}
