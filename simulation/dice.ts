import type { Random } from '../server/base';

/**
 * Seeded randomness (splitmix32 to seed, then xoshiro128**): equal seeds give equal throws on every machine. `fork` gives
 * a part of the world its own dice, so that a change in one part does not change what another one throws.
 */
export class Dice implements Random {
  private readonly state = new Uint32Array(4);

  constructor(private readonly seed: string) {
    let hash = hashOf(seed);
    for (let i = 0; i < 4; i++) {
      hash = (hash + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      this.state[i] = (mixed ^ (mixed >>> 15)) >>> 0;
    }
  }

  fork(name: string): Dice {
    return new Dice(`${this.seed}/${name}`);
  }

  next(): number {
    const state = this.state;
    const result = Math.imul(rotated(Math.imul(state[1]!, 5), 7), 9) >>> 0;
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotated(state[3]!, 11);
    return result / 2 ** 32;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.upTo(255));
  }

  /** A whole number from 0 to `most`, both included. */
  upTo(most: number): number {
    return Math.floor(this.next() * (most + 1));
  }

  /** A whole number in a range, both ends included. */
  between(least: number, most: number): number {
    return least + this.upTo(most - least);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.upTo(list.length - 1)]!;
  }
}

const rotated = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** FNV-1a over UTF-16 units; good enough to spread seeds and to compare histories. */
export function hashOf(text: string, begin = 0x811c9dc5): number {
  let hash = begin;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
