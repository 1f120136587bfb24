import * as z from 'zod/mini';
import { request } from '../define';
import { problemSchema } from '../journal/question';
import { modelId, relativePath, sha256 } from './common';

const values = z.record(z.string(), z.json());

/** What can be wrong with the file of a Melody. */
const melodyErrors = ['melody.unreadable', 'melody.tooLarge', 'melody.invalid', 'data.readOnly'] as const;

export const melodyPreview = request({
  method: 'melody/preview',
  direction: 'client→sidecar',
  doc: 'What running a Melody would do: its inputs with what they still need, the commands to approve, and every problem found.',
  params: z.object({ path: relativePath, inputs: values }),
  result: z.object({
    id: z.string(),
    name: z.string(),
    /** SHA-256 of the file; give it back so that what runs is what was shown. */
    hash: sha256,
    inputs: z.array(
      z.object({
        id: z.string(),
        type: z.string(),
        hasDefault: z.boolean(),
        /** Whether a value was given. Where one is missing without a default, the run asks for it. */
        isGiven: z.boolean(),
      }),
    ),
    nodes: z.int(),
    commands: z.array(z.object({ command: z.string(), hash: sha256, approved: z.boolean() })),
    /** Errors forbid running, warnings do not. */
    problems: z.array(problemSchema),
    model: z.nullable(modelId),
  }),
  errors: melodyErrors,
  runs: 'read',
});

export const melodyRun = request({
  method: 'melody/run',
  direction: 'client→sidecar',
  doc: 'Starts a run of a Melody; answers as soon as it is durable.',
  params: z.object({
    path: relativePath,
    inputs: values,
    /** Hashes of commands a person has seen and approved. */
    approved: z.array(sha256),
    /** What the file must still hold. */
    hash: z.optional(sha256),
    /** The model of nodes that name none. */
    model: z.optional(modelId),
  }),
  result: z.object({ run: z.string() }),
  errors: [
    ...melodyErrors,
    'melody.changed',
    'run.notApproved',
    'run.inputMisfit',
    'run.inputUnknown',
    'node.placeholder',
    'model.none',
    'model.unknown',
    'model.noKey',
    'workspace.notGit',
    'git.failed',
    'data.diskFull',
  ],
  runs: 'write',
});
