import type { RetentionSettings, StaleTotals } from '../../schemas/wire/stale';
import { decide, tooMuch } from './decide';
import type { Gathered } from './gather';
import type { Plan, PlanItem } from './types';

/** What is to go by these settings, the least valued first. Pure. */
export function makePlan(
  id: string,
  at: number,
  { subjects, stamps }: Gathered,
  settings: RetentionSettings,
): Plan {
  const verdicts = decide(subjects, settings, at);
  const items: PlanItem[] = [];
  const kept: Record<string, number> = {};
  verdicts.forEach(({ decision, value, reasons }, i) => {
    if (decision === 'keep') {
      const code = reasons.at(-1)!.code;
      kept[code] = (kept[code] ?? 0) + 1;
      return;
    }
    const { kind, id: of, label, bytes, tags, uses, quality } = subjects[i]!;
    const about = { tags, uses, quality };
    items.push({
      kind,
      id: of,
      label,
      decision,
      bytes,
      value,
      reasons: [...reasons],
      stamp: stamps[i]!,
      about,
    });
  });
  items.sort((a, b) => a.value - b.value || (a.id < b.id ? -1 : 1));
  return {
    id,
    at,
    items,
    totals: totalsOf(items),
    kept,
    asks: tooMuch(subjects, verdicts, settings.mostPercent),
  };
}

/** The items with these ids; all of them by default. */
export function itemsOf({ items }: Plan, only?: readonly string[]): readonly PlanItem[] {
  if (only === undefined) return items;
  const wanted = new Set(only);
  return items.filter(({ id }) => wanted.has(id));
}

export function totalsOf(items: readonly PlanItem[]): StaleTotals {
  let bytes = 0;
  let deleted = 0;
  for (const item of items) {
    if (item.decision === 'delete') deleted++;
    // How much smaller compressing makes a content shows when it is done.
    if (item.decision === 'delete' || item.kind === 'runs') bytes += item.bytes;
  }
  return { items: items.length, archive: items.length - deleted, delete: deleted, bytes };
}
