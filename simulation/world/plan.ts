import type { Dice } from '../dice';
import type { Boundary } from '../disk/processDisk';

/** How a process may end. */
export type Death = 'kill' | 'power' | 'stop';

/** What one seed makes hard. Each fault is on in some seeds only, so that it meets the others in all mixtures. */
export interface Plan {
  /** How long faults go on, in virtual milliseconds. */
  readonly stormMs: number;
  readonly runs: number;
  readonly mostNodes: number;
  /** Workflows use conditions, groups and policies. */
  readonly isRich: boolean;
  /** What all runs together may do at once. */
  readonly limits: Readonly<Record<string, number>> | undefined;
  /** The first process finds an empty disk, not a journal made before. */
  readonly isDiskEmpty: boolean;
  /** How often a process dies, at boundaries of which kinds, and after about how many of them. */
  readonly deaths: number;
  readonly deadly: readonly Boundary[];
  readonly boundariesBetweenDeaths: number;
  readonly powerLoss: number;
  /** Probability that a sector holds its newest state after power was lost. */
  readonly keep: number;
  readonly writeFails: number;
  readonly syncFails: number;
  readonly diskFills: boolean;
  readonly clockJumps: boolean;
  /** How often a second process is started on the store of one that runs. */
  readonly rivals: number;
  readonly people: boolean;
  /** Longest pause before a planned commit, in ms; 0 commits at once. */
  readonly commitMs: number;
  /** How performers behave, by share. */
  readonly behaviours: readonly Behaviour[];
}

export type Behaviour =
  'quick' | 'slow' | 'steps' | 'ask' | 'fails' | 'failsForGood' | 'throws' | 'hangs' | 'deaf' | 'crashes';

const oddOnes: readonly Behaviour[] = [
  'slow',
  'slow',
  'steps',
  'steps',
  'ask',
  'fails',
  'failsForGood',
  'throws',
  'hangs',
  'deaf',
  'crashes',
];

const mixtures: readonly (readonly Boundary[])[] = [
  ['write', 'sync', 'name', 'append', 'performer'],
  ['sync', 'append', 'performer'],
  ['sync', 'name'],
  ['append'],
  ['performer'],
];

export function planOf(dice: Dice): Plan {
  const some = <T>(chance: number, value: T, otherwise: T): T => (dice.chance(chance) ? value : otherwise);
  const oddKinds = dice.upTo(4);
  const deadly = dice.pick(mixtures);
  return {
    stormMs: dice.pick([2_000, 10_000, 60_000, 200_000]),
    runs: some(0.3, dice.between(2, 4), 1),
    mostNodes: dice.pick([2, 4, 4, 6, 6, 9, 14]),
    deaths: some(0.75, dice.between(1, 4), 0),
    isDiskEmpty: dice.chance(0.12),
    isRich: dice.chance(0.7),
    limits: some(0.2, { [dice.pick(['cpu', '*'])]: dice.between(1, 3) }, undefined),
    deadly,
    boundariesBetweenDeaths: dice.pick(deadly.includes('write') ? [15, 40, 100, 250] : [2, 5, 12, 30]),
    powerLoss: dice.pick([0, 0.5, 0.5, 1]),
    keep: dice.pick([0, 0, 0.3, 0.7, 0.95]),
    writeFails: some(0.15, 0.02, 0),
    syncFails: some(0.15, 0.1, 0),
    diskFills: dice.chance(0.1),
    clockJumps: dice.chance(0.2),
    rivals: some(0.15, dice.between(1, 2), 0),
    people: dice.chance(0.4),
    commitMs: dice.pick([0, 0, 1, 20]),
    behaviours: [
      ...Array.from({ length: dice.between(1, 4) }, () => 'quick' as const),
      ...Array.from({ length: oddKinds }, () => dice.pick(oddOnes)),
    ],
  };
}
