import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { ReviewUnit } from '../../schemas/wire/units';
import { NoAnswer, RequestFailed, type Host } from '../rpc';
import type { ShownProblem, Strings } from '../strings';
import { createContents, type Contents } from './contents';
import {
  countsOf,
  nextUndecided,
  rowsOf,
  shows,
  unitsAt,
  type Counts,
  type Filter,
  type ReviewModel,
  type Row,
} from './model';
import { reviewStrings, reviewText, type ReviewText } from './strings';
import type { ReviewRequests, ReviewRpc, UnitName } from './wire';

export type Phase = 'loading' | 'none' | 'ready' | 'error';
export type Decision = 'keep' | 'drop' | 'undecide';

export interface ReviewStore {
  readonly phase: Signal<Phase>;
  readonly title: Signal<string>;
  readonly problem: Signal<ShownProblem | null>;
  readonly model: Signal<ReviewModel | null>;
  readonly filter: Signal<Filter>;
  readonly rows: ReadonlySignal<readonly Row[]>;
  readonly counts: ReadonlySignal<Counts>;
  /** Where the selection is among the rows; -1 where there are none. */
  readonly at: ReadonlySignal<number>;
  readonly announcement: Signal<string>;
  readonly showsKeys: Signal<boolean>;
  readonly contents: Contents;
  readonly t: ReviewText;
  start(): void;
  load(): Promise<void>;
  select(at: number): void;
  decide(decision: Decision, units?: readonly UnitName[]): void;
  undo(): void;
  mark(): void;
  open(): void;
}

export interface ReviewStoreOptions {
  readonly rpc: ReviewRpc;
  readonly host: Pick<Host, 'getState' | 'setState'>;
}

const everything: Filter = { show: 'all', plan: '', text: '' };

/** The state of the page. What was decided is known to the sidecar alone; the page asks again where it changed. */
export function createReviewStore({ rpc, host }: ReviewStoreOptions): ReviewStore {
  const saved = savedState(host.getState());
  const phase = signal<Phase>('loading');
  const title = signal('');
  const problem = signal<ShownProblem | null>(null);
  const model = signal<ReviewModel | null>(null);
  const filter = signal<Filter>(saved.filter);
  const selected = signal<string | null>(saved.selected);
  const announcement = signal('');
  const strings = signal<Strings>(reviewStrings);
  const t = reviewText(() => strings.value);
  let changeset: string | null = saved.changeset;

  const rows = computed(() => (model.value ? rowsOf(model.value, filter.value) : []));
  const counts = computed(() =>
    model.value ? countsOf(model.value) : { all: 0, undecided: 0, kept: 0, dropped: 0 },
  );
  /** Where the selected row went out of sight, its place stays selected. */
  let lastAt = 0;
  const at = computed(() => {
    const found = rows.value.findIndex(({ key }) => key === selected.value);
    if (found !== -1) return (lastAt = found);
    return Math.min(lastAt, rows.value.length - 1);
  });

  const failed = (thrown: unknown): void => {
    if (thrown instanceof RequestFailed) problem.value = thrown.problem;
    else if (thrown instanceof NoAnswer)
      problem.value = { code: 'sidecar.failed', args: { detail: thrown.message } };
    else throw thrown;
  };

  const load = async (): Promise<void> => {
    if (changeset === null) return void (phase.value = 'none');
    const asked = changeset;
    try {
      const [{ changesets }, answer] = await Promise.all([
        rpc.ask('review/list', { open: false }),
        rpc.ask('review/units', { changeset: asked }),
      ]);
      const found = changesets.find((one) => one.changeset === asked);
      if (!found || asked !== changeset) return void (phase.value = found ? phase.value : 'none');
      batch(() => {
        model.value = {
          changeset: asked,
          files: new Map(found.files.map((file) => [file.path, file])),
          plans: found.groups,
          sources: answer.sources,
          units: new Map(answer.files.map((file) => [file.path, file.units])),
        };
        problem.value = null;
        phase.value = 'ready';
      });
    } catch (thrown) {
      failed(thrown);
      if (!model.peek()) phase.value = 'error';
    }
  };

  /** Asks again for the files that changed; where that was another one's work, the selection stays. */
  const refresh = async (paths: readonly string[]): Promise<void> => {
    const held = model.peek();
    if (!held || changeset === null || paths.length === 0 || paths.length > 200) return load();
    try {
      const answer = await rpc.ask('review/units', { changeset, paths: [...paths] });
      const units = new Map<string, readonly ReviewUnit[]>(model.peek()!.units);
      for (const file of answer.files) units.set(file.path, file.units);
      model.value = { ...model.peek()!, sources: answer.sources, units };
    } catch (thrown) {
      failed(thrown);
    }
  };

  const ask = <M extends keyof ReviewRequests>(method: M, params: ReviewRequests[M]['params']): void =>
    void rpc.ask(method, params).catch(failed);

  const select = (to: number): void => {
    const row = rows.peek()[Math.max(0, Math.min(to, rows.peek().length - 1))];
    if (row) selected.value = row.key;
  };

  const decide = (decision: Decision, given?: readonly UnitName[]): void => {
    const units = given ?? unitsAt(rows.peek(), at.peek());
    if (units.length === 0) return;
    ask('ui/decide', { decision, units });
    const left = counts.peek().undecided - (decision === 'undecide' ? 0 : units.length);
    const state = t(
      decision === 'keep' ? 'state.kept' : decision === 'drop' ? 'state.dropped' : 'state.undecided',
    );
    announcement.value = t('announce.decided', { what: units[0]!.path, state, left: Math.max(0, left) });
    if (decision !== 'undecide') select(nextUndecided(rows.peek(), at.peek()));
  };

  return {
    ...{ phase, title, problem, model, filter, rows, counts, at, announcement, t, load, select, decide },
    showsKeys: signal(false),
    contents: createContents(rpc),
    undo: () => ask('ui/undo', {}),
    mark() {
      const units = unitsAt(rows.peek(), at.peek());
      const row = rows.peek()[at.peek()];
      if (units.length === 0 || changeset === null) return;
      const reviewed = !(row?.kind === 'unit' && row.unit.reviewed);
      ask('review/mark', { changeset, units, reviewed });
    },
    open() {
      const row = rows.peek()[at.peek()];
      if (row) ask('ui/open', { path: row.path, unit: row.kind === 'unit' ? row.unit.unit : null });
    },
    start() {
      rpc.on('init', (given) => {
        batch(() => {
          strings.value = given.strings;
          title.value = given.title;
        });
        changeset = given.changeset;
        void load();
      });
      rpc.on('changed', ({ paths }) => void refresh(paths));
      effect(() =>
        host.setState({
          changeset: model.value?.changeset ?? changeset,
          filter: filter.value,
          selected: selected.value,
        }),
      );
      void rpc.ask('ui/ready', {}).catch(failed);
    },
  };
}

interface Saved {
  readonly changeset: string | null;
  readonly filter: Filter;
  readonly selected: string | null;
}

/** What an earlier, maybe older, page saved; whatever does not fit is as if never saved. */
export function savedState(from: unknown): Saved {
  const raw = (typeof from === 'object' && from !== null ? from : {}) as Record<string, unknown>;
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const given = (typeof raw['filter'] === 'object' && raw['filter'] !== null ? raw['filter'] : {}) as Record<
    string,
    unknown
  >;
  return {
    changeset: text(raw['changeset']),
    selected: text(raw['selected']),
    filter: {
      show: shows.find((one) => one === given['show']) ?? everything.show,
      plan: text(given['plan']) ?? '',
      text: text(given['text']) ?? '',
    },
  };
}
