import type { Problem } from '../../schemas/codes';
import { problem, type Context } from '../base';
import type { Place, PlacesPort } from './types';

export interface JudgedPlace {
  readonly place: Place;
  readonly removable: boolean;
  readonly reasons: readonly Problem[];
}

/** Whether a worktree or ref may be removed, and why; pure. What speaks against it is told completely. */
export function judgePlace(place: Place): JudgedPlace {
  const against: Problem[] = [];
  if (place.isReferenced) against.push({ code: 'stale.worktree.referenced', args: { run: place.run ?? '' } });
  if (place.isHistory) against.push({ code: 'stale.worktree.held', args: {} });
  if (place.isDirty) against.push({ code: 'stale.worktree.dirty', args: { path: place.name } });
  if (!place.isMerged) against.push({ code: 'stale.worktree.unmerged', args: { commit: short(place) } });
  return against.length > 0
    ? { place, removable: false, reasons: against }
    : { place, removable: true, reasons: [{ code: 'stale.worktree.free', args: { commit: short(place) } }] };
}

/** All of them, what can be removed first, then by age. */
export async function listPlaces(
  ctx: Context,
  port: PlacesPort | undefined,
): Promise<readonly JudgedPlace[]> {
  const places = (await port?.list(ctx)) ?? [];
  return places
    .map(judgePlace)
    .sort(
      (a, b) =>
        Number(b.removable) - Number(a.removable) ||
        a.place.usedAt - b.place.usedAt ||
        (a.place.name < b.place.name ? -1 : 1),
    );
}

/**
 * Removes one place because a person said so, and answers the recovery ref that keeps its commit. It is looked at
 * anew: what became dirty, referenced or unmerged since the list was made is kept.
 */
export async function removePlace(ctx: Context, port: PlacesPort | undefined, name: string): Promise<string> {
  const found = (await port?.list(ctx))?.find((place) => place.name === name);
  if (port === undefined || found === undefined) throw problem('stale.worktreeUnknown', { name });
  const { removable, reasons } = judgePlace(found);
  if (!removable) throw problem('stale.worktreeKept', { name, why: reasons[0]!.code });
  const ref = await port.secure(ctx, found);
  await port.remove(ctx, found);
  return ref;
}

const short = ({ commit }: Place): string => commit.slice(0, 12);
