import * as z from 'zod';
import { sha256 } from '../../base/node';
import type { NodeContext } from '../../engine/ports';
import type { Sandbox } from '../../sandbox';
import type { Tool } from '../types';
import { defineTool, refused } from './define';
import { resolveInside } from './paths';

const input = z.strictObject({
  command: z.string().min(1).max(20_000).describe('Run by /bin/sh'),
  cwd: z.string().optional().describe('Folder below the worktree; its top when absent'),
  timeoutSeconds: z.int().min(1).max(1800).optional().describe('120 when absent'),
});

export interface CommandToolOptions {
  readonly worktree: string;
  readonly home: string;
  readonly sandbox: Sandbox;
  readonly node: Pick<NodeContext, 'ask'>;
  /** Milliseconds from an arbitrary start, to tell waiting from working. */
  readonly monotonic: () => number;
}

/** Output the model sees: head and tail of at most this many bytes. */
const outputBytes = 30_000;

/**
 * run_command: a shell command in the sandbox. Where the sandbox does not isolate, a person is asked
 * first, once for each exact command and folder; what the model says has no part in that decision.
 */
export function runCommandTool({ worktree, home, sandbox, node, monotonic }: CommandToolOptions): Tool {
  return defineTool({
    name: 'run_command',
    description:
      'Runs a shell command in the worktree, without network, and gives its output and exit code. Processes left behind are ended.',
    input,
    changesFiles: true,
    async run(ctx, { command, cwd = '', timeoutSeconds = 120 }) {
      if (command.includes('\0')) return refused('The command holds a NUL character.');
      const found = await resolveInside(worktree, cwd);
      if (!found.stats?.isDirectory()) return refused(`There is no folder ${cwd}.`);
      let waitedMs = 0;
      if (sandbox.level !== 'isolated') {
        const began = monotonic();
        const { answer } = await node.ask({
          id: `command:${sha256(JSON.stringify([command, found.relative])).slice(0, 24)}`,
          kind: 'approveCommand',
          problem: { code: 'sandbox.unavailable', args: { detail: sandbox.detail } },
          facts: { command, cwd: found.relative },
          choices: ['allow', 'deny'],
        });
        waitedMs = monotonic() - began;
        if (answer !== 'allow')
          return { ...refused('The person did not allow this command; find another way.'), waitedMs };
      }
      const result = await sandbox.run(ctx, {
        command,
        worktree,
        cwd: found.relative,
        home,
        timeoutMs: timeoutSeconds * 1000,
        outputBytes,
      });
      const head = result.timedOut
        ? `Ended after ${timeoutSeconds} seconds (exit code ${result.exitCode}).`
        : `Exit code ${result.exitCode}.`;
      return { text: `${head}\n${result.output}`.trimEnd(), isError: result.exitCode !== 0, waitedMs };
    },
  });
}
