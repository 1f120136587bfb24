import { requesterOf, type Requester, type State } from './state';
import { priorityPoints, type Draw, type Priority, type Request } from './types';

/** In draws: how much better the chances of the urgent are. */
const chances: Readonly<Record<Priority, number>> = {
  critical: 16,
  high: 4,
  normal: 1,
  low: 0.5,
  background: 0.25,
};
/** No draw, however bad, puts anybody further back than so many turns. */
const worstDraw = 8;
/** What a requester got counts half after an hour. */
const halfLifeMs = 3_600_000;

/**
 * Where a request stands among those that wait; the smaller rank goes first. It is settled when the request comes and
 * never changes: what grows with waiting grows alike for everybody, so that it is enough to begin earlier. Since every
 * rank also grows with the time of arrival, only so many later ones can ever pass: nobody starves.
 */
export function rankOf(
  state: State,
  request: Request,
  at: number,
): { readonly rank: number; readonly draw: Draw | null } {
  const { policy } = state;
  const requester = requesterOf(state, request.requester);
  switch (policy.strategy) {
    case 'queue':
      return { rank: at, draw: null };
    case 'priority':
      return {
        rank:
          at -
          priorityPoints[request.priority] * policy.ageMs +
          policy.fairMs * overuse(state, requester, at),
        draw: null,
      };
    case 'roundRobin':
      return { rank: nextTurn(state, requester, 1, at), draw: null };
    case 'collaborative':
      return { rank: nextTurn(state, requester, request.cost / weightOf(state, requester), at), draw: null };
    case 'weightedRandom': {
      const draw = drawFrom(state);
      // The least of exponential draws falls to each with a chance in proportion to its weight.
      const wait = -Math.log(1 - draw.value) / chances[request.priority];
      return { rank: at + policy.turnMs * Math.min(worstDraw, wait), draw };
    }
  }
}

/** Books what a requester got. */
export function bookGrant(state: State, request: Request, rank: number, waitedMs: number, at: number): void {
  const requester = requesterOf(state, request.requester);
  requester.granted++;
  requester.used += request.cost;
  requester.recent = recentOf(requester, at) + request.cost;
  requester.recentAt = at;
  // All are halved alike, so that their sum can be kept as one number.
  state.recent = halved(state.recent, at - state.recentAt) + request.cost;
  state.recentAt = at;
  requester.waitedMs += waitedMs;
  requester.longestMs = Math.max(requester.longestMs, waitedMs);
  const { strategy } = state.policy;
  if (strategy === 'roundRobin' || strategy === 'collaborative') state.turn = Math.max(state.turn, rank);
}

export const weightOf = ({ policy }: State, requester: Requester): number =>
  Object.hasOwn(policy.weights, requester.name) ? policy.weights[requester.name]! : 1;

/** What a requester had of late, by its share, beside the others: −1 nothing, 0 its share, 1 twice as much or more. */
export function overuse(state: State, requester: Requester, at: number): number {
  const sum = halved(state.recent, at - state.recentAt);
  if (sum === 0) return 0;
  const share = recentOf(requester, at) / sum / (weightOf(state, requester) / weightsOf(state));
  return Math.min(1, share - 1);
}

const recentOf = (requester: Requester, at: number): number =>
  halved(requester.recent, at - requester.recentAt);

const halved = (value: number, passedMs: number): number =>
  value * 2 ** (-Math.max(0, passedMs) / halfLifeMs);

/** The weights of all requesters there are; only few differ from 1. */
function weightsOf({ requesters, policy }: State): number {
  let sum = requesters.size;
  for (const [name, weight] of Object.entries(policy.weights)) if (requesters.has(name)) sum += weight - 1;
  return sum;
}

/** Start-time fair queueing: every requester takes its turns one after the other, from the one that is on now. */
function nextTurn(state: State, requester: Requester, cost: number, at: number): number {
  const turn = Math.max(state.turn, at / state.policy.turnMs, requester.turn);
  requester.turn = turn + cost;
  return turn;
}

/** A number in [0, 1) by mulberry32, and the seed that gave it. */
function drawFrom(state: State): Draw {
  const { seed } = state;
  const next = (seed + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(next ^ (next >>> 15), next | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  state.seed = next;
  return { seed, value: ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 };
}
