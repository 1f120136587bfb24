import * as z from 'zod';
import { problem } from '../base';
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

/** Throws `artifact.invalid`, which names the place. */
export function checkedAbout(about: NewArtifact): NewArtifact {
  const found = newArtifact.safeParse(about);
  if (found.success) return about;
  const [issue] = found.error.issues;
  throw problem('artifact.invalid', {
    name: JSON.stringify(about.name ?? null).slice(0, 80),
    place: issue!.path.join('.'),
    detail: issue!.message,
  });
}
