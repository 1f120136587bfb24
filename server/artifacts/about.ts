import * as z from 'zod';
import { problem, type Json } from '../base';
import type { NewArtifact } from './types';

/** What is not shown: characters that control a terminal or the direction of text, and halves of characters. */
// eslint-disable-next-line no-control-regex -- these very characters are kept out
const hidden = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|[\ud800-\udfff]/gu;

/** Any text as a name the store takes. */
export const asName = (text: string, most = 500): string =>
  text.replace(hidden, '\ufffd').slice(0, most).replace(hidden, '\ufffd') || '-';

/** Text that people see and SQLite stores. */
const shown = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => text.search(hidden) === -1, 'holds characters that are not shown');

const mostFactsBytes = 64 * 1024;

const newArtifact = z.object({
  name: shown(500),
  type: z.string().regex(/^[a-z][\w.+/-]{0,99}$/),
  run: shown(200).nullable(),
  node: shown(500).nullable(),
  inputs: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(1000),
  tags: z.array(shown(100)).max(50),
  facts: z.record(z.string(), z.json()).refine((facts) => JSON.stringify(facts).length <= mostFactsBytes, {
    message: `are larger than ${mostFactsBytes} bytes`,
  }),
});

const whole = newArtifact.extend({
  id: z.string().regex(/^artifact-[0-9a-z]{1,40}$/),
  version: z.int().min(1).max(1e9),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.number().min(0).max(1e14),
});

/** What is told of an artifact elsewhere; its size is what its bytes have. Throws `artifact.invalid`. */
export const checkedArtifact = (told: Readonly<Record<string, Json>>) => checked(whole, told);

/** Throws `artifact.invalid`, which names the place. */
export const checkedAbout = (about: NewArtifact): NewArtifact => checked(newArtifact, about) as NewArtifact;

function checked<S extends z.ZodType>(schema: S, about: { readonly name?: unknown }): z.infer<S> {
  const found = schema.safeParse(about);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw problem('artifact.invalid', {
    name: JSON.stringify(about.name ?? null).slice(0, 80),
    place: issue!.path.join('.'),
    detail: issue!.message,
  });
}
