import type { Disposable } from '../base';
import { hasWildcard, matches } from './topics';

interface Entry<T> {
  readonly pattern: string;
  readonly priority: number;
  readonly value: T;
}

/**
 * What is registered under names and patterns. An exact name comes before every pattern, then the higher
 * priority, then who came first. Answers are remembered whole until anything changes, so that the best and
 * all of them come from one memory and cannot differ.
 */
export class PatternTable<T> {
  private readonly exact = new Map<string, Entry<T>[]>();
  private patterns: Entry<T>[] = [];
  private readonly remembered = new Map<string, readonly T[]>();

  /** Registers `value`; the higher `priority` is asked first among equals. */
  add(pattern: string, value: T, priority = 0): Disposable {
    const entry: Entry<T> = { pattern, priority, value };
    if (hasWildcard(pattern)) this.patterns = inserted(this.patterns, entry);
    else this.exact.set(pattern, inserted(this.exact.get(pattern) ?? [], entry));
    this.remembered.clear();
    return { dispose: () => this.remove(entry) };
  }

  /** Whether exactly this name or pattern has something already. */
  has(pattern: string): boolean {
    return hasWildcard(pattern)
      ? this.patterns.some((entry) => entry.pattern === pattern)
      : this.exact.has(pattern);
  }

  /** Everything the topic leads to, the best first. */
  all(topic: string): readonly T[] {
    const known = this.remembered.get(topic);
    if (known !== undefined) return known;
    const found = [
      ...(this.exact.get(topic) ?? []),
      ...this.patterns.filter(({ pattern }) => matches(pattern, topic)),
    ].map(({ value }) => value);
    // Topics of runs are many and each is used for a while: what is old goes as new ones come.
    if (this.remembered.size >= mostRemembered) this.remembered.clear();
    this.remembered.set(topic, found);
    return found;
  }

  best(topic: string): T | undefined {
    return this.all(topic)[0];
  }

  private remove(entry: Entry<T>): void {
    if (hasWildcard(entry.pattern)) this.patterns = this.patterns.filter((other) => other !== entry);
    else {
      const left = (this.exact.get(entry.pattern) ?? []).filter((other) => other !== entry);
      if (left.length > 0) this.exact.set(entry.pattern, left);
      else this.exact.delete(entry.pattern);
    }
    this.remembered.clear();
  }
}

const mostRemembered = 4096;

/** A new list, because somebody may be walking over the old one. */
function inserted<T>(entries: readonly Entry<T>[], entry: Entry<T>): Entry<T>[] {
  const before = entries.findIndex((other) => other.priority < entry.priority);
  return before < 0 ? [...entries, entry] : entries.toSpliced(before, 0, entry);
}
