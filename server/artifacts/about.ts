import * as z from 'zod';
import { problem } from '../base';
import type { NewArtifact } from './types';

/** Text that people see and SQLite stores: whole characters, none that control a terminal. */
const shown = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => !/[\ud800-\udfff]/u.test(text), 'holds half a character')
    // eslint-disable-next-line no-control-regex -- these very characters are kept out
    .refine((text) => !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text), {
      message: 'holds characters that are not shown',
    });

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
