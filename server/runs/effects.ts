import * as z from 'zod';
import type { NodeFold, RunFold } from '../engine/state';

/** Effects that are named at most; there may be thousands of commands. */
const most = 100;

const reply = z.object({
  reply: z.object({ calls: z.array(z.object({ tool: z.string(), input: z.unknown() })) }),
});
const command = z.object({ command: z.string() });

/**
 * Commands that agents ran since a moment, from the runs' recorded steps, newest run first. Restoring files takes none
 * of them back: what they did outside the files, in a database, a cache or the network, stays. Steps have no time of
 * their own, so a node that ended after the moment counts whole.
 */
export function effectsSince(runs: readonly RunFold[], at: number): string[] {
  const found = new Set<string>();
  for (const run of [...runs].reverse())
    for (const node of run.nodes.values()) {
      if (node.startedAt === null || (node.endedAt !== null && node.endedAt < at)) continue;
      for (const one of commandsOf(node)) {
        if (found.size === most) return [...found];
        found.add(`${run.title}: ${one}`);
      }
    }
  return [...found];
}

function commandsOf(node: NodeFold): string[] {
  return [...node.steps].flatMap(([key, outcome]) => {
    if (!key.startsWith('model:')) return [];
    const known = reply.safeParse(outcome);
    if (!known.success) return [];
    return known.data.reply.calls.flatMap((call) => {
      const input = command.safeParse(call.input);
      return call.tool === 'run_command' && input.success ? [input.data.command] : [];
    });
  });
}
