import type { UnitState } from '../../schemas/wire/units';
import { sampleReview } from './sampleReview';

/** What a test does with the page's other side. */
export interface FakeReviewHost {
  readonly asked: { id: number; method: string; params: Record<string, unknown> }[];
  readonly violations: string[];
  saved(): unknown;
}

const states: Readonly<Record<string, UnitState>> = { keep: 'kept', drop: 'dropped', undecide: 'undecided' };

/**
 * Stands in for the editor: gives `acquireVsCodeApi`, answers from a changeset it holds and decides as it is
 * told to; the saved state is in the address's hash so that a reload finds it. Runs in the page.
 */
export function startFakeHost(scenario: string): void {
  const review = sampleReview(scenario === 'many');
  const host: FakeReviewHost = { asked: [], violations: [], saved: () => read() };
  const past: (() => string)[] = [];
  const post = (message: unknown) => window.postMessage(message, '*');
  const find = (path: string, unit: string) => review.units.get(path)!.find((each) => each.unit === unit)!;
  const change = (path: string, unit: string, state: UnitState) => {
    const units = review.units.get(path)!;
    review.units.set(
      path,
      units.map((each) => (each.unit === unit ? { ...each, state } : each)),
    );
  };

  const answer = (method: string, params: Record<string, unknown>): unknown => {
    switch (method) {
      case 'review/list':
        return { changesets: scenario === 'none' ? [] : [review.changeset] };
      case 'review/units': {
        const paths = (params['paths'] as string[] | undefined) ?? [...review.units.keys()];
        return {
          mode: 'before',
          sources: review.sources,
          files: paths.map((path) => ({ path, units: review.units.get(path) })),
        };
      }
      case 'review/content':
        return {
          base64: btoa(unescape(encodeURIComponent(review.contents.get(params['hash'] as string) ?? ''))),
        };
      default:
        return {};
    }
  };
  const act = (method: string, params: Record<string, unknown>): void => {
    const units = (params['units'] ?? []) as { path: string; unit: string }[];
    const paths = [...new Set(units.map(({ path }) => path))];
    if (method === 'ui/ready')
      post({
        method: 'init',
        params: { changeset: 'changeset', title: review.changeset.title, strings: {} },
      });
    if (method === 'ui/decide') {
      const former = units.map(({ path, unit }) => ({ path, unit, state: find(path, unit).state }));
      for (const { path, unit } of units) change(path, unit, states[params['decision'] as string]!);
      past.push(() => {
        former.forEach(({ path, unit, state }) => change(path, unit, state));
        return former[0]!.path;
      });
      post({ method: 'changed', params: { paths } });
    }
    if (method === 'ui/undo')
      post({ method: 'changed', params: { paths: [past.pop()?.() ?? ''].filter(Boolean) } });
    if (method === 'review/mark') {
      for (const { path, unit } of units)
        review.units.set(
          path,
          review.units
            .get(path)!
            .map((each) =>
              each.unit === unit ? { ...each, reviewed: params['reviewed'] as boolean } : each,
            ),
        );
      post({ method: 'changed', params: { paths } });
    }
  };

  const problem = {
    code: 'data.corrupt',
    args: { path: 'review.db', detail: 'a checksum is wrong', backup: '' },
    message: 'review.db is damaged.',
    fix: 'See the log.',
  };
  const api = {
    postMessage(message: { id: number; method: string; params: Record<string, unknown> }) {
      host.asked.push(message);
      const failing = scenario === 'error' && message.method === 'review/units';
      setTimeout(() => {
        post(
          failing
            ? { id: message.id, problem }
            : { id: message.id, result: answer(message.method, message.params) },
        );
        act(message.method, message.params);
      }, 5);
    },
    getState: () => read(),
    setState: (state: unknown) => void (location.hash = encodeURIComponent(JSON.stringify(state))),
  };
  const read = (): unknown =>
    location.hash.length > 1 ? JSON.parse(decodeURIComponent(location.hash.slice(1))) : undefined;
  document.addEventListener('securitypolicyviolation', (event) =>
    host.violations.push(event.violatedDirective),
  );
  Object.assign(window, { fakeHost: host, acquireVsCodeApi: () => api });
}
