import { problem } from '../base';
import type { NodeContext } from '../engine/ports';
import type { Model } from '../llm/types';
import type { RunWorld } from './dependencies';

/** Works with a model for as long as that takes. Throws what keeps it from being used. */
export async function withModel<T>(
  node: NodeContext,
  world: RunWorld,
  id: string,
  work: (model: Model) => Promise<T>,
): Promise<T> {
  const opened = await world.openModel(node, id);
  if (!opened.ok) throw problem(opened.problem.code, opened.problem.args);
  try {
    return await work(opened.value);
  } finally {
    opened.value.release();
  }
}
