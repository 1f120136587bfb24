import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { ChangedFile } from '../../schemas/wire/review';
import { linesOf, textOf, type Sides } from './lines';
import type { ReviewRpc } from './wire';

/** Both sides of a file as lines; `null` while they are asked for, `'none'` where they cannot be shown. */
export type Shown = Sides | 'none' | null;

export interface Contents {
  /** Asked for when first wanted. */
  of(file: ChangedFile): ReadonlySignal<Shown>;
}

/** Files kept at most; what was wanted longest ago goes first. */
const most = 200;
/** A base64 text beyond this is not split into lines in a page. */
const longest = 8_000_000;

export function createContents(rpc: ReviewRpc): Contents {
  const known = new Map<string, Signal<Shown>>();
  const side = async (hash: string | null): Promise<readonly string[] | undefined> => {
    if (hash === null) return [];
    const { base64 } = await rpc.ask('review/content', { hash });
    return base64.length > longest ? undefined : linesOf(textOf(base64));
  };
  const fetch = async (file: ChangedFile, into: Signal<Shown>): Promise<void> => {
    try {
      const [before, after] = await Promise.all([side(file.baseline), side(file.proposal)]);
      into.value = before && after ? { before, after } : 'none';
    } catch {
      into.value = 'none';
    }
  };
  return {
    of(file) {
      const key = `${file.baseline}.${file.proposal}`;
      const found = known.get(key) ?? signal<Shown>(null);
      if (!known.delete(key)) {
        if (file.binary) found.value = 'none';
        else void fetch(file, found);
      }
      known.set(key, found);
      for (const oldest of known.keys()) {
        if (known.size <= most) break;
        known.delete(oldest);
      }
      return found;
    },
  };
}
