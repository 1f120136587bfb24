import * as z from 'zod';
import { codes, fillText } from '../../../schemas/codes';
import { problem, ProblemError, type Context, type Json } from '../../base';
import type { Tool, ToolResult } from '../types';

export interface ToolDefinition<S extends z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly input: S;
  readonly changesFiles: boolean;
  run(ctx: Context, input: z.infer<S>): Promise<ToolResult>;
  recall?(memory: Json): void;
}

/**
 * A tool from its declaration: the schema the model sees is the one its input is parsed with, and a path
 * that is refused becomes an error result, because the model can mend it.
 */
export function defineTool<S extends z.ZodType>(definition: ToolDefinition<S>): Tool {
  const { $schema: _, ...schema } = z.toJSONSchema(definition.input, { io: 'input' });
  const { name, description, changesFiles, recall } = definition;
  return {
    spec: { name, description, schema: schema as Tool['spec']['schema'] },
    changesFiles,
    async run(ctx, input) {
      const parsed = definition.input.safeParse(input);
      if (!parsed.success)
        return refused(
          `The input of ${name} is not valid: ${parsed.error.issues
            .slice(0, 5)
            .map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`)
            .join('; ')}`,
        );
      try {
        return await definition.run(ctx, parsed.data);
      } catch (thrown) {
        return explained(name, thrown);
      }
    },
    ...(recall === undefined ? {} : { recall }),
  };
}

/** What went wrong as a result the model can act on; throws what only a person can mend. */
function explained(name: string, thrown: unknown): ToolResult {
  if (thrown instanceof ProblemError) {
    const { code, args } = thrown.problem;
    if (code !== 'agent.outside' && code !== 'agent.link') throw thrown;
    return refused(fillText(codes[code].message, args));
  }
  const system = thrown instanceof Error ? (thrown as NodeJS.ErrnoException) : undefined;
  if (system?.code === 'ENOSPC' || system?.code === 'EDQUOT')
    throw problem('data.diskFull', { path: system.path ?? '' }, thrown);
  // The message names absolute paths of this computer, which are not the model's business.
  if (system?.syscall !== undefined) return refused(`${name} failed: ${system.code} (${system.syscall}).`);
  throw thrown;
}

export const done = (text: string, memory?: Json): ToolResult =>
  memory === undefined ? { text, isError: false } : { text, isError: false, memory };

export const refused = (text: string): ToolResult => ({ text, isError: true });
