import type { Problem } from '../../../schemas/codes';
import type { HealthTable, ModelHealth } from '../../../schemas/failure';

/** From best to worst. */
const order: readonly ModelHealth[] = ['healthy', 'stable', 'unstable', 'critical', 'blacklisted'];

/** How far a model can be relied on, as its outcomes tell. */
export interface HealthFold {
  readonly health: ModelHealth;
  /** Outcomes since it last changed, oldest first; as many as are needed to tell. */
  readonly recent: readonly boolean[];
  /** Attempts left in which one degradation leads back to the blacklist; 0 when there is none. */
  readonly probation: number;
  /** How far a blacklisting reaches: the first holds for the session, one during probation for ever. */
  readonly scope: 'none' | 'session' | 'global';
}

export const newHealth: HealthFold = { health: 'healthy', recent: [], probation: 0, scope: 'none' };

/** Takes in one outcome of a model. */
export function withOutcome(fold: HealthFold, ok: boolean, table: HealthTable): HealthFold {
  const recent = [...fold.recent, ok].slice(-longestWindow(table));
  const probation = Math.max(0, fold.probation - 1);
  const { health } = fold;
  if (!ok && health !== 'blacklisted' && reached(recent, false, table.degrade[health])) {
    const next = fold.probation > 0 ? 'blacklisted' : worse(health);
    if (next !== 'blacklisted') return { ...fold, health: next, recent: [], probation };
    return { health: next, recent: [], probation: 0, scope: fold.scope === 'none' ? 'session' : 'global' };
  }
  if (ok && health !== 'healthy' && reached(recent, true, table.recover[health])) {
    const left = health === 'blacklisted' ? table.probation : probation;
    return { ...fold, health: better(health), recent: [], probation: left };
  }
  return { ...fold, recent, probation };
}

/** Folds a model's outcomes from the first. */
export const healthOf = (outcomes: Iterable<boolean>, table: HealthTable): HealthFold =>
  [...outcomes].reduce((fold, ok) => withOutcome(fold, ok, table), newHealth);

/** Of 100 recent attempts, how many succeed; 100 before the first. */
export function healthScore({ recent }: HealthFold): number {
  if (recent.length === 0) return 100;
  return Math.round((100 * recent.filter(Boolean).length) / recent.length);
}

const innocent: ReadonlySet<string> = new Set([
  'model.none',
  'model.unknown',
  'model.noKey',
  'model.unauthorized',
  'model.refused',
  'model.editorGone',
  'model.noConsent',
  'model.scriptedUnknown',
  'model.budgetSpent',
  'model.blacklisted',
]);

/** Whether a problem is the model's own fault, and not that of keys, settings or the work. */
export const isModelFault = ({ code }: Problem): boolean => code.startsWith('model.') && !innocent.has(code);

const worse = (health: ModelHealth): ModelHealth => order[order.indexOf(health) + 1]!;
const better = (health: ModelHealth): ModelHealth => order[order.indexOf(health) - 1]!;

/** Whether the latest `of` outcomes hold `count` of this kind. */
function reached(
  recent: readonly boolean[],
  kind: boolean,
  { count, of }: { readonly count: number; readonly of: number },
): boolean {
  return recent.slice(-of).filter((ok) => ok === kind).length >= count;
}

const longestWindow = ({ degrade, recover }: HealthTable): number =>
  Math.max(...[...Object.values(degrade), ...Object.values(recover)].map(({ of }) => of));
