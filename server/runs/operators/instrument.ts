import * as z from 'zod';
import {
  answerPrompt,
  lookingPrompt,
  nodeInstruction,
  runAnswer,
  systemPrompt,
  type AgentOutcome,
  type FinishOutputs,
} from '../../agents';
import { problem, problemOf, type Json } from '../../base';
import type { NodeContext, Performer } from '../../engine/ports';
import { doAgentWork } from '../agentWork';
import type { RunWorld } from '../dependencies';
import { toJson, type RunFacts } from '../facts';
import { withModel } from '../leasedModel';
import { worktreePlace } from '../worktree';
import { requireApproved } from './approval';
import { giveBack, nameOf, refOf } from './place';
import { render } from './render';
import { factsOf, textsOf, treeOf } from './values';

const text = z.union([z.string().min(1), z.array(z.string()).min(1)]);

/** What the config of an instrument says. */
export const instrumentConfig = z.strictObject({
  /** An agent works with tools in a worktree of its own; an answer is one reply. */
  role: z.enum(['agent', 'answer']).default('agent'),
  /** What is to be done, as text or lines; `{{input}}` is filled with what arrived there. */
  instruction: text,
  /** `edit`: all tools; `read`: those that only look. */
  tools: z.enum(['edit', 'read', 'none']).optional(),
  /** Commands that must end with 0 before the agent's `finish` is believed. */
  verify: z.array(z.string().min(1)).default([]),
  /** JSON Schema of the values of outputs, by port; an output without one is text. */
  schema: z.record(z.string(), z.record(z.string(), z.json())).default({}),
  /** Replies of the model at most; the run's limit holds too. */
  turns: z.int().min(1).max(1000).optional(),
});
export type InstrumentConfig = z.infer<typeof instrumentConfig>;

const params = z.object({
  model: z.string(),
  config: instrumentConfig,
  outputs: z.array(z.string()).default([]),
});

/** The model of the run, where a node names none of its own. */
export const runModel = 'default';

/** Outputs an agent gives by working; all others it brings with `finish`. */
const ownOutputs: ReadonlySet<string> = new Set(['tree', 'summary', 'changed']);

/**
 * A model at work: an agent that changes or examines the tree that arrived, or one answer. The outputs `tree`,
 * `summary` and `changed` of an agent come of its work; what else is declared, it must bring by its schema.
 */
export function instrumentPerformer(world: RunWorld): Performer {
  const perform = async (node: NodeContext) => {
    const parsed = params.safeParse(node.params);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const detail = `${issue!.path.map(String).join('.')}: ${issue!.message}`;
      throw problem('node.config', { node: node.node, detail });
    }
    const facts = factsOf(node);
    const { config, outputs } = parsed.data;
    const model = parsed.data.model === runModel ? facts.model : parsed.data.model;
    const work = { model, limits: limitsOf(node, facts, config), outputs };
    try {
      return toJson(
        config.role === 'answer'
          ? await answer(node, world, config, work)
          : await letAgentWork(node, world, config, work),
      );
    } catch (thrown) {
      if (thrown instanceof SchemaFault)
        throw problem('node.config', { node: node.node, detail: thrown.message }, thrown);
      throw thrown;
    }
  };
  return Object.assign(perform, { reusable: true, spends: true });
}

interface Work {
  readonly model: string;
  readonly limits: RunFacts['limits'];
  readonly outputs: readonly string[];
}

async function answer(
  node: NodeContext,
  world: RunWorld,
  config: InstrumentConfig,
  { model, limits, outputs }: Work,
): Promise<Record<string, unknown>> {
  const [only] = outputs;
  // One text needs no form: the reply is it.
  const plain = outputs.length <= 1 && (only === undefined || config.schema[only] === undefined);
  const asked = plain ? undefined : wanted(outputs, config);
  const outcome = await withModel(node, world, model, (leased) =>
    runAnswer(node, {
      plan: node.node,
      system: answerPrompt,
      instruction: instructionOf(node, config, []),
      model: leased,
      limits,
      ...(asked === undefined ? {} : { outputs: asked }),
    }),
  );
  return plain ? (only === undefined ? {} : { [only]: outcome.summary }) : { ...outcome.outputs };
}

async function letAgentWork(
  node: NodeContext,
  world: RunWorld,
  config: InstrumentConfig,
  { model, limits, outputs }: Work,
): Promise<Record<string, unknown>> {
  const start = treeOf(node);
  const edits = (config.tools ?? 'edit') === 'edit';
  const verify = edits ? [...config.verify, ...textsOf(node, 'verify')] : [];
  await requireApproved(node, verify);
  const asked = wanted(
    outputs.filter((name) => !ownOutputs.has(name)),
    config,
  );
  const place = nameOf(node.node);
  // A replay opens the worktree as it began and does nothing in it.
  const replayed = node.recorded('commit');
  const made = await doAgentWork(node, world, {
    plan: node.node,
    place,
    title: titleOf(node, config),
    start,
    model,
    system: edits ? systemPrompt : lookingPrompt,
    instruction: () => instructionOf(node, config, verify),
    limits,
    verify,
    edits,
    ...(asked === undefined ? {} : { outputs: asked }),
    ref: refOf(node),
  });
  const tree = { commit: made.commit, tree: made.tree };
  const changed = outputs.includes('changed')
    ? await changedFiles(node, world, start.commit, made.commit)
    : [];
  if (replayed)
    await (
      await world.repository(node)
    ).restoreTree(node, worktreePlace(world, node.run, place).top, made.tree);
  await giveBack(node, world, made.commit);
  return only(outputs, { ...filled(made, outputs), tree, summary: made.summary, changed });
}

/** The schemas of the outputs a model must bring; undefined where there are none. */
function wanted(outputs: readonly string[], { schema }: InstrumentConfig): FinishOutputs | undefined {
  if (outputs.length === 0) return undefined;
  const schemas = Object.fromEntries(outputs.map((name) => [name, schema[name] ?? { type: 'string' }]));
  for (const [name, one] of Object.entries(schemas))
    try {
      z.fromJSONSchema({ ...one });
    } catch (thrown) {
      throw new SchemaFault(`schema.${name}: ${String(problemOf(thrown).args['detail'])}`);
    }
  return schemas as FinishOutputs;
}

class SchemaFault extends Error {}

const filled = (made: AgentOutcome, outputs: readonly string[]): Record<string, Json> =>
  only(outputs, { ...made.outputs });

const only = <T>(names: readonly string[], values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));

function instructionOf(node: NodeContext, config: InstrumentConfig, verify: readonly string[]): string {
  const { instruction } = config;
  const lines = typeof instruction === 'string' ? instruction : instruction.join('\n');
  return nodeInstruction({
    id: node.node.replace(/\s+/g, '_'),
    text: render(lines, node.inputs),
    verify,
    variation: node.variation,
  });
}

/** The first line of the instruction, for the message of the commit. */
function titleOf(node: NodeContext, { instruction }: InstrumentConfig): string {
  const [line = ''] = render(
    typeof instruction === 'string' ? instruction : instruction[0]!,
    node.inputs,
  ).split('\n', 1);
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** The run's limits, the node's own, and what was granted to this attempt: the smallest holds. */
function limitsOf(
  { grant }: NodeContext,
  { limits }: RunFacts,
  { turns }: InstrumentConfig,
): RunFacts['limits'] {
  return {
    ...limits,
    turns: Math.min(limits.turns, turns ?? Infinity),
    tokens: Math.min(limits.tokens, grant.tokens ?? Infinity),
    usd: Math.min(limits.usd, grant.usd ?? Infinity),
  };
}

async function changedFiles(node: NodeContext, world: RunWorld, from: string, to: string): Promise<string[]> {
  const repository = await world.repository(node);
  return (await repository.changes(node, from, to)).map(({ path }) => path);
}
