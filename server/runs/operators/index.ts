import type { Performer, Performers } from '../../engine/ports';
import type { RunWorld } from '../dependencies';
import { runFacts } from '../facts';
import { mainJobPerformers } from '../performers';
import { basePerformer } from './base';
import { commandPerformer } from './command';
import { instrumentPerformer } from './instrument';
import { mergePerformer } from './merge';
import { offerPerformer } from './offer';
import { plansPerformer } from './plans';
import { verifyPerformer } from './verify';

export { commandsOf, instructionFaults, phaseCommands } from './approval';
export { instrumentConfig, runModel } from './instrument';

/** What the nodes of Melodies do, by kind. Every one that works on files takes a tree and gives one. */
export function melodyPerformers(world: RunWorld): Performers {
  return new Map([
    ['instrument', instrumentPerformer(world)],
    ['base', basePerformer],
    ['command', commandPerformer(world)],
    ['merge', mergePerformer(world)],
    ['offer', offerPerformer(world)],
    ['plans', plansPerformer(world)],
    ['verify', verifyPerformer(world)],
  ]);
}

/** Everything the engine can perform: the main job's kinds, and those of Melodies. */
export function runPerformers(world: RunWorld): Performers {
  const all = new Map(mainJobPerformers(world));
  for (const [kind, perform] of melodyPerformers(world)) {
    const main = all.get(kind);
    all.set(kind, main === undefined ? perform : either(main, perform));
  }
  return all;
}

/** Some kinds are in both; the run's facts say whose it is. What may be reused must be so in both. */
function either(main: Performer, melody: Performer): Performer {
  const perform: Performer = (node) =>
    (runFacts.parse(node.facts).melody === undefined ? main : melody)(node);
  return Object.assign(perform, {
    reusable: main.reusable === true && melody.reusable === true,
    spends: main.spends === true || melody.spends === true,
  });
}
