import type { State } from './state';
import type { Request } from './types';

/** What was held and wanted before the start, until the same holder asks for the same again, or the time is over. */
export class Orphans {
  private readonly ids = new Set<string>();
  private until = 0;

  /** Takes in everything of a restored state; `until` is when the time is over. */
  adoptAll(state: State, until: number): void {
    for (const id of [...state.granted.keys(), ...state.waiting.keys()]) this.ids.add(id);
    this.until = until;
  }

  /** When those left are to be let go. */
  get end(): number {
    return this.ids.size > 0 ? this.until : Infinity;
  }

  /** The id under which the same was asked for before, taken out. */
  take(state: State, { holder, key, wants }: Request): string | undefined {
    for (const id of this.ids) {
      const found = (state.granted.get(id) ?? state.waiting.get(id))?.request;
      const isSame =
        found?.holder === holder &&
        found.key === key &&
        JSON.stringify(found.wants) === JSON.stringify(wants);
      if (found === undefined || isSame) this.ids.delete(id);
      if (isSame) return id;
    }
    return undefined;
  }

  /** Those nobody asked for again, taken out, once the time is over. */
  takeLate(now: number): readonly string[] {
    if (now < this.end) return [];
    const late = [...this.ids];
    this.ids.clear();
    return late;
  }
}
