/**
 * Ids of phases and plans. Equality ignores zero padding, case and a project code; ordering is numeric
 * per segment, so `2` < `2.1` < `10`.
 */

/**
 * One phase id as it stands in headings, bullets and cells: `3`, `03`, `12A`, `2.1`, `GSD-3`, and `02-01`
 * with its milestone before it, which only a leading zero tells from the range `12-13`.
 */
export const phaseIdPattern = String.raw`(?:[A-Z][A-Z0-9_]*-(?=\d))?(?:0\d-\d{2,}(?:\.\d+)*|[A-Za-z]?\d+[A-Za-z]?(?:\.\d+[A-Za-z]?)*(?!\d*-\d))`;

/** The form in which phase ids are compared and shown: without padding, letters upper-case. */
export function normalPhaseId(text: string): string {
  return text
    .trim()
    .replace(/^\[[^\]]*\]\s*/, '')
    .replace(/^[A-Z][A-Z0-9_]*-(?=\d)/, '')
    .toUpperCase()
    .split('.')
    .map((part) => part.replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, '')))
    .join('.');
}

/** What a person may type for a phase: `3`, `03`, `phase 3`, `Phase 2.1: Name`. */
export function phaseIdOfInput(text: string): string {
  const match = new RegExp(String.raw`^\s*(?:phase\s+)?(${phaseIdPattern})(?=$|[\s:])`, 'i').exec(text);
  return normalPhaseId(match?.[1] ?? text);
}

export interface PhaseDirectory {
  /** Normal form; the folder's own name where it holds no number. */
  readonly id: string;
  /** The number as the folder writes it, for plan ids: `03`, `02.1`. */
  readonly written: string;
  readonly slug: string;
}

/** Reads a folder's name: `03-auth`, `02.1-fix`, `12-v1.2-cleanup`, `GSD.02-05.03-slug`, `phase-36`. */
export function readDirectoryName(name: string): PhaseDirectory {
  const match =
    /^(?:[A-Z][A-Z0-9_]*\.\d+-|[A-Z][A-Z0-9_]*-(?=\d)|phase-?(?=\d))?(\d+[A-Za-z]?(?:\.\d+[A-Za-z]?)*)(?:[-_ ](.*))?$/i.exec(
      name,
    );
  if (!match) return { id: name, written: name, slug: name };
  return { id: normalPhaseId(match[1]!), written: match[1]!, slug: match[2] ?? '' };
}

export function comparePhaseIds(left: string, right: string): number {
  return (
    compareSegments(left.split(/[.-]/), right.split(/[.-]/)) || (left < right ? -1 : left > right ? 1 : 0)
  );
}

/** The form in which plan ids are compared: `03-01b` and `3-1B` are one plan. */
export function normalPlanId(text: string): string {
  const known = planIds.get(text);
  if (known !== undefined) return known;
  const normal = text
    .trim()
    .replace(/^[A-Z][A-Z0-9_]*-(?=\d)/, '')
    .toLowerCase()
    .replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, ''));
  // Names come from files: what is kept of them stays bounded.
  if (planIds.size < mostPlanIds && text.length < 200) planIds.set(text, normal);
  return normal;
}

/** A tree is read again after every key press, and its names stay the same. */
const planIds = new Map<string, string>();
const mostPlanIds = 50_000;

export function comparePlanIds(left: string, right: string): number {
  return (
    compareSegments(left.split(/[.-]/), right.split(/[.-]/)) || (left < right ? -1 : left > right ? 1 : 0)
  );
}

/** Words of a name in the form a folder writes them; letters of every script stay. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
}

function compareSegments(left: readonly string[], right: readonly string[]): number {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const a = left[index];
    const b = right[index];
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    const difference = numberOf(a) - numberOf(b);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

function numberOf(segment: string): number {
  const digits = /\d+/.exec(segment);
  return digits ? Number(digits[0].slice(0, 15)) : Number.MAX_SAFE_INTEGER;
}
