import * as z from 'zod/mini';
import { request } from '../define';
import { intBetween, intFrom, sha256, textBetween, textUpTo } from './common';

/** One version of something that was made; `schemas` cannot know what is in it. Times are milliseconds since the epoch. */
export const artifact = z.object({
  id: z.string(),
  name: z.string(),
  version: z.int(),
  type: z.string(),
  hash: sha256,
  /** Bytes before compression. */
  size: z.int(),
  createdAt: z.number(),
  run: z.nullable(z.string()),
  node: z.nullable(z.string()),
  tags: z.array(z.string()),
  inputs: z.array(z.string()),
  quality: z.nullable(z.object({ score: z.number(), reasons: z.array(z.string()) })),
});
export type ArtifactView = z.infer<typeof artifact>;

const counts = z.record(z.string(), z.int());
const id = textBetween(1, 200);

export const artifactSearch = request({
  method: 'artifact/search',
  direction: 'client→sidecar',
  doc: 'What agents and runs made, by words, tags, type, run and time; the best first, with what was found in it.',
  params: z.object({
    text: z.optional(textUpTo(1000)),
    tags: z.optional(z.array(textBetween(1, 100)).check(z.maxLength(20))),
    type: z.optional(textBetween(1, 100)),
    run: z.optional(id),
    createdAfter: z.optional(z.number()),
    createdBefore: z.optional(z.number()),
    limit: z.optional(intBetween(1, 100)),
    offset: z.optional(intFrom(0)),
  }),
  result: z.object({
    hits: z.array(
      z.object({
        artifact,
        score: z.number(),
        highlights: z.array(z.object({ text: z.string(), marks: z.array(z.array(z.int())) })),
      }),
    ),
    total: z.int(),
    isTotalExact: z.boolean(),
    facets: z.object({ types: counts, tags: counts, runs: counts }),
    /** Artifacts put so recently that they are not searched yet. */
    indexLag: z.int(),
  }),
  errors: ['data.corrupt'],
  runs: 'read',
});

const step = z.object({ hash: sha256, by: z.string(), distance: z.int(), artifacts: z.array(artifact) });

export const artifactShow = request({
  method: 'artifact/show',
  direction: 'client→sidecar',
  doc: 'One artifact with its versions, what it was made from and what was made from it.',
  params: z.object({ artifact: id }),
  result: z.object({
    artifact,
    versions: z.array(artifact),
    lineage: z.object({ up: z.array(step), down: z.array(step) }),
  }),
  errors: ['artifact.unknown'],
  runs: 'read',
});

export const artifactContent = request({
  method: 'artifact/content',
  direction: 'client→sidecar',
  doc: 'The exact bytes of an artifact, verified, in base64.',
  params: z.object({ artifact: id }),
  result: z.object({ base64: z.string() }),
  errors: ['artifact.unknown', 'data.corrupt'],
  runs: 'read',
});

export const artifactDiff = request({
  method: 'artifact/diff',
  direction: 'client→sidecar',
  doc: 'The lines that differ between two artifacts, as a patch.',
  params: z.object({ one: id, other: id }),
  result: z.object({ patch: z.string() }),
  errors: ['artifact.unknown', 'artifact.binary', 'artifact.tooLarge', 'data.corrupt'],
  runs: 'read',
});

export const artifactRestore = request({
  method: 'artifact/restore',
  direction: 'client→sidecar',
  doc: 'Makes an old version the newest, as a new version with its bytes.',
  params: z.object({ artifact: id }),
  result: z.object({ artifact }),
  errors: ['artifact.unknown', 'data.diskFull', 'data.corrupt'],
  runs: 'write',
});

export const artifactCheck = request({
  method: 'artifact/check',
  direction: 'client→sidecar',
  doc: 'Compares what is counted with a full scan of what is stored; no findings where everything agrees.',
  params: z.object({}),
  result: z.object({ findings: z.array(z.string()) }),
  errors: ['data.corrupt'],
  runs: 'read',
});
