import type { Performers } from '../../engine/ports';
import type { RunWorld } from '../dependencies';
import { agentPerformer } from './agent';
import { joinPerformer } from './join';
import { mergePerformer } from './merge';
import { offerPerformer } from './offer';
import { verifyPerformer } from './verify';

/** Every kind of node the main job is made of. */
export function mainJobPerformers(world: RunWorld): Performers {
  return new Map([
    ['agent', agentPerformer(world)],
    ['verify', verifyPerformer(world)],
    ['merge', mergePerformer(world)],
    ['join', joinPerformer],
    ['offer', offerPerformer(world)],
  ]);
}
