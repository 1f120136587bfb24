import * as z from 'zod';
import type { Context } from '../../base';
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

const finishInput = z.strictObject({
  summary: z.string().min(1).max(20_000).describe('What was changed and how it was checked'),
});

/**
 * finish: ends the agent's work unless `veto` gives an error to mend first (for example the output of a
 * failed verify command).
 */
export function finishTool(veto?: (ctx: Context, summary: string) => Promise<ToolResult | undefined>): Tool {
  return defineTool({
    name: 'finish',
    description: 'Ends your work. Call it alone, when everything is done, or to say why it cannot be done.',
    input: finishInput,
    changesFiles: veto !== undefined,
    run: async (ctx, { summary }) => (await veto?.(ctx, summary)) ?? done('Finished.'),
  });
}
