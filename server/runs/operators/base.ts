import * as z from 'zod';
import type { Performer } from '../../engine/ports';
import { toJson } from '../facts';
import { configOf, factsOf } from './values';

/** Gives the tree the run began with. */
export const basePerformer: Performer = Object.assign(
  ((node) => {
    configOf(node, z.strictObject({}));
    return Promise.resolve(toJson({ tree: factsOf(node).base }));
  }) satisfies Performer,
  { reusable: true },
);
