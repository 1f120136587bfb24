import type { Problem } from '../../schemas/codes';
import type { RetentionPolicy, RetentionRule, RetentionSettings } from '../../schemas/wire/stale';
import type { Subject, Verdict } from './types';
import { explainValue, trainingTag, valueOf, valueParts } from './value';

const dayMs = 86_400_000;

/** The tag that protects without any policy. */
export const keepTag = 'keep';

/** A subject on its way to a verdict. */
interface Case {
  readonly subject: Subject;
  readonly value: number;
  verdict: Verdict | undefined;
}

/**
 * What is to become of each subject at `now`, in the order given. Pure, and the same whatever the order of
 * subjects and policies. What something protects is kept, whoever asks. Otherwise policies speak from the highest
 * priority down, of equals the gentler one first, and the first that speaks of a thing decides.
 */
export function decide(
  subjects: readonly Subject[],
  settings: RetentionSettings,
  now: number,
): readonly Verdict[] {
  const policies = settings.policies.filter((policy) => policy.enabled).sort(inTurn);
  const guard = protection(policies);
  const cases = subjects.map((subject): Case => {
    const value = valueOf(valueParts(subject, now), settings.weights);
    const keep = guard.keeps(subject) ?? resting(subject, settings, now);
    return {
      subject,
      value,
      verdict: keep && { decision: 'keep', value, reasons: [keep], policy: null },
    };
  });
  for (const policy of policies) for (const one of struckBy(policy, cases, now)) settle(one);
  return cases.map(
    ({ verdict, value }) =>
      verdict ?? {
        decision: 'keep',
        value,
        reasons: [{ code: 'stale.keep.unruled', args: {} }],
        policy: null,
      },
  );

  /** Softens what the policy asks to what may become of this thing. */
  function settle({ one, policy, reasons }: Strike): void {
    const { subject, value } = one;
    const why = [...reasons, explainValue(value, valueParts(subject, now))];
    let decision: Verdict['decision'] = policy.ask;
    if (decision === 'delete') {
      const training = guard.preserves(subject);
      if (subject.kind === 'runs') decision = 'archive';
      else if (training !== undefined) {
        decision = 'archive';
        why.push(training);
      } else if (value >= settings.highValue) {
        decision = 'archive';
        why.push({ code: 'stale.keep.valued', args: { value } });
      }
    }
    if (decision === 'archive' && !subject.archivable) {
      decision = 'keep';
      why.push({ code: 'stale.keep.compressed', args: {} });
    }
    one.verdict = { decision, value, reasons: why, policy };
  }
}

/** The problem of deleting more than `mostPercent` of all things of one kind, by number or by bytes; null otherwise. */
export function tooMuch(
  subjects: readonly Subject[],
  verdicts: readonly Verdict[],
  mostPercent: number,
): Problem | null {
  for (const kind of ['contents', 'archives'] as const) {
    const all = { count: 0, bytes: 0 };
    const gone = { count: 0, bytes: 0, names: [] as string[], policies: new Set<string>() };
    subjects.forEach((subject, i) => {
      if (subject.kind !== kind) return;
      all.count++;
      all.bytes += subject.bytes;
      const verdict = verdicts[i]!;
      if (verdict.decision !== 'delete') return;
      gone.count++;
      gone.bytes += subject.bytes;
      if (gone.names.length < 5) gone.names.push(subject.label);
      gone.policies.add(verdict.policy?.name ?? '');
    });
    const most = mostPercent / 100;
    if (gone.count === 0 || (gone.count <= all.count * most && gone.bytes <= all.bytes * most)) continue;
    return {
      code: 'stale.tooMuch',
      args: {
        policies: [...gone.policies].sort().join(', '),
        delete: gone.count,
        all: all.count,
        what: kind,
        share: mostPercent,
        names: gone.names.join(', '),
      },
    };
  }
  return null;
}

interface Strike {
  readonly one: Case;
  readonly policy: RetentionPolicy;
  readonly reasons: readonly Problem[];
}

/** What the policy speaks of among the cases nobody has decided on. */
function struckBy(policy: RetentionPolicy, cases: readonly Case[], now: number): readonly Strike[] {
  const conditions = policy.rules.filter((rule) => isCondition(rule));
  const limit = Math.min(
    ...policy.rules.map((rule) => (rule.rule === 'maxTotalSize' ? rule.bytes : Infinity)),
  );
  // Rules that only protect ask for nothing.
  if (conditions.length === 0 && limit === Infinity) return [];
  const struck: { one: Case; policy: RetentionPolicy; reasons: Problem[] }[] = [];
  let bytes = 0;
  for (const one of cases) {
    if (one.subject.kind !== policy.of) continue;
    // What another policy archives is still there; what one deletes is as good as gone.
    if (one.verdict?.decision !== 'delete') bytes += one.subject.bytes;
    if (one.verdict !== undefined) continue;
    const reasons: Problem[] = [];
    if (conditions.every((rule) => meets(one.subject, rule, policy.name, now, reasons)))
      struck.push({ one, policy, reasons });
  }
  return limit === Infinity ? struck : leastValued(struck, policy, bytes, limit);
}

/** Of what meets a policy's conditions, the least valued until the rest fits below `limit`. */
function leastValued(
  struck: { one: Case; policy: RetentionPolicy; reasons: Problem[] }[],
  policy: RetentionPolicy,
  bytes: number,
  limit: number,
): readonly Strike[] {
  struck.sort(
    ({ one: a }, { one: b }) =>
      a.value - b.value ||
      a.subject.usedAt - b.subject.usedAt ||
      (a.subject.id < b.subject.id ? -1 : a.subject.id > b.subject.id ? 1 : 0),
  );
  const taken: Strike[] = [];
  let left = bytes;
  for (const strike of struck) {
    if (left <= limit) break;
    left -= strike.one.subject.bytes;
    strike.reasons.push({
      code: 'stale.rule.size',
      args: { policy: policy.name, most: limit, bytes, value: strike.one.value },
    });
    taken.push(strike);
  }
  return taken;
}

type Condition = Extract<RetentionRule, { rule: 'maxAge' | 'minAccessCount' | 'minQualityScore' }>;

const isCondition = (rule: RetentionRule): rule is Condition =>
  rule.rule === 'maxAge' || rule.rule === 'minAccessCount' || rule.rule === 'minQualityScore';

function meets(subject: Subject, rule: Condition, policy: string, now: number, why: Problem[]): boolean {
  switch (rule.rule) {
    case 'maxAge': {
      const days = Math.floor((now - subject.usedAt) / dayMs);
      if (now - subject.usedAt <= rule.days * dayMs) return false;
      why.push({ code: 'stale.rule.age', args: { policy, days, most: rule.days } });
      return true;
    }
    case 'minAccessCount':
      if (subject.uses >= rule.uses) return false;
      why.push({ code: 'stale.rule.uses', args: { policy, uses: subject.uses, least: rule.uses } });
      return true;
    case 'minQualityScore':
      if (subject.quality === null || subject.quality >= rule.score) return false;
      why.push({ code: 'stale.rule.quality', args: { policy, quality: subject.quality, least: rule.score } });
      return true;
  }
}

/** What the enabled policies protect, for everybody: a rule that protects never loses to one that asks. */
function protection(policies: readonly RetentionPolicy[]) {
  const tags = new Set([keepTag]);
  let preserving: string | undefined;
  for (const { name, rules } of policies)
    for (const rule of rules) {
      if (rule.rule === 'keepTagged') for (const tag of rule.tags) tags.add(tag);
      if (rule.rule === 'preserveTrainingData') preserving ??= name;
    }
  return {
    keeps(subject: Subject): Problem | undefined {
      if (subject.keep !== null) return subject.keep;
      const tag = subject.tags.find((one) => tags.has(one));
      return tag === undefined ? undefined : { code: 'stale.keep.tagged', args: { tag } };
    },
    preserves: (subject: Subject): Problem | undefined =>
      preserving !== undefined && subject.tags.includes(trainingTag)
        ? { code: 'stale.keep.training', args: { policy: preserving } }
        : undefined,
  };
}

/** What was used a moment ago may be in use still; nobody has told the journal yet. */
function resting({ usedAt }: Subject, { restHours }: RetentionSettings, now: number): Problem | undefined {
  return now - usedAt < restHours * 3_600_000
    ? { code: 'stale.keep.recent', args: { hours: restHours } }
    : undefined;
}

/** Higher priorities first, of equals the gentler one, then by name: never by the order in the file. */
function inTurn(a: RetentionPolicy, b: RetentionPolicy): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.ask !== b.ask) return a.ask === 'archive' ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
