import * as z from 'zod';
import type { Context, Json } from '../../base';
import { systemClock } from '../../base/node';
import type { Tool, ToolResult } from '../types';
import { runCommandTool, type CommandToolOptions } from './command';
import { defineTool, done } from './define';
import { WorktreeFiles } from './files';
import { listTool, searchTool } from './find';
import { readFilesTool } from './read';
import { replaceTool, writeFileTool } from './write';

export interface WorktreeToolsOptions extends Omit<CommandToolOptions, 'monotonic'> {
  readonly monotonic?: () => number;
}

/**
 * The tools of an agent in one worktree, without `finish`. They share what the agent has seen, so make
 * one list per agent; order is fixed, because providers cache by prefix.
 */
export function worktreeTools(options: WorktreeToolsOptions): Tool[] {
  const files = new WorktreeFiles(options.worktree);
  return [
    readFilesTool(files),
    searchTool(options.worktree),
    listTool(options.worktree),
    replaceTool(files),
    writeFileTool(files),
    runCommandTool({ monotonic: systemClock.monotonic, ...options }),
  ];
}

const summary = z.string().min(1).max(20_000).describe('What was changed and how it was checked');

/** Values `finish` brings besides the summary, as JSON Schema by name. */
export type FinishOutputs = Readonly<Record<string, Readonly<Record<string, Json>>>>;

/**
 * finish: ends the agent's work unless `veto` gives an error to mend first (for example the output of a
 * failed verify command). With `outputs` it must bring these values too. Throws on a JSON Schema it cannot check.
 */
export function finishTool(
  veto?: (ctx: Context, summary: string) => Promise<ToolResult | undefined>,
  outputs?: FinishOutputs,
): Tool {
  return defineTool({
    name: 'finish',
    description: 'Ends your work. Call it alone, when everything is done, or to say why it cannot be done.',
    input: z.strictObject(outputs === undefined ? { summary } : { summary, outputs: objectOf(outputs) }),
    changesFiles: veto !== undefined,
    run: async (ctx, input) => (await veto?.(ctx, input.summary)) ?? done('Finished.'),
  });
}

/** What checks an object whose members are described by JSON Schema. Throws on what cannot be checked. */
export const objectOf = (members: FinishOutputs) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(members).map(([name, schema]) => [name, z.fromJSONSchema({ ...schema })]),
    ),
  );
