import { panelMessage, panels, type PanelName } from '../../schemas/panel';
import type { ClientRequestName } from '../../schemas/wire';
import { problemOf } from '../problems';
import type { RelayReply } from './types';

type Call = (name: ClientRequestName, params: unknown) => Promise<unknown>;

/**
 * The only way from a webview to the sidecar: checks the message's shape, that its panel may ask this, and the
 * parameters against the schema of the wire; then asks and wraps the answer.
 */
export function createRelay(call: Call): (panel: PanelName, message: unknown) => Promise<RelayReply> {
  return async (panel, message) => {
    const shaped = panelMessage.safeParse(message);
    if (!shaped.success) return { kind: 'ignored', why: 'shape' };
    const { id, method, params } = shaped.data;
    const { requests, ui } = panels[panel];
    if (Object.hasOwn(ui, method)) {
      const checked = ui[method as keyof typeof ui].safeParse(params);
      if (!checked.success) return refuse(id, method, checked.error);
      return { kind: 'ui', id, method, params: checked.data };
    }
    const found = Object.entries(requests).find(([, spec]) => spec.method === method);
    if (!found)
      return { kind: 'reply', message: { id, problem: { code: 'request.unknown', args: { method } } } };
    const [name, spec] = found;
    const checked = spec.params.safeParse(params);
    if (!checked.success) return refuse(id, method, checked.error);
    try {
      return { kind: 'reply', message: { id, result: await call(name as ClientRequestName, checked.data) } };
    } catch (thrown) {
      return { kind: 'reply', message: { id, problem: problemOf(thrown) } };
    }
  };
}

interface Mismatch {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

function refuse(id: number, method: string, { issues }: Mismatch): RelayReply {
  const detail = issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; ');
  return { kind: 'reply', message: { id, problem: { code: 'request.invalid', args: { method, detail } } } };
}
