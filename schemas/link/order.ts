import type { Build } from '../wire/handshake';

declare const __BUILD__: Build | undefined;

/** The build this code was bundled into; running from sources counts as a development build, stamp 0. */
export const thisBuild: Build =
  typeof __BUILD__ === 'undefined' ? { version: '0.0.0', stamp: 0 } : (__BUILD__ as Build);

/**
 * Whether a client of build `mine` should ask a sidecar of build `theirs` to end in its favour. Only a
 * strictly newer build asks, so two builds never shut each other down in turn; a development build
 * (stamp 0) never asks, so that working on Symphony leaves the sidecars in use alone.
 */
export function shouldAskHandOver(mine: Build, theirs: Build): boolean {
  return mine.stamp !== 0 && compareBuilds(mine, theirs) > 0;
}

/** Negative when `a` is older, positive when newer, 0 only for equal builds: version first, then stamp. */
export function compareBuilds(a: Build, b: Build): number {
  return compareVersions(a.version, b.version) || Math.sign(a.stamp - b.stamp);
}

/**
 * The order of semantic versions, made total: versions that semver calls equal or cannot read are
 * ordered by their text, because an order with ties would let two builds both hold themselves newest.
 */
function compareVersions(a: string, b: string): number {
  const [one, two] = [parse(a), parse(b)];
  for (let i = 0; i < 3; i++) {
    const difference = one.core[i]! - two.core[i]!;
    if (difference !== 0) return Math.sign(difference);
  }
  return comparePrereleases(one.pre, two.pre) || compareText(a, b);
}

function parse(version: string): { core: readonly number[]; pre: readonly string[] } {
  const found = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([^+]*))?/.exec(version);
  if (found === null) return { core: [0, 0, 0], pre: ['unreadable'] };
  return { core: [Number(found[1]), Number(found[2]), Number(found[3])], pre: found[4]?.split('.') ?? [] };
}

/** A release is newer than its prereleases; numbers are older than words, as semver says. */
function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length - a.length);
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [one, two] = [a[i]!, b[i]!];
    const numbers = [/^\d+$/.test(one), /^\d+$/.test(two)];
    const order =
      numbers[0] && numbers[1]
        ? Math.sign(Number(one) - Number(two))
        : numbers[0] !== numbers[1]
          ? numbers[0]
            ? -1
            : 1
          : compareText(one, two);
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
