import * as z from 'zod';
import { boardSnapshot } from './wire/board';
import { runAnswer, runCommand, runList, runShow } from './wire/run';

/** What a webview posts to the client: a request of this shape, or it is dropped. */
export const panelMessage = z.strictObject({
  id: z.number().int(),
  method: z.string().max(100),
  params: z.record(z.string(), z.json()).default({}),
});

/** What each panel may ask: of the sidecar, by the names of the wire, and of its own panel. */
export const panels = {
  board: {
    requests: { boardSnapshot, runCommand, runAnswer, runList, runShow },
    ui: {
      /** The page listens now: it is told what to show. What is posted to a page before that may be lost. */
      'ui/ready': z.object({}),
      /** Opens the proposed changes of a run, or of one plan of it. */
      'ui/openReview': z.object({ run: z.string().max(200), plan: z.string().max(200).optional() }),
      /** Opens the files a question of a run is about. */
      'ui/openFiles': z.object({ run: z.string().max(200), question: z.string().max(200) }),
      /** Opens the file of a plan. */
      'ui/openPlan': z.object({ run: z.string().max(200), plan: z.string().max(200) }),
    },
  },
} as const;

export type PanelName = keyof typeof panels;
