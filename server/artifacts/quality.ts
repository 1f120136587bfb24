import type { ArtifactType } from './types';

/** What an artifact is worth by its own bytes, 0 to 80, and why; how much it is used adds up to 20 (see `utility`). */
export interface Rating {
  readonly score: number;
  readonly reasons: readonly string[];
}

/**
 * What use adds to a rating, as SQL over a row `b` of `blobs`: 4 for each time it was read, 8 for each artifact made
 * from it, 20 at most.
 */
export const utility = 'min(20, 4 * b.uses + 8 * (SELECT count(*) FROM made WHERE input = b.hash))';

/** Structure (40): it is what its type says. Semantics (40): it looks finished. */
export function rate(type: ArtifactType, bytes: Uint8Array, text: string | undefined): Rating {
  if (bytes.length === 0) return { score: 0, reasons: ['it is empty'] };
  const faults = [...structureFaults(type, bytes, text), ...semanticFaults(text)];
  const score = faults.reduce((left, { costs }) => left - costs, 80);
  const reasons = faults.length > 0 ? faults.map(({ why }) => why) : ['nothing is wrong with it'];
  return { score: Math.max(0, score), reasons };
}

interface Fault {
  readonly costs: number;
  readonly why: string;
}

function structureFaults({ content }: ArtifactType, bytes: Uint8Array, text: string | undefined): Fault[] {
  if (content === 'binary') return [];
  if (text === undefined) return [{ costs: 40, why: 'it is no text' }];
  // What is longer than the part that is looked at was not cut by whoever made it.
  if (content === 'json' && bytes.length === Buffer.byteLength(text) && !isJson(text))
    return [{ costs: 40, why: 'it is no JSON' }];
  return [];
}

function semanticFaults(text: string | undefined): Fault[] {
  if (text === undefined) return [];
  const faults: Fault[] = [];
  if (text.trim() === '') faults.push({ costs: 40, why: 'it holds only space' });
  if (/^(<{7}|>{7}) /m.test(text)) faults.push({ costs: 30, why: 'it holds conflict markers' });
  const left = text.match(/\b(TODO|FIXME|XXX|TBD)\b/g)?.length ?? 0;
  if (left > 0)
    faults.push({ costs: Math.min(20, 5 * left), why: `it says ${left} times that something is left to do` });
  if (
    /\b(rest of (the )?(code|file)|existing code|implementation) (goes |stays |remains )?(here|unchanged)\b/i.test(
      text,
    )
  )
    faults.push({ costs: 20, why: 'it leaves out what belongs to it' });
  if (/\ufffd/.test(text)) faults.push({ costs: 10, why: 'it holds characters that were lost' });
  return faults;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
