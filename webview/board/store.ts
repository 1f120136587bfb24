import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { RecordedEvent } from '../../schemas/journal/events';
import type { BoardNode } from '../../schemas/wire/board';
import { NoAnswer, RequestFailed, type Host, type Requests, type Rpc } from '../rpc';
import {
  boardStrings,
  noteText,
  sentencesOf,
  textOf,
  type ShownProblem,
  type Strings,
  type Text,
} from '../strings';
import { layOut, type Layout } from './layout';
import {
  announcementOf,
  applyPatch,
  fromSnapshot,
  isLive,
  sameShape,
  type BoardModel,
  type Patch,
  type RunAction,
} from './model';
import { createReports, type AskedQuestion, type Report } from './reports';
import { savedState, saveOnChange } from './saved';
import type { Viewport } from './viewport';

/** What the page shows in place of, or above, the graph. */
export type Phase = 'loading' | 'noRun' | 'ready' | 'error';

export interface Store {
  readonly phase: Signal<Phase>;
  readonly connected: Signal<boolean>;
  readonly problem: Signal<ShownProblem | null>;
  /** A request of the person's that failed; shown until dismissed. */
  readonly notice: Signal<ShownProblem | null>;
  readonly model: Signal<BoardModel | null>;
  readonly title: ReadonlySignal<string>;
  readonly layout: Signal<Layout | null>;
  readonly report: Signal<Report | null>;
  readonly questions: ReadonlySignal<readonly AskedQuestion[]>;
  readonly announcement: Signal<string>;
  readonly selected: Signal<string | null>;
  readonly viewport: Signal<Viewport | null>;
  readonly view: Signal<'graph' | 'list'>;
  /** What was asked for and not answered yet, so that its button is off. */
  readonly busy: Signal<ReadonlySet<string>>;
  readonly now: Signal<number>;
  readonly strings: Signal<Strings>;
  readonly t: Text;
  /** One signal per node, so that a patch redraws the cards it is about. */
  node(id: string): ReadonlySignal<BoardNode | undefined>;
  planFor(node: string): string | undefined;
  /** The note of a node as a sentence, also where it is the code of a problem. */
  noteOf(node: BoardNode): string;
  start(): void;
  retryNow(): void;
  command(command: RunAction): void;
  answer(question: string, answer: string): void;
  openReview(plan?: string): void;
  openPlan(plan: string): void;
  /** Opens the files a question is about. */
  openFiles(question: string): void;
}

export interface StoreOptions {
  readonly rpc: Rpc;
  readonly host: Pick<Host, 'getState' | 'setState'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const firstWait = 1_000;
const longestWait = 30_000;
const heldPatches = 1_000;

/**
 * The state of the page and everything that changes it. One authority: the host's snapshots and
 * patches. The store never computes what a run is, it only asks again where something is missing.
 */
export function createStore({ rpc, host, now }: StoreOptions): Store {
  const saved = savedState(host.getState());
  const phase = signal<Phase>('loading');
  const connected = signal(true);
  const problem = signal<ShownProblem | null>(null);
  const notice = signal<ShownProblem | null>(null);
  const model = signal<BoardModel | null>(null);
  const givenTitle = signal('');
  const layout = signal<Layout | null>(null);
  const announcement = signal('');
  const selected = signal(saved.selected);
  const viewport = signal<Viewport | null>(
    saved.zoom !== null && saved.pan !== null ? { zoom: saved.zoom, pan: saved.pan } : null,
  );
  const view = signal(saved.view);
  const busy = signal<ReadonlySet<string>>(new Set());
  const clock = signal(now());
  const strings = signal<Strings>(boardStrings);
  const nodes = new Map<string, Signal<BoardNode | undefined>>();
  const t: Text = (key, args) => textOf(strings.value, key, args);

  let run: string | null = null;
  const reports = createReports(rpc, () => run);
  let asking = false;
  let held: Patch[] = [];
  let wait = firstWait;
  let again: ReturnType<typeof setTimeout> | undefined;
  const node = (id: string): Signal<BoardNode | undefined> => {
    let found = nodes.get(id);
    if (!found) nodes.set(id, (found = signal(model.peek()?.nodes.get(id))));
    return found;
  };

  /** Shows a model; `changed` are the nodes that differ. Cards move only when the graph itself did. */
  const take = (next: BoardModel, changed: Iterable<string>, relayout: boolean): void => {
    batch(() => {
      const before = model.peek();
      if (before?.run === next.run) {
        const said = announcementOf(before, next, strings.peek());
        if (said !== '') announcement.value = said;
      }
      model.value = next;
      for (const id of changed) node(id).value = next.nodes.get(id);
      if (relayout) {
        layout.value = layOut([...next.nodes.values()], next.edges, layout.peek() ?? undefined);
        if (selected.peek() !== null && !next.nodes.has(selected.peek()!)) selected.value = null;
      }
    });
  };

  const patch = (arrived: Patch): void => {
    const held_ = model.peek();
    if (asking || !held_) {
      if (held.length < heldPatches) held.push(arrived);
      return;
    }
    const patched = applyPatch(held_, arrived);
    if (patched.kind === 'gap') return void snapshot();
    if (patched.kind !== 'applied') return;
    take(
      patched.model,
      patched.changed,
      patched.changed.some((id) => !held_.nodes.has(id)),
    );
    if (patched.model.state !== held_.state) reports.refresh(0);
  };

  const snapshot = async (): Promise<void> => {
    if (asking || run === null) return;
    asking = true;
    clearTimeout(again);
    const asked = run;
    try {
      const view = await rpc.ask('board/snapshot', { run: asked });
      if (asked !== run) return;
      const next = fromSnapshot(view);
      const before = model.peek();
      const gone = before ? [...before.nodes.keys()].filter((id) => !next.nodes.has(id)) : [];
      batch(() => {
        take(next, [...gone, ...next.nodes.keys()], !sameShape(before, next));
        phase.value = 'ready';
        connected.value = true;
        problem.value = null;
      });
      wait = firstWait;
      reports.refresh(0);
    } catch (reason) {
      if (asked === run) failed(reason);
    } finally {
      asking = false;
      const late = held;
      held = [];
      const at = model.peek()?.revision ?? Infinity;
      for (const arrived of late) if (arrived.to > at) patch(arrived);
      if (run !== null && asked !== run) void snapshot();
    }
  };

  /** An unanswered request, or a sidecar that is gone, is tried again; a refused one waits for the person. */
  const failed = (reason: unknown): void => {
    const refused = reason instanceof RequestFailed && !reason.problem.code.startsWith('sidecar.');
    if (refused) {
      batch(() => {
        problem.value = reason.problem;
        phase.value = 'error';
      });
      return;
    }
    connected.value = false;
    if (reason instanceof RequestFailed) problem.value = reason.problem;
    again = setTimeout(() => void snapshot(), wait);
    wait = Math.min(longestWait, wait * 2);
  };

  const events = (arrived: readonly RecordedEvent[]): void => {
    for (const question of reports.take(arrived)) {
      const { message } = sentencesOf(strings.peek(), question.problem);
      announcement.value = t('announce.question', { question: message });
    }
  };

  /** Asks on behalf of the person: its button is off meanwhile, a failure is shown. */
  const act = <M extends keyof Requests>(key: string, method: M, params: Requests[M]['params']): void => {
    if (busy.peek().has(key)) return;
    busy.value = new Set(busy.peek()).add(key);
    rpc
      .ask(method, params)
      .then(
        // The button stays off until the page has seen what came of it.
        () => (method === 'run/answer' || method === 'run/command' ? reports.load() : undefined),
        (reason: unknown) => {
          if (reason instanceof RequestFailed) notice.value = reason.problem;
          else if (reason instanceof NoAnswer) {
            notice.value = {
              code: '',
              args: {},
              message: t('page.disconnected'),
              fix: t('page.disconnectedHelp'),
            };
          }
        },
      )
      .finally(() => {
        const rest = new Set(busy.peek());
        rest.delete(key);
        busy.value = rest;
      });
  };

  /** Asks to be told what to show; a host that does not answer is asked again by the person. */
  const ready = (): void => void rpc.ask('ui/ready', {}).catch(() => undefined);

  const show = (next: string | null): void => {
    batch(() => {
      if (next !== (model.peek()?.run ?? null)) {
        if (next !== saved.run || model.peek()) {
          selected.value = null;
          viewport.value = null;
        }
        model.value = null;
        layout.value = null;
        reports.report.value = null;
        nodes.clear();
        held = [];
      }
      run = next;
      if (next === null) connected.value = true;
      phase.value = next === null ? 'noRun' : model.peek() ? 'ready' : 'loading';
    });
    void snapshot();
  };

  return {
    phase,
    connected,
    problem,
    notice,
    model,
    title: computed(() => model.value?.title ?? givenTitle.value),
    layout,
    report: reports.report,
    questions: reports.questions,
    announcement,
    selected,
    viewport,
    view,
    busy,
    now: clock,
    strings,
    t,
    node,
    planFor: (id) => reports.planFor(id),
    noteOf: (of) => noteText(strings.value, of.note, reports.problemOf(of.id)),
    start() {
      rpc.on('init', (init) => {
        strings.value = { ...boardStrings, ...init.strings };
        givenTitle.value = init.title;
        show(init.run);
      });
      rpc.on('board/patch', patch);
      rpc.on('events', ({ events: arrived }) => events(arrived));
      ready();
      // The host sends `init` after a reload, too; when it does not, the saved run is better than nothing.
      setTimeout(() => {
        if (run === null && phase.peek() === 'loading') {
          if (saved.run === null) connected.value = false;
          else show(saved.run);
        }
      }, 3_000);
      setInterval(() => {
        const state = model.peek()?.state;
        if (state && isLive(state)) clock.value = now();
      }, 1_000);
      saveOnChange(
        () => ({
          run: model.value?.run ?? run ?? saved.run,
          selected: selected.value,
          zoom: viewport.value?.zoom ?? null,
          pan: viewport.value?.pan ?? null,
          view: view.value,
        }),
        (state) => host.setState(state),
      );
    },
    retryNow() {
      wait = firstWait;
      if (run === null) return ready();
      if (phase.peek() === 'error') phase.value = model.peek() ? 'ready' : 'loading';
      void snapshot();
    },
    command: (command) => run !== null && act(command, 'run/command', { run, command }),
    answer: (question, answer) =>
      run !== null && act(`answer:${question}`, 'run/answer', { run, question, answer }),
    openReview: (plan) =>
      run !== null && act('review', 'ui/openReview', { run, ...(plan === undefined ? {} : { plan }) }),
    openFiles: (question) => run !== null && act('files', 'ui/openFiles', { run, question }),
    openPlan: (plan) => run !== null && act('plan', 'ui/openPlan', { run, plan }),
  };
}
