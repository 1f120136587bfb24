import type { Problem } from '../../schemas/codes';
import type { ValueWeights } from '../../schemas/wire/stale';
import type { Subject } from './types';

/** What a value is made of; each part is 0 to 1. */
export interface ValueParts {
  readonly recency: number;
  readonly frequency: number;
  readonly quality: number;
  readonly training: number;
  readonly uniqueness: number;
}

const dayMs = 86_400_000;

/** After this many days without use, half of the recency is gone. */
const halfLifeDays = 30;

/** This many uses or more count full. */
const fullUses = 64;

/** Tag of what models can be trained with. */
export const trainingTag = 'training';

/**
 * How much a thing is worth keeping at `now` (milliseconds since the epoch). Pure: equal input gives equal parts.
 * What nobody has judged counts as of middling quality, so that not having looked is no reason for deleting.
 */
export function valueParts(subject: Subject, now: number): ValueParts {
  const days = Math.max(0, now - subject.usedAt) / dayMs;
  return {
    recency: 2 ** (-days / halfLifeDays),
    frequency: Math.min(1, Math.log2(1 + Math.max(0, subject.uses)) / Math.log2(1 + fullUses)),
    quality: subject.quality === null ? 0.5 : subject.quality / 100,
    training: subject.tags.includes(trainingTag) ? 1 : 0,
    uniqueness: 1 / Math.max(1, subject.makers),
  };
}

/** The weighted mean of the parts, as a whole number from 0 to 100; without any weight, the plain mean. */
export function valueOf(parts: ValueParts, weights: ValueWeights): number {
  const all = weights.recency + weights.frequency + weights.quality + weights.training + weights.uniqueness;
  const sum =
    all > 0
      ? (parts.recency * weights.recency +
          parts.frequency * weights.frequency +
          parts.quality * weights.quality +
          parts.training * weights.training +
          parts.uniqueness * weights.uniqueness) /
        all
      : (parts.recency + parts.frequency + parts.quality + parts.training + parts.uniqueness) / 5;
  return Math.round(sum * 100);
}

/** The value in words. */
export function explainValue(value: number, parts: ValueParts): Problem {
  const of100 = (part: number): number => Math.round(part * 100);
  return {
    code: 'stale.value',
    args: {
      value,
      recency: of100(parts.recency),
      frequency: of100(parts.frequency),
      quality: of100(parts.quality),
      training: of100(parts.training),
      uniqueness: of100(parts.uniqueness),
    },
  };
}
