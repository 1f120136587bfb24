import type { Json } from '../../../server/base';
import type { DecisionLog, Offered } from '../../../server/review';

/** The record of decisions in memory, as the one on disk. */
export function memoryLog(): DecisionLog & {
  readonly appended: { changeset: string; at: number; body: string }[];
} {
  const offered = new Map<string, Offered>();
  const appended: { changeset: string; at: number; body: string }[] = [];
  const units = new Map<string, string>();
  const unfinished = new Set<string>();
  let position = 0;
  return {
    appended,
    offer: (one) => void (offered.has(one.changeset) || offered.set(one.changeset, one)),
    offered: () => [...offered.values()].sort((a, b) => b.at - a.at),
    find: (changeset) => offered.get(changeset),
    position: () => position,
    keepPosition: (next) => void (position = next),
    append(changeset, at, bodies, open) {
      for (const body of bodies) appended.push({ changeset, at, body: JSON.stringify(body) });
      if (open) unfinished.add(changeset);
      else unfinished.delete(changeset);
    },
    records: (changeset) =>
      appended
        .filter((one) => one.changeset === changeset)
        .map(({ at, body }) => ({ at, body: JSON.parse(body) as Json })),
    unfinished: () => [...unfinished],
    keepUnits: (changeset, body) => void units.set(changeset, body),
    units: (changeset) => units.get(changeset),
    close: () => undefined,
  };
}
