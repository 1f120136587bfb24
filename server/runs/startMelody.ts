import type { Workflow } from '../../schemas/journal/workflow';
import type { Melody } from '../../schemas/melody';
import { problem, type Context, type Json } from '../base';
import type { StartRun } from '../engine';
import { defaultFailureTables, withCriticality } from '../engine/failure';
import type { Planning } from '../planning';
import { commandsOf, instructionFaults, phaseCommands } from './operators';
import { begin, chooseModel, commandHash, type RunSettings, type StartPorts } from './startRun';

/** What a run of a Melody would do that a person must have seen. */
export interface MelodyPreview {
  /** Every command it says it runs; approvals are bound to the Melody's id and the exact command. */
  readonly commands: readonly {
    readonly command: string;
    readonly hash: string;
    readonly approved: boolean;
  }[];
}

export interface StartMelody {
  readonly melody: Melody;
  /** The Melody, compiled. */
  readonly workflow: Workflow;
  /** Values of its inputs, by node id. */
  readonly inputs?: Readonly<Record<string, Json>>;
  /** The model of nodes that name none; the user's choice when absent. */
  readonly model?: string;
  /** Its file below the workspace. */
  readonly path?: string;
  /** The run's id and what starts it, where that is not a person. */
  readonly by?: Pick<StartRun, 'run' | 'trigger'>;
  /** Hashes a person approves now. */
  readonly approved: readonly string[];
}

/** What starting a Melody needs approved. `planning` gives the commands of a phase it executes. */
export function previewMelody(
  melody: Melody,
  planning: Planning | undefined,
  approved: ReadonlySet<string>,
): MelodyPreview {
  const all = new Set([...commandsOf(melody), ...phaseCommands(melody, planning)]);
  return {
    commands: [...all].map((command) => {
      const hash = commandHash(`melody:${melody.id}`, command);
      return { command, hash, approved: approved.has(hash) };
    }),
  };
}

/**
 * Starts a run of a Melody; resolves when it is durable. Throws `run.notApproved`, `node.placeholder`, `model.*` and
 * what the engine says of its workflow.
 */
export async function startMelody(
  ctx: Context,
  ports: StartPorts,
  settings: RunSettings,
  planning: Planning | undefined,
  { melody, workflow, inputs, model: asked, path, by, approved }: StartMelody,
): Promise<string> {
  const [fault] = instructionFaults(melody);
  if (fault !== undefined) throw problem(fault.code, fault.args);
  const { commands } = previewMelody(melody, planning, await ports.approvals.approved());
  const missing = commands.filter(({ hash, approved: before }) => !before && !approved.includes(hash));
  if (missing.length > 0) throw problem('run.notApproved', { count: missing.length });
  const model = chooseModel(ports, settings, asked);
  await ports.approvals.approve(commands.filter(({ approved: before }) => !before).map(({ hash }) => hash));
  return begin(ctx, ports, {
    title: melody.name,
    kind: 'melody',
    ...by,
    workflow: withCriticality(workflow, `${melody.name} ${melody.description ?? ''}`, defaultFailureTables),
    ...(inputs === undefined ? {} : { inputs }),
    facts: {
      model,
      limits: settings.limits,
      plans: [],
      ask: null,
      phase: null,
      melody: {
        id: melody.id,
        commands: commands.map(({ command }) => command),
        ...(path === undefined ? {} : { path }),
      },
    },
  });
}
