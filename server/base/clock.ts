/** Time, injected. Wall time is for people and records, monotonic time for durations and deadlines. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness, injected. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `count` random bytes, fit for secrets when the adapter is the system's. */
  bytes(count: number): Uint8Array;
}

/** Identifiers, injected. */
export interface Ids {
  /** A new id: `prefix-` and 16 characters that sort by creation time. */
  next(prefix: string): string;
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Ids that sort by time: ten characters of clock, six of randomness (Crockford's base 32). */
export function timeOrderedIds(clock: Clock, random: Random): Ids {
  return {
    next(prefix) {
      let time = clock.now();
      let head = '';
      for (let i = 0; i < 10; i++) {
        head = alphabet[time % 32]! + head;
        time = Math.floor(time / 32);
      }
      const tail = Array.from(random.bytes(6), (byte) => alphabet[byte % 32]!).join('');
      return `${prefix}-${head}${tail}`;
    },
  };
}
