import type { Melody, MelodyBody } from '../../../schemas/melody';
import type { Problem } from '../../../schemas/codes';
import { problem } from '../../base';
import { sha256 } from '../../base/node';
import type { NodeContext } from '../../engine/ports';
import type { Planning } from '../../planning';
import { namesIn } from './render';
import { factsOf } from './values';

/**
 * All commands a Melody says it runs, in the order of its nodes, each once. They are shown to a person before a run
 * begins; a command that comes up later, out of a value or an edit, is asked for when it comes up.
 */
export function commandsOf(melody: MelodyBody | Melody): string[] {
  const found = new Set<string>();
  for (const node of melody.nodes) {
    const config = 'config' in node ? (node.config as Readonly<Record<string, unknown>> | null) : undefined;
    // Whatever kind it is: to show one command too many is harmless.
    for (const key of ['commands', 'verify']) {
      const commands = config?.[key];
      if (Array.isArray(commands))
        for (const one of commands as unknown[]) if (typeof one === 'string') found.add(one);
    }
    if ('body' in node) for (const command of commandsOf(node.body)) found.add(command);
  }
  return [...found];
}

/** Commands of the plans a Melody executes, where it says which phase; they stand in plan files. */
export function phaseCommands(melody: MelodyBody | Melody, planning: Planning | undefined): string[] {
  return melody.nodes.flatMap((node) => {
    if ('body' in node) return phaseCommands(node.body, planning);
    if (node.kind !== 'operator' || node.operator !== 'plans') return [];
    const { phase } = (node.config ?? {}) as { phase?: unknown };
    const found = typeof phase === 'string' ? planning?.phase(phase) : undefined;
    return (found?.plans ?? []).filter((plan) => !plan.done).flatMap((plan) => plan.verify);
  });
}

/** Instructions that speak of inputs their nodes do not have. */
export function instructionFaults(melody: MelodyBody | Melody): Problem[] {
  return melody.nodes.flatMap((node): Problem[] => {
    if ('body' in node) return instructionFaults(node.body);
    if (node.kind !== 'instrument') return [];
    const { instruction } = node.config ?? {};
    const text = Array.isArray(instruction) ? instruction.join('\n') : instruction;
    if (typeof text !== 'string') return [];
    const known = (node.inputs ?? []).map(({ name }) => name);
    return namesIn(text)
      .filter((name) => !known.includes(name))
      .map((name) => ({
        code: 'node.placeholder',
        args: { node: node.id, name, known: known.join(', ') || '–' },
      }));
  });
}

/** Throws `node.commandRefused` unless each command was approved when the run began, or is now. */
export async function requireApproved(node: NodeContext, commands: readonly string[]): Promise<void> {
  const approved = new Set(factsOf(node).melody?.commands ?? []);
  for (const command of new Set(commands)) {
    if (approved.has(command)) continue;
    const args = { node: node.node, command };
    const { answer } = await node.ask({
      id: `approve:${sha256(command).slice(0, 24)}`,
      kind: 'approveCommand',
      problem: { code: 'node.commandWaiting', args },
      facts: { command, cwd: '' },
      choices: ['allow', 'deny'],
    });
    if (answer !== 'allow') throw problem('node.commandRefused', args);
  }
}
