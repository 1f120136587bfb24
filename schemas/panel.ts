import * as z from 'zod/mini';
import { boardSnapshot } from './wire/board';
import { textUpTo } from './wire/common';
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
} as const;

export type PanelName = keyof typeof panels;
