import type { PitRow } from '../../schemas/wire/pit';
import type { RetentionPolicy, StaleCleaning, StaleTotals } from '../../schemas/wire/stale';
import type { ServiceReport } from '../base';
import type { ArchivedRun } from './types';

/** What the manager shows of itself: totals, its policies, and its last cleanings. Pure. */
export function reportOf(seen: {
  readonly policies: readonly RetentionPolicy[];
  readonly archived: readonly ArchivedRun[];
  /** The newest first. */
  readonly cleanings: readonly StaleCleaning[];
  /** What the last look found. */
  readonly freeable: StaleTotals | undefined;
  readonly now: number;
}): ServiceReport {
  const { policies, archived, cleanings, freeable, now } = seen;
  const isOpen = ({ until }: StaleCleaning): boolean => until !== null && until > now;
  const rows: PitRow[] = [
    ...policies.map(({ name, enabled, of, ask, priority, rules }) => ({
      ...{ id: `policy:${name}`, label: name, state: enabled ? 'enabled' : 'disabled' },
      facts: { of, ask, priority, rules: rules.length },
    })),
    ...cleanings.map((one) => ({
      ...{ id: one.id, label: new Date(one.at).toISOString(), state: isOpen(one) ? 'undoable' : 'over' },
      facts: { archived: one.archived, deleted: one.deleted, bytes: one.bytes, until: one.until },
    })),
  ];
  return {
    totals: {
      candidates: freeable?.items ?? 0,
      freeableBytes: freeable?.bytes ?? 0,
      archivedRuns: archived.length,
      archivedBytes: archived.reduce((sum, { bytes }) => sum + bytes, 0),
      undoable: cleanings.filter(isOpen).length,
    },
    rows: rows.slice(0, 100),
  };
}
