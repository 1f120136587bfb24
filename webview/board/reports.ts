import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Question, RecordedEvent } from '../../schemas/journal/events';
import type { PlanReport, RunSummary } from '../../schemas/wire/run';
import type { Rpc } from '../rpc';
import type { ShownProblem } from '../strings';
import { planOf } from './model';

export interface Report {
  readonly summary: RunSummary;
  readonly plans: readonly PlanReport[];
}

export interface AskedQuestion {
  readonly question: Question;
  /** The node that asks, where it is known. */
  readonly node: string | undefined;
}

/** What the board's snapshot does not hold: reports of plans, and the questions that are open. */
export interface Reports {
  readonly report: Signal<Report | null>;
  readonly questions: ReadonlySignal<readonly AskedQuestion[]>;
  planFor(node: string): string | undefined;
  problemOf(node: string): ShownProblem | null;
  /** Asks the host now; an answer that does not come leaves the old report. */
  load(): Promise<void>;
  /** Asks in so many milliseconds, or when an earlier wish for it comes due. */
  refresh(after: number): void;
  /** Takes the events of the run: refreshes, and returns the questions just asked. */
  take(events: readonly RecordedEvent[]): readonly Question[];
}

/** Keeps the report of the run that `run` names at the time. */
export function createReports(rpc: Rpc, run: () => string | null): Reports {
  const report = signal<Report | null>(null);
  const askers = signal<ReadonlyMap<string, string>>(new Map());
  let timer: ReturnType<typeof setTimeout> | undefined;
  let due = 0;

  const planFor = (node: string): string | undefined => {
    const plans = report.value?.plans ?? [];
    return planOf(
      node,
      plans.map(({ plan }) => plan),
    );
  };
  const load = async (): Promise<void> => {
    const asked = run();
    if (asked === null) return;
    try {
      const shown = await rpc.ask('run/show', { run: asked });
      if (asked === run()) report.value = shown;
    } catch {
      // The board itself tells when the host does not answer; an old report is better than none.
    }
  };
  const refresh = (after: number): void => {
    if (timer !== undefined && due <= after) return;
    clearTimeout(timer);
    due = after;
    timer = setTimeout(() => {
      timer = undefined;
      void load();
    }, after);
  };

  return {
    report,
    questions: computed(() =>
      (report.value?.summary.questions ?? []).map((question) => ({
        question,
        node: askers.value.get(question.id),
      })),
    ),
    planFor,
    problemOf: (node) => {
      const plan = planFor(node);
      return report.value?.plans.find((each) => each.plan === plan)?.problem ?? null;
    },
    load,
    refresh,
    take(events) {
      const mine = events.filter((recorded) => recorded.run === run());
      const asked = mine.flatMap(({ event }) => (event.type === 'QuestionAsked' ? [event] : []));
      for (const { question, node } of asked) askers.value = new Map(askers.peek()).set(question.id, node);
      // What a step cost may be seen a little later; that a person is asked may not.
      if (mine.length > 0) refresh(mine.every(({ event }) => event.type === 'StepRecorded') ? 1_000 : 50);
      return asked.map(({ question }) => question);
    },
  };
}
