import type { ClientRequests, ResultOf } from '../../schemas';
import type { Changeset } from '../../schemas/wire/review';
import type { Blobs } from '../engine/ports';
import type { RunFold } from '../engine/state';
import { unitsOf, withBytes, type DecidedFile } from '../review';
import type { DecidedChangeset } from './exportDesk';

type Units = ResultOf<ClientRequests['reviewUnits']>;

/** A changeset with the bytes of its files and what was decided on their units. */
export async function decidedChangeset(
  blobs: Blobs,
  { run, changeset }: { readonly run: RunFold; readonly changeset: Changeset },
  { files: decisions, sources }: Units,
): Promise<DecidedChangeset> {
  const files: DecidedFile[] = [];
  const skipped: string[] = [];
  for (const changed of changeset.files) {
    const file = await withBytes(changed, blobs).catch(() => undefined);
    if (file === undefined) {
      skipped.push(changed.path);
      continue;
    }
    const units = decisions.find(({ path }) => path === changed.path)?.units ?? [];
    const known = new Map(units.map((unit) => [unit.unit, unit]));
    const edited = new Map<string, Uint8Array>();
    for (const unit of units) {
      const bytes = unit.edited === null ? undefined : await blobs.get(unit.edited);
      if (bytes !== undefined) edited.set(unit.unit, bytes);
    }
    files.push({
      file,
      // The units as they are now, split ones in their parts; the lines they are about never change.
      units: { ...unitsOf(file), units },
      decision: (id) => {
        const state = known.get(id)?.state;
        return state && { state, edited: edited.get(id) ?? null };
      },
      sourcesOf: (id) => known.get(id)?.sources ?? [],
    });
  }
  return { run, changeset, sources, files, skipped };
}
