import type { Performer } from '../../engine/ports';
import { runFacts, toJson } from '../facts';
import { newestIntegration } from '../integration';

/** Ends a wave: the integration of its merges is where the next wave's agents start. */
export const joinPerformer: Performer = (node) => {
  const facts = runFacts.parse(node.facts);
  return Promise.resolve(toJson(newestIntegration(facts, (id) => node.output(id), node.after)));
};
