import * as z from 'zod';
import { relativePath, usage } from '../../schemas/wire/common';
import type { Json } from '../base';

/**
 * What a run records about itself at its creation and its performers read back: they take nothing from
 * the plan files later, so that a plan edited during a run changes the next run and not this one.
 */
export const plannedWork = z.object({
  id: z.string(),
  title: z.string(),
  /** The plan file's text, or the person's instruction. */
  text: z.string(),
  files: z.array(z.string()),
  verify: z.array(z.string()),
});

export const runFacts = z.object({
  /** What people call the run. */
  title: z.string(),
  /** The private commit of the user's tree at the start. */
  base: z.object({ commit: z.string(), tree: z.string() }),
  model: z.string(),
  limits: z.object({ turns: z.number(), tokens: z.number(), usd: z.number(), minutes: z.number() }),
  plans: z.array(plannedWork),
  /** What a person pointed at, for runs of kind `ask`. */
  ask: z
    .object({ path: relativePath, lines: z.object({ from: z.number(), to: z.number() }).nullable() })
    .nullable(),
  phase: z.string().nullable(),
  /** The Melody that runs, with the commands a person approved at the start; absent for the main job. */
  melody: z.object({ id: z.string(), commands: z.array(z.string()), path: z.string().optional() }).optional(),
  /** The changeset whose next version this run makes, with what that one was compared with. */
  revises: z
    .object({
      changeset: z.string(),
      /** SHA-256 of its JSON in the blobs. */
      blob: z.string(),
      base: z.object({ commit: z.string(), tree: z.string() }),
      groups: z.array(z.object({ plan: z.string(), title: z.string() })),
    })
    .optional(),
  /** Dates commits, so that a replay makes the same ones; milliseconds since the epoch. */
  at: z.number(),
});
export type RunFacts = z.infer<typeof runFacts>;
export type PlannedWork = z.infer<typeof plannedWork>;

/** A command that proves work, and how it ended on which tree. */
export const evidence = z.object({
  command: z.string(),
  exitCode: z.number().int(),
  milliseconds: z.number(),
  tree: z.string(),
  /** The end of its output, for people. */
  output: z.string(),
});
export type Evidence = z.infer<typeof evidence>;

export const agentOutput = z.object({
  /** Where the agent started. */
  start: z.string(),
  commit: z.string(),
  tree: z.string(),
  summary: z.string(),
  turns: z.number(),
  usage,
  milliseconds: z.number(),
});
export type AgentOutput = z.infer<typeof agentOutput>;

export const verifyOutput = z.object({ evidence: z.array(evidence) });
export type VerifyOutput = z.infer<typeof verifyOutput>;

/** Output of `merge` and `join` nodes: the integration after them. `merges` counts the merges in it. */
export const integrationOutput = z.object({
  commit: z.string(),
  tree: z.string(),
  merges: z.number().int(),
  evidence: z.array(evidence),
});
export type IntegrationOutput = z.infer<typeof integrationOutput>;

export const offerOutput = z.object({
  changeset: z.string(),
  /** SHA-256 of the changeset's JSON in the blobs. */
  blob: z.string(),
  files: z.number().int(),
  commit: z.string(),
  tree: z.string(),
  /** The changeset this one takes the place of. */
  former: z.string().optional(),
});
export type OfferOutput = z.infer<typeof offerOutput>;

/** What the output of a node offers for review, if it does: an offer of the main job, or of a Melody. */
export function offerIn(output: Json | undefined): OfferOutput | undefined {
  const own = offerOutput.safeParse(output);
  if (own.success) return own.data;
  const inside = z.object({ offered: offerOutput }).safeParse(output);
  return inside.success ? inside.data.offered : undefined;
}

/** Facts and outputs are plain JSON; this says so to the compiler after a schema made them. */
export const toJson = (value: unknown): Json => value as Json;

export const nodeIds = {
  agent: (plan: string) => `agent:${plan}`,
  verify: (plan: string) => `verify:${plan}`,
  merge: (plan: string) => `merge:${plan}`,
  wave: (wave: number) => `wave:${wave}`,
  offer: 'offer',
} as const;
