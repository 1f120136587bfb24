import type { reviewContent, reviewList } from '../../schemas/wire/review';
import type { reviewMark, reviewUnits } from '../../schemas/wire/units';
import type { Rpc, Wire } from '../rpc';
import type { Strings } from '../strings';

export interface UnitName {
  readonly path: string;
  readonly unit: string;
}

/** What the review page may ask its host. */
export interface ReviewRequests {
  'review/list': Wire<typeof reviewList>;
  'review/units': Wire<typeof reviewUnits>;
  'review/content': Wire<typeof reviewContent>;
  'review/mark': Wire<typeof reviewMark>;
  'ui/ready': { params: Record<string, never>; result: unknown };
  'ui/decide': {
    params: { decision: 'keep' | 'drop' | 'undecide'; units: readonly UnitName[] };
    result: unknown;
  };
  'ui/undo': { params: Record<string, never>; result: unknown };
  'ui/open': { params: { path: string; unit: string | null }; result: unknown };
}

/** What it is told without asking. */
export interface ReviewPushes {
  init: { changeset: string | null; title: string; strings: Strings };
  /** Units of these files changed; of all files where there are none. */
  changed: { paths: readonly string[] };
}

export type ReviewRpc = Rpc<ReviewRequests, ReviewPushes>;
