import type { ReviewSource } from '../../../schemas/wire/units';
import type { Blobs } from '../../engine/ports';
import { withBytes, type Decision, type FileUnits, type Proposed, type Review } from '../../review';

/** A file with its bytes and what was decided on each of its units. */
export interface DecidedFile {
  readonly file: Proposed;
  readonly units: FileUnits;
  readonly decision: (unit: string) => Decision | undefined;
  /** Places in the list of sources. */
  readonly sourcesOf: (unit: string) => readonly number[];
}

/** The files of a changeset as decided; `skipped` names those whose bytes are not stored any more. */
export async function decidedFiles(
  blobs: Blobs,
  review: Review,
  sources: readonly ReviewSource[],
): Promise<{ sources: readonly ReviewSource[]; files: DecidedFile[]; skipped: string[] }> {
  const { book, changeset } = review;
  const files: DecidedFile[] = [];
  const skipped: string[] = [];
  for (const changed of changeset.files) {
    const { path, plans } = changed;
    try {
      const [file, cut] = [await withBytes(changed, blobs), await review.cut(changed)];
      const decisions = new Map<string, Decision>();
      for (const { unit } of review.units(path)) {
        const { state, edited } = book.standing(path, unit);
        const bytes = edited === null ? null : await blobs.get(edited);
        if (bytes === undefined) throw new Error('the text a person kept is not stored any more');
        decisions.set(unit, { state, edited: bytes });
      }
      const own = sources.flatMap(({ plan }, index) => (plans.includes(plan) ? [index] : []));
      const units: FileUnits = { ...cut, units: review.units(path) };
      files.push({ file, units, decision: (unit) => decisions.get(unit), sourcesOf: () => own });
    } catch {
      skipped.push(path);
    }
  }
  return { sources, files, skipped };
}
