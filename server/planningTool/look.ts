import { codes, type Problem } from '../../schemas';
import type { PlanningView } from '../../schemas/wire/planning';
import { problemOf } from '../base';
import { readPlanning, roundtrip, type PlanningFiles } from '../planning';
import { planningFiles } from '../storage';

/** The whole model of a project's planning tree. */
export async function showTree(root: string): Promise<PlanningView> {
  return (await readPlanning(planningFiles(root), 0)).view;
}

/** A problem with the place it is about. */
export interface Finding {
  readonly file: string;
  /** 1-based; null where the whole file or tree is meant. */
  readonly line: number | null;
  readonly severity: 'error' | 'warning' | 'info';
  readonly problem: Problem;
}

/**
 * Everything in a tree a person should look at: what could not be understood, what contradicts the disk,
 * and what keeps the phases that are not complete from being executed in order. A phase that merely waits
 * for another is no finding.
 */
export async function lintTree(root: string): Promise<readonly Finding[]> {
  const planning = await readPlanning(planningFiles(root), 0);
  const found = [...planning.view.problems];
  for (const { phases } of planning.view.milestones) {
    for (const { key, state } of phases) {
      if (state !== 'complete') found.push(...(planning.phase(key)?.problems ?? []));
    }
  }
  const unique = new Map(
    found
      .filter(({ code }) => code !== 'planning.unfinishedDependency')
      .map((problem) => [JSON.stringify(problem), findingOf(problem)]),
  );
  return [...unique.values()].sort(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || (a.line ?? 0) - (b.line ?? 0),
  );
}

function findingOf(problem: Problem): Finding {
  const { file, line } = problem.args;
  return {
    file: typeof file === 'string' ? file : '.planning',
    line: typeof line === 'number' ? line : null,
    severity: codes[problem.code].severity,
    problem,
  };
}

export interface RoundtripReport {
  readonly files: number;
  /** Files whose bytes did not come back. */
  readonly different: readonly string[];
  /** Files that could not be read, and so were not tried. */
  readonly problems: readonly Problem[];
  /** By kind of file: its bytes, the share in understood nodes, and the share of prose within all bytes. */
  readonly kinds: Readonly<
    Record<string, { readonly bytes: number; readonly understood: number; readonly prose: number }>
  >;
}

/** Parses every file of a tree and writes it again from its nodes alone, in memory. */
export async function roundtripTree(root: string): Promise<RoundtripReport> {
  const problems: Problem[] = [];
  const files = planningFiles(root);
  const tolerant: PlanningFiles = {
    list: () => files.list(),
    read: (path) =>
      files.read(path).catch((thrown: unknown) => {
        problems.push(problemOf(thrown));
        return undefined;
      }),
  };
  const { files: count, different, kinds } = await roundtrip(tolerant);
  const shares = [...kinds].sort().map(([kind, { bytes, understood, prose }]) => {
    const share = (part: number): number => (bytes === 0 ? 1 : part / bytes);
    return [kind, { bytes, understood: share(understood), prose: bytes === 0 ? 0 : share(prose) }] as const;
  });
  return { files: count, different, problems, kinds: Object.fromEntries(shares) };
}
