import * as z from 'zod';
import { boardSnapshot, runAnswer, runCommand, runList, runShow } from '../../schemas/wire';
import type { ClientRequestName } from '../../schemas/wire';
import { problemOf } from '../problems';
import type { RelayReply } from './types';

/** Every message of a webview has this shape; anything else is dropped. */
const envelope = z.strictObject({
  id: z.union([z.number().int(), z.string().max(100)]).optional(),
  method: z.string().max(100),
  params: z.record(z.string(), z.json()).default({}),
});

/** What each panel may ask the sidecar, and what it may ask of its own panel. */
const allowed = {
  board: {
    requests: {
      boardSnapshot,
      runCommand,
      runAnswer,
      runList,
      runShow,
    },
    ui: {
      'ui/ready': z.object({}),
      'ui/openReview': z.object({ run: z.string().max(200), plan: z.string().max(200).optional() }),
      'ui/openPlan': z.object({ run: z.string().max(200), plan: z.string().max(200) }),
    },
  },
} as const;

type Call = (name: ClientRequestName, params: unknown) => Promise<unknown>;

/**
 * The only way from a webview to the sidecar: checks the message's shape, that its panel may ask this, and the
 * parameters against the schema of the wire; then asks and wraps the answer.
 */
export function createRelay(
  call: Call,
): (panel: keyof typeof allowed, message: unknown) => Promise<RelayReply> {
  return async (panel, message) => {
    const shaped = envelope.safeParse(message);
    if (!shaped.success) return { kind: 'ignored', why: 'shape' };
    const { id = -1, method, params } = shaped.data;
    const { requests, ui } = allowed[panel];
    const own = Object.hasOwn(ui, method) ? ui[method as keyof typeof ui] : undefined;
    if (own) {
      const checked = own.safeParse(params);
      return checked.success
        ? { kind: 'ui', id, method, params: checked.data }
        : refuse(id, method, z.prettifyError(checked.error));
    }
    const found = Object.entries(requests).find(([, spec]) => spec.method === method);
    if (!found)
      return { kind: 'reply', message: { id, problem: { code: 'request.unknown', args: { method } } } };
    const [name, spec] = found;
    const checked = spec.params.safeParse(params);
    if (!checked.success) return refuse(id, method, z.prettifyError(checked.error));
    try {
      return { kind: 'reply', message: { id, result: await call(name as ClientRequestName, checked.data) } };
    } catch (thrown) {
      return { kind: 'reply', message: { id, problem: problemOf(thrown) } };
    }
  };
}

function refuse(id: number | string, method: string, detail: string): RelayReply {
  return { kind: 'reply', message: { id, problem: { code: 'request.invalid', args: { method, detail } } } };
}
