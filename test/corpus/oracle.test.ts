import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { PhaseView, PlanningView } from '../../schemas';
import { readPlanning } from '../../server/planning';
import { corpusFolder, filesOf } from './files';

interface OraclePhase {
  readonly number: string;
  readonly name: string;
  readonly goal: string | null;
  readonly plan_count: number;
  readonly summary_count: number;
  readonly disk_status: string;
  readonly roadmap_complete: boolean;
}

/** Every way in which we differ from gsd-core, and why; a difference without a reason fails. */
const reasons = {
  marks: 'marks such as ✅ at the end of a heading are a state to us, not part of the name',
  disk: 'its counts differ from the files in the folder; ours are those of the files',
  ticked: 'it takes a ticked box for complete although plans have no SUMMARY',
  mentioned: 'the roadmap says complete and there is no folder; it looks at the folder alone',
  empty: 'it sees no phases where the roadmap has only bullets, tables or details',
} as const;

describe('what gsd-core prints for real trees', () => {
  it('differs from what we show for known reasons only', async function () {
    this.timeout(60_000);
    const oracle = corpusFolder('oracle');
    const projects = corpusFolder('planning');
    if (oracle === undefined || projects === undefined) {
      console.log('      skipped: SYMPHONY_CORPUS names no folder with real trees');
      return this.skip();
    }
    const counts = new Map<string, number>();
    const unexplained: string[] = [];
    for (const project of readdirSync(projects)) {
      const printed = path.join(oracle, `${project}.roadmap.json`);
      if (!existsSync(printed)) continue;
      const { phases } = JSON.parse(readFileSync(printed, 'utf8')) as { phases: OraclePhase[] };
      const planning = await readPlanning(filesOf(path.join(projects, project)), 1);
      const differ = (reason: keyof typeof reasons | undefined, what: string): void => {
        if (reason === undefined) unexplained.push(`${project}: ${what}`);
        else counts.set(reasons[reason], (counts.get(reasons[reason]) ?? 0) + 1);
      };
      if (phases.length === 0 && all(planning.view).length > 0) differ('empty', '');
      for (const theirs of phases) {
        // Numbers repeat after a milestone; the one with their name is meant.
        const same = all(planning.view).filter((phase) => phase.id === planning.phase(theirs.number)?.id);
        const ours = same.find((phase) => phase.name === bare(theirs.name)) ?? same.at(-1);
        if (!ours) differ(undefined, `${theirs.number} is missing`);
        else compare(ours, theirs, path.join(projects, project), differ);
      }
    }
    for (const [reason, count] of counts) console.log(`      ${count} × ${reason}`);
    assert.deepEqual(unexplained, []);
  });
});

function compare(
  ours: PhaseView,
  theirs: OraclePhase,
  project: string,
  differ: (reason: keyof typeof reasons | undefined, what: string) => void,
): void {
  const where = `phase ${theirs.number}`;
  if (ours.name !== theirs.name) {
    differ(
      ours.name === bare(theirs.name) ? 'marks' : undefined,
      `${where}: name ${ours.name} for ${theirs.name}`,
    );
  }
  if (theirs.goal !== null && plain(ours.goal) !== plain(theirs.goal))
    differ(undefined, `${where}: goal ${ours.goal} for ${theirs.goal}`);
  const done = ours.plans.filter((plan) => plan.state === 'complete').length;
  if (ours.plans.length !== theirs.plan_count || done !== theirs.summary_count) {
    const [plans, summaries] = onDisk(project, ours);
    const right = plans === ours.plans.length && summaries === done;
    differ(
      right ? 'disk' : undefined,
      `${where}: ${done}/${ours.plans.length} for ${theirs.summary_count}/${theirs.plan_count}`,
    );
  }
  const complete = theirs.disk_status === 'complete';
  if ((ours.state === 'complete') !== complete) {
    const counted = ours.plans.length === theirs.plan_count && done === theirs.summary_count;
    const reason =
      complete && theirs.roadmap_complete && done < ours.plans.length
        ? 'ticked'
        : !complete && ours.directory === null
          ? 'mentioned'
          : counted
            ? undefined
            : 'disk';
    differ(reason, `${where}: ${ours.state} for ${theirs.disk_status}`);
  }
}

/** Plans and plans with a SUMMARY of their name, counted plainly. */
function onDisk(project: string, phase: PhaseView): [number, number] {
  if (phase.directory === null) return [0, 0];
  const names = readdirSync(path.join(project, phase.directory));
  const plans = names.filter((name) => /PLAN\.md$/.test(name));
  return [plans.length, plans.filter((name) => names.includes(name.replace('PLAN', 'SUMMARY'))).length];
}

function all(view: PlanningView): PhaseView[] {
  return view.milestones.flatMap((milestone) => milestone.phases);
}

function bare(name: string): string {
  return name.replace(/[^\p{L}\p{N})]+$/u, '');
}

function plain(text: string): string {
  return text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*~]/g, '')
    .trim();
}
