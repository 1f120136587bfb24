import * as z from 'zod/mini';
import { boardSnapshot } from './wire/board';
import { relativePath, textUpTo } from './wire/common';
import { reviewContent, reviewList } from './wire/review';
import { reviewMark, reviewUnits } from './wire/units';
import { runAnswer, runCommand, runList, runShow } from './wire/run';

/** What a webview posts to the client: a request of this shape, or it is dropped. */
export const panelMessage = z.strictObject({
  id: z.int(),
  method: textUpTo(100),
  params: z._default(z.record(z.string(), z.json()), {}),
});

/** What each panel may ask: of the sidecar, by the names of the wire, and of its own panel. */
export const panels = {
  board: {
    requests: { boardSnapshot, runCommand, runAnswer, runList, runShow },
    ui: {
      /** The page listens now: it is told what to show. What is posted to a page before that may be lost. */
      'ui/ready': z.object({}),
      /** Opens the proposed changes of a run, or of one plan of it. */
      'ui/openReview': z.object({ run: textUpTo(200), plan: z.optional(textUpTo(200)) }),
      /** Opens the files a question of a run is about. */
      'ui/openFiles': z.object({ run: textUpTo(200), question: textUpTo(200) }),
      /** Opens the file of a plan. */
      'ui/openPlan': z.object({ run: textUpTo(200), plan: textUpTo(200) }),
    },
  },
  review: {
    requests: { reviewList, reviewUnits, reviewContent, reviewMark },
    ui: {
      'ui/ready': z.object({}),
      /** Decides on units; the editor hands unsaved documents along and tells what came of it. */
      'ui/decide': z.object({
        decision: z.enum(['keep', 'drop', 'undecide']),
        units: z.array(z.object({ path: relativePath, unit: textUpTo(100) })),
      }),
      /** Takes the last decision back. */
      'ui/undo': z.object({}),
      /** Opens a file of the changeset beside its baseline, at a unit. */
      'ui/open': z.object({ path: relativePath, unit: z.nullable(textUpTo(100)) }),
    },
  },
} as const;

export type PanelName = keyof typeof panels;
