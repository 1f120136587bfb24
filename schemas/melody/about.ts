import * as z from 'zod/mini';

/** Gives a schema the sentence an editor shows for it. The schema must be new: a shared one keeps one sentence. */
export function about<T extends z.ZodMiniType>(schema: T, description: string): T {
  z.globalRegistry.add(schema, { description });
  return schema;
}

/** Gives a schema a name of its own in the JSON Schema, so that it is written once and can hold itself. */
export function named<T extends z.ZodMiniType>(schema: T, id: string, description: string): T {
  z.globalRegistry.add(schema, { id, description });
  return schema;
}
