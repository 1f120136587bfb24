import * as z from 'zod/mini';
import { intBetween, textBetween, textUpTo } from '../wire/common';
import { about, named } from './about';
import { melodyEdge } from './edge';
import { melodyNode } from './node';
import { runPolicy } from './policy';
import { trigger } from './trigger';

/** The version this program writes. Older ones are migrated, newer ones refused. */
export const melodyVersion = 1;

/** Bounds of one Melody, bodies counted in; sizes are bytes. */
export const melodyLimits = {
  nodes: 10_000,
  edges: 50_000,
  triggers: 100,
  /** Loops and maps in each other. */
  bodies: 8,
  /** Brackets in each other in the file. */
  depth: 200,
  fileBytes: 32 * 1024 * 1024,
} as const;

const resources = z.record(textBetween(1, 60), intBetween(1, 1000));

export const settings = about(
  z.strictObject({
    parallel: z.optional(about(intBetween(1, 1000), 'Nodes at work at once.')),
    resources: z.optional(
      about(resources, 'Nodes at work at once by resource class; an absent class is unbounded.'),
    ),
    permissions: z.optional(
      about(z.array(textBetween(1, 200)).check(z.maxLength(100)), 'What its nodes ask to be allowed.'),
    ),
    notify: z.optional(
      about(z.array(z.enum(['completed', 'failed', 'question'])), 'What a person is told of.'),
    ),
  }),
  'How a run of this Melody behaves.',
);

export const metadata = about(
  z.strictObject({
    author: z.optional(textUpTo(200)),
    tags: z.optional(z.array(textBetween(1, 60)).check(z.maxLength(50))),
    category: z.optional(textUpTo(100)),
    icon: z.optional(textUpTo(200)),
    color: z.optional(textUpTo(40)),
    release: z.optional(about(textUpTo(40), 'The author’s own version of the Melody, for example 1.4.0.')),
    createdAt: z.optional(z.iso.datetime({ offset: true })),
    updatedAt: z.optional(z.iso.datetime({ offset: true })),
    custom: z.optional(z.record(z.string(), z.json())),
  }),
  'What people and tools keep beside the Melody.',
);

const heading = {
  $schema: z.optional(textUpTo(1000)),
  version: about(z.literal(melodyVersion), 'The version of the format.'),
  id: about(textBetween(1, 200), 'Names the Melody wherever it is spoken of.'),
  name: about(textBetween(1, 300), 'What a person reads.'),
  description: z.optional(textUpTo(4000)),
  metadata: z.optional(metadata),
  settings: z.optional(settings),
  policy: z.optional(runPolicy),
  triggers: z.optional(z.array(trigger).check(z.maxLength(melodyLimits.triggers))),
};

/** A workflow as a person writes it, the file `*.melody.json`. */
export const melody = named(
  z.strictObject({
    ...heading,
    nodes: z.array(melodyNode).check(z.maxLength(melodyLimits.nodes)),
    edges: z.array(melodyEdge).check(z.maxLength(melodyLimits.edges)),
  }),
  'melody',
  'A Melody: steps, and what flows between them.',
);

/** A Melody without its nodes and edges, which are looked at one by one. */
export const melodyFrame = z.strictObject({
  ...heading,
  nodes: z.array(z.unknown()),
  edges: z.array(z.unknown()),
});

export type Melody = z.infer<typeof melody>;
