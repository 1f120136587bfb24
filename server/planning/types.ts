import type { PlanningView } from '../../schemas/wire/planning';
import type { Problem } from '../../schemas/codes';

/** The files of a planning tree as planning needs them; the adapter lives in storage. Paths are below the project. */
export interface PlanningFiles {
  /** Every regular file below `.planning`, as `/`-separated paths relative to the project, sorted. */
  list(): Promise<readonly string[]>;
  /** The exact bytes, or undefined when it is gone. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** A plan as execution needs it. */
export interface ExecutablePlan {
  /** Canonical id, for example `03-01`. */
  readonly id: string;
  readonly file: string;
  readonly title: string;
  readonly objective: string;
  /** The whole plan file as text, for the agent. */
  readonly text: string;
  /** Computed by longest path over the resolved dependencies; 1 is first. */
  readonly wave: number;
  /** Ids of plans of the same phase that must be merged first, every spelling resolved. */
  readonly after: readonly string[];
  readonly files: readonly string[];
  /** Commands of `<automated>` inside `<verify>`, else single-line code of `<verify>`, in order, without repeats. */
  readonly verify: readonly string[];
  /** Plans that have a SUMMARY already are done and are not executed again. */
  readonly done: boolean;
}

export interface ExecutablePhase {
  readonly id: string;
  readonly name: string;
  readonly directory: string;
  readonly plans: readonly ExecutablePlan[];
  /** Errors (cycle, missing dependency) forbid execution; warnings do not. */
  readonly problems: readonly Problem[];
}

export interface Planning {
  readonly view: PlanningView;
  /** Undefined when the roadmap and the folders know no such phase. Accepts `3`, `03`, `2.1`, `phase 3`. */
  phase(id: string): ExecutablePhase | undefined;
}
