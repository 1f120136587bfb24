import type { Problem } from '../../schemas/codes';
import { comparePlanIds, normalPhaseId, normalPlanId, slugOf } from './ids';
import type { Value } from './text/values';

/** A plan as ordering sees it. */
export interface OrderInput {
  readonly id: string;
  readonly file: string;
  readonly done: boolean;
  readonly dependsOn: readonly Value[];
  readonly wave: Value | undefined;
  readonly files: readonly string[];
}

export interface Ordered {
  readonly wave: number;
  readonly after: readonly string[];
}

/** What is known of a plan or phase outside the phase at hand. */
export type Elsewhere = (
  dependency: string,
) => { readonly done: boolean; readonly phase: string } | undefined;

/**
 * Waves and predecessors of the plans of one phase. A wave is the longest path over the dependencies,
 * 1 the first; a declared later wave is a further barrier. Plans of one wave that change the same files
 * are put one after the other. Cycles are reported and their closing edge is left out.
 */
export function orderPlans(
  phase: string,
  plans: readonly OrderInput[],
  elsewhere: Elsewhere,
): { readonly order: ReadonlyMap<string, Ordered>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const resolve = resolver(plans);
  const after = new Map<string, string[]>();
  for (const plan of plans) {
    const ids = new Set<string>();
    for (const dependency of plan.dependsOn) {
      if (meansNothing(dependency.text)) continue;
      const id = resolve(dependency.text);
      if (id !== undefined) ids.add(id);
      else if (!plan.done) problems.push(...unresolved(plan, dependency, elsewhere));
    }
    after.set(plan.id, [...ids]);
  }
  const sorted = breakCycles(phase, plans, after, problems);
  const waves = computeWaves(sorted, after, plans, problems);
  serialiseOverlaps(plans, waves, after, problems);
  const order = new Map(
    plans.map((plan) => [plan.id, { wave: waves.get(plan.id)!, after: after.get(plan.id)! }]),
  );
  return { order, problems };
}

/** The id of a plan of this phase for every spelling: `03-01`, `1`, `01`, `03-01-PLAN.md`, `03-PLAN-1`, slugs. */
function resolver(plans: readonly OrderInput[]): (text: string) => string | undefined {
  const byName = new Map<string, string | undefined>();
  const name = (key: string, id: string): void => {
    if (key === '') return;
    // A name two plans share names neither.
    byName.set(key, byName.has(key) && byName.get(key) !== id ? undefined : id);
  };
  for (const plan of plans) name(normalPlanId(plan.id), plan.id);
  for (const plan of plans) {
    const base = plan.file.slice(plan.file.lastIndexOf('/') + 1).replace(/\.md$/i, '');
    const directory = plan.file.split('/').at(-2) ?? '';
    const number = plan.id.slice(plan.id.search(/-(?=[^-]*$)/) + 1);
    const rest = /^[^-]+-(.+)$/.exec(plan.id)?.[1] ?? number;
    for (const spelling of [base, plan.file, rest, `plan ${rest}`, `plan-${rest}`, `${directory}-${rest}`]) {
      const key = normalPlanId(stripped(spelling));
      if (!byName.has(key)) name(key, plan.id);
    }
    const slug = slugOf(base.replace(/^[\d.]+[a-z]?(?:-\d+[a-z]?)?-?/i, '').replace(/-?plan$/i, ''));
    if (slug !== '' && !byName.has(slug)) name(slug, plan.id);
  }
  return (text) => {
    for (const candidate of spellings(text)) {
      const id = byName.get(normalPlanId(candidate)) ?? byName.get(slugOf(candidate));
      if (id !== undefined) return id;
    }
    return undefined;
  };
}

/** A dependency as written, without its file name parts, and its leading id where prose follows. */
export function spellings(text: string): string[] {
  const plain = stripped(text);
  const leading =
    /^(?:plan\s+)?((?:[A-Z][A-Z0-9_]*-(?=\d))?\d+[A-Za-z]?(?:\.\d+)*(?:-\d+[a-z]?(?:-FIX\d*)*)?)(?=[\s(,:;]|$)/i.exec(
      plain,
    );
  return leading ? [plain, leading[1]!] : [plain];
}

function stripped(text: string): string {
  return text
    .trim()
    .replace(/^[`"']+|[`"']+$/g, '')
    .replace(/^.*\//, '')
    .replace(/\.md$/i, '')
    .replace(/-(?:PLAN|SUMMARY)$/i, '')
    .replace(/-PLAN-(?=\d)/i, '-')
    .replace(/^PLAN-(?=\d)/i, '');
}

function meansNothing(text: string): boolean {
  return /^\W*(?:none|nothing|null|n\/a|~|-|—)?\W*$/i.test(text);
}

function unresolved(plan: OrderInput, dependency: Value, elsewhere: Elsewhere): Problem[] {
  const found = spellings(dependency.text)
    .map((spelling) => elsewhere(spelling))
    .find((one) => one !== undefined);
  if (found?.done) return [];
  const args = { file: plan.file, line: dependency.line, dependency: dependency.text.slice(0, 200) };
  return found
    ? [{ code: 'planning.unfinishedDependency', args: { ...args, phase: found.phase } }]
    : [{ code: 'planning.missingDependency', args }];
}

/** Plan ids, predecessors first. The edge that closes a cycle is removed from `after` and reported with its path. */
function breakCycles(
  phase: string,
  plans: readonly OrderInput[],
  after: Map<string, string[]>,
  problems: Problem[],
): string[] {
  const sorted: string[] = [];
  const state = new Map<string, 'open' | 'closed'>();
  for (const root of plans) {
    if (state.has(root.id)) continue;
    const path: { id: string; next: number }[] = [{ id: root.id, next: 0 }];
    state.set(root.id, 'open');
    while (path.length > 0) {
      const top = path.at(-1)!;
      const before = after.get(top.id)!;
      const id = before[top.next];
      if (id === undefined) {
        state.set(top.id, 'closed');
        sorted.push(top.id);
        path.pop();
      } else if (state.get(id) === 'open') {
        const from = path.findIndex((step) => step.id === id);
        const cycle = [...path.slice(from).map((step) => step.id), id].join(' → ');
        problems.push({ code: 'planning.cycle', args: { phase, path: cycle } });
        before.splice(top.next, 1);
      } else {
        top.next += 1;
        if (!state.has(id)) {
          state.set(id, 'open');
          path.push({ id, next: 0 });
        }
      }
    }
  }
  return sorted;
}

function computeWaves(
  sorted: readonly string[],
  after: ReadonlyMap<string, readonly string[]>,
  plans: readonly OrderInput[],
  problems: Problem[],
): Map<string, number> {
  const byId = new Map(plans.map((plan) => [plan.id, plan]));
  // Some trees count waves from 0.
  const shift = plans.some((plan) => plan.wave?.text !== undefined && Number(plan.wave.text) === 0) ? 1 : 0;
  const computed = new Map<string, number>();
  const waves = new Map<string, number>();
  for (const id of sorted) {
    const before = after.get(id)!;
    const longest = (of: ReadonlyMap<string, number>): number =>
      1 + Math.max(0, ...before.map((other) => of.get(other) ?? 0));
    computed.set(id, longest(computed));
    const { wave, file } = byId.get(id)!;
    const declared = wave === undefined ? undefined : Math.min(Number(wave.text) + shift, mostWaves);
    waves.set(id, Math.max(longest(waves), declared ?? 1));
    if (wave && declared !== computed.get(id)) {
      const args = {
        file,
        line: wave.line,
        plan: id,
        declared: wave.text,
        computed: computed.get(id)! - shift,
      };
      problems.push({ code: 'planning.waveMismatch', args });
    }
  }
  return waves;
}

/** A declared wave above this is a slip of the pen, not an order. */
const mostWaves = 999;

function serialiseOverlaps(
  plans: readonly OrderInput[],
  waves: ReadonlyMap<string, number>,
  after: Map<string, string[]>,
  problems: Problem[],
): void {
  const open = plans
    .filter((plan) => !plan.done)
    .sort((a, b) => comparePlanIds(normalPlanId(a.id), normalPlanId(b.id)));
  open.forEach((second, index) => {
    for (const first of open.slice(0, index)) {
      if (waves.get(first.id) !== waves.get(second.id)) continue;
      const shared = second.files.filter((file) => first.files.some((other) => overlaps(file, other)));
      if (shared.length === 0) continue;
      after.get(second.id)!.push(first.id);
      const files = shared.slice(0, 3).join(', ') + (shared.length > 3 ? ', …' : '');
      problems.push({ code: 'planning.filesOverlap', args: { first: first.id, second: second.id, files } });
    }
  });
}

/** Whether two entries of files_modified can mean one file: equal, or one is a folder around the other. */
function overlaps(left: string, right: string): boolean {
  const a = folderOf(left);
  const b = folderOf(right);
  return (
    left === right || (a !== undefined && right.startsWith(a)) || (b !== undefined && left.startsWith(b))
  );
}

function folderOf(path: string): string | undefined {
  const folder = path.replace(/\*.*$/, '');
  return folder.endsWith('/') && folder.length > 1 ? folder : undefined;
}

/** The phase a dependency like `Phase 2`, `02` or `02-auth` names as a whole. */
export function phaseOfDependency(text: string): string | undefined {
  const match = /^(?:phase\s+)?(\d+[A-Za-z]?(?:\.\d+)*)(?:-(?!\d+[a-z]?(?:\s|$))\S*)?(?=[\s(,:;]|$)/i.exec(
    text.trim(),
  );
  return match ? normalPhaseId(match[1]!) : undefined;
}
