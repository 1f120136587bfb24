import type { Clock } from '../base';
import type { Claim, Queue } from '../engine';

interface Held {
  readonly claim: Claim;
  readonly leaseMs: number;
  /** By the monotonic clock: setting the computer's time moves no lease. */
  until: number;
  isComplete: boolean;
}

/** Claims of the one process that owns the journal; they need not outlive it, since every owner is a new epoch. */
export function embeddedQueue(clock: Clock): Queue {
  const runs = new Map<string, Map<string, Held>>();
  let fence = 0;
  const standing = ({ run, node, fence: its }: Claim): Held | undefined => {
    const held = runs.get(run)?.get(node);
    return held !== undefined && held.claim.fence === its && !held.isComplete ? held : undefined;
  };
  return {
    claim(run, node, attempt, owner, leaseMs) {
      const nodes = runs.get(run) ?? new Map<string, Held>();
      const before = nodes.get(node);
      if (before !== undefined && !isFree(before, attempt, clock.monotonic())) return undefined;
      const claim = { run, node, attempt, owner, fence: ++fence };
      nodes.set(node, { claim, leaseMs, until: clock.monotonic() + leaseMs, isComplete: false });
      runs.set(run, nodes);
      return claim;
    },
    heartbeat(claim) {
      const held = standing(claim);
      if (held !== undefined) held.until = clock.monotonic() + held.leaseMs;
      return held !== undefined;
    },
    complete(claim) {
      const held = standing(claim);
      if (held !== undefined) held.isComplete = true;
      return held !== undefined;
    },
    forget: (run) => void runs.delete(run),
  };
}

/** A later attempt takes the place of an earlier one at once: it begins because that one is over. */
function isFree({ claim, until, isComplete }: Held, attempt: number, now: number): boolean {
  if (attempt !== claim.attempt) return attempt > claim.attempt;
  return !isComplete && now >= until;
}
