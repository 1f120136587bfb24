import { existsSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { PlanningView, PlanView } from '../../schemas/wire/planning';
import { Emitter, type Disposable, type Log } from '../base';
import type { RunFold } from '../engine/state';
import { PlanningMemory, readPlanning, type Planning, type PlanningFiles } from '../planning';
import { reportPlans } from './report';

const settleMs = 100;

/**
 * Keeps the planning tree of the workspace read: reads it on first need, watches `.planning` and reads
 * again when something changed. A reading in progress is shared by everyone who asks; readings never overlap.
 */
export class PlanningDesk implements Disposable {
  readonly changed = new Emitter<number>();
  private reading: Promise<Planning> | undefined;
  /** Kept between readings, so that only files that changed are parsed again. */
  private readonly memory = new PlanningMemory();
  /** Settles when the readings that were asked for are over. */
  private last: Promise<unknown> = Promise.resolve();
  /** Asked for and not begun yet; whoever asks meanwhile gets it too. */
  private next: Promise<Planning> | undefined;
  private revision = 0;
  private shown = '';
  private watcher: FSWatcher | undefined;
  private timer: NodeJS.Timeout | undefined;
  private disposed = false;

  constructor(
    private readonly root: string,
    private readonly files: PlanningFiles,
    private readonly log: Log,
  ) {}

  /** The tree as it stands on disk. Without a watcher (no folder yet) it is read at every call. */
  current(): Promise<Planning> {
    this.watch();
    if (this.reading === undefined || this.watcher === undefined) this.reading = this.read();
    return this.reading;
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    this.watcher?.close();
    this.changed.dispose();
  }

  /** A reading that begins after this call, when the one before is over. */
  private read(): Promise<Planning> {
    this.next ??= this.last.then(() => {
      this.next = undefined;
      return this.readNow();
    });
    this.last = this.next.catch(() => undefined);
    return this.next;
  }

  private async readNow(): Promise<Planning> {
    const planning = await readPlanning(this.files, this.revision, this.memory);
    const shown = JSON.stringify({ ...planning.view, revision: 0 });
    if (shown === this.shown) return planning;
    this.shown = shown;
    this.revision += 1;
    return {
      ...planning,
      view: { ...planning.view, revision: this.revision },
      phase: (id) => planning.phase(id),
    };
  }

  private watch(): void {
    const folder = path.join(this.root, '.planning');
    // Node watches a folder that is not there without a word, and never tells of it: the next call looks again.
    if (this.watcher !== undefined || this.disposed || !existsSync(folder)) return;
    try {
      const watcher = watch(folder, { recursive: true, persistent: false }, () => this.touched());
      watcher.on('error', (thrown) => {
        this.log.warn('watching .planning ended', { reason: String(thrown) });
        watcher.close();
        this.watcher = undefined;
      });
      this.watcher = watcher;
    } catch {
      // It has just gone: the next call looks again.
    }
  }

  private touched(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const before = this.revision;
      this.reading = this.read();
      this.reading.then(
        () => this.revision !== before && this.changed.fire(this.revision),
        (thrown: unknown) => this.log.error('reading .planning failed', { reason: String(thrown) }),
      );
    }, settleMs);
    this.timer.unref();
  }
}

/** The view with the states of running plans laid over what the files say. */
export function withRunningPlans(view: PlanningView, runs: readonly RunFold[]): PlanningView {
  const states = new Map<string, PlanView['state']>();
  for (const run of runs) {
    if (run.kind !== 'phase') continue;
    for (const report of reportPlans(run, undefined)) {
      const state = overlay(run.state, report.state);
      if (state === undefined) states.delete(report.plan);
      else states.set(report.plan, state);
    }
  }
  if (states.size === 0) return view;
  const plan = (one: PlanView): PlanView => ({
    ...one,
    state: one.state === 'complete' ? one.state : (states.get(one.id) ?? one.state),
  });
  return {
    ...view,
    milestones: view.milestones.map((milestone) => ({
      ...milestone,
      phases: milestone.phases.map((phase) => {
        const plans = phase.plans.map(plan);
        return { ...phase, plans, state: phaseState(plans) ?? phase.state };
      }),
    })),
  };
}

/** What the runs of its plans make of a phase's state: work first, then what waits for a person. */
const phaseState = (plans: readonly PlanView[]): PlanView['state'] | undefined =>
  (['running', 'failed', 'waiting'] as const).find((state) => plans.some((plan) => plan.state === state));

/**
 * What a run makes of a plan's state; undefined where the files alone decide. Finished work waits for its review
 * only when the run has ended: until then there is nothing a person could do about it.
 */
function overlay(
  run: RunFold['state'],
  plan: ReturnType<typeof reportPlans>[number]['state'],
): PlanView['state'] | undefined {
  const live = run === 'running' || run === 'waiting';
  if (plan === 'failed') return 'failed';
  if (plan === 'waiting') return 'waiting';
  if (plan === 'completed' && run !== 'cancelled') return live ? 'running' : 'waiting';
  return plan === 'running' && live ? 'running' : undefined;
}
