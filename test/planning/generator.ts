import {
  type PhaseTruth,
  type PlanTruth,
  type RequirementTruth,
  field,
  nameOf,
  phaseBullet,
  phaseHeading,
  planFile,
  planRow,
  progressTable,
  sentence,
  summaryFile,
  tableLines,
} from './dialects';
import { otherFiles } from './otherFiles';
import { Choices } from './random';

export interface GeneratedTree {
  /** Bytes by path below `.planning`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly phases: readonly PhaseTruth[];
  readonly requirements: readonly RequirementTruth[];
  /** Fields of STATE's body as they must be read. */
  readonly state: Readonly<Record<string, string>>;
  readonly activeMilestone: string;
}

export interface TreeOptions {
  /** Phases of the tree; 3 to 9 where it is not given. */
  readonly phases?: number;
}

/** A planning tree in the dialects that real trees use, about as often as they do; the same seed gives the same tree. */
export function generateTree(seed: number, options: TreeOptions = {}): GeneratedTree {
  const choices = new Choices(seed);
  const milestones = choices.chance(0.5) ? ['v1.0', 'v1.1'] : ['v1.0'];
  const active = milestones.at(-1)!;
  const phases = makePhases(choices, milestones, options.phases ?? choices.between(3, 9));
  const requirements = makeRequirements(choices, phases);
  const stateFields = makeState(choices, phases);
  const texts = new Map<string, string>();
  texts.set('PROJECT.md', projectFile(choices));
  texts.set('ROADMAP.md', roadmapFile(choices, milestones, phases));
  texts.set('STATE.md', stateFile(choices, active, stateFields));
  texts.set('REQUIREMENTS.md', requirementsFile(choices, requirements));
  for (const phase of phases) {
    if (phase.directory === undefined) continue;
    for (const plan of phase.plans) {
      texts.set(plan.file, planFile(choices, phase, plan));
      if (plan.done) texts.set(plan.summary, summaryFile(choices, phase, plan));
    }
  }
  for (const [path, text] of otherFiles(choices, phases)) texts.set(path, text);
  const files = new Map([...texts].map(([path, text]) => [path, encode(choices, path, text)]));
  return { files, phases, requirements, state: stateFields, activeMilestone: active };
}

function makePhases(choices: Choices, milestones: readonly string[], count: number): PhaseTruth[] {
  const phases: PhaseTruth[] = [];
  let number = 0;
  for (let index = 0; index < count; index++) {
    const decimal = index > 0 && choices.chance(0.12);
    if (!decimal) number += 1;
    const written = decimal ? `${String(number).padStart(2, '0')}.1` : String(number).padStart(2, '0');
    if (phases.some((phase) => phase.written === written)) continue;
    const milestone = milestones.length === 1 || index >= count / 2 ? milestones.at(-1)! : milestones[0]!;
    const shipped = milestone !== milestones.at(-1);
    const name = nameOf(choices);
    const slug = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');
    const base = shipped && choices.chance(0.5) ? `milestones/${milestone}-phases` : 'phases';
    const directory = choices.chance(0.9) ? `${base}/${written}-${slug}` : undefined;
    const plans = directory === undefined ? [] : makePlans(choices, directory, written, shipped);
    const complete = plans.length > 0 ? plans.every((plan) => plan.done) : shipped;
    phases.push({ id: written.replace(/^0+/, ''), written, name, milestone, directory, complete, plans });
  }
  return phases;
}

/** One way of naming files for a whole phase, as projects have it. */
function makePlans(choices: Choices, directory: string, written: string, shipped: boolean): PlanTruth[] {
  const style = choices.weighted([
    [4800, 'full'],
    [46, 'short'],
    [20, 'reversed'],
    [20, 'after'],
  ]);
  const count = choices.between(1, 5);
  const doneUpTo = shipped ? count : choices.between(0, count);
  const plans: PlanTruth[] = [];
  for (let index = 1; index <= count; index++) {
    const number = String(index).padStart(2, '0');
    const stem =
      style === 'full' || count === 1
        ? `${written}-${number}-PLAN`
        : style === 'short'
          ? `${number}-PLAN`
          : style === 'reversed'
            ? `${written}-PLAN-${number}`
            : `PLAN-${number}`;
    const id = `${written}-${number}`;
    const before = plans.filter(() => choices.chance(0.3));
    plans.push({
      id,
      number,
      file: `${directory}/${stem}.md`,
      summary: `${directory}/${choices.chance(0.9) ? id : stem}-SUMMARY.md`,
      done: index <= doneUpTo,
      dependsOn: before.map((plan) => plan.id),
      wave: 1 + Math.max(0, ...before.map((plan) => plan.wave)),
      verify: Array.from(
        { length: choices.between(1, 3) },
        (_, task) => `npm test -- ${id}-${task} && echo ok`,
      ),
    });
  }
  return plans;
}

function roadmapFile(choices: Choices, milestones: readonly string[], phases: readonly PhaseTruth[]): string {
  const lines = [
    '# Roadmap: Generated',
    '',
    '## Overview',
    '',
    sentence(choices, 20),
    '',
    '## Milestones',
    '',
  ];
  for (const milestone of milestones) {
    const own = phases
      .filter((phase) => phase.milestone === milestone)
      .map((phase) => Math.floor(Number(phase.id)));
    const shipped = milestone !== milestones.at(-1);
    const range = own.length === 0 ? 'none' : `${own[0]}-${own.at(-1)}`;
    lines.push(
      `- ${shipped ? '✅' : '🚧'} **${milestone} ${nameOf(choices)}** - Phases ${range}${shipped ? ' (shipped 2026-01-01)' : ''}`,
    );
  }
  lines.push('', '## Phases', '');
  for (const milestone of milestones) {
    const own = phases.filter((phase) => phase.milestone === milestone);
    const shipped = milestone !== milestones.at(-1);
    if (shipped)
      lines.push('<details>', `<summary>✅ ${milestone} Old (Phases 1-2) - SHIPPED 2026-01-01</summary>`, '');
    else if (milestones.length > 1) lines.push(`### 🚧 ${milestone} New (In Progress)`, '');
    for (const phase of own) lines.push(phaseBullet(choices, phase));
    lines.push('');
    if (shipped) lines.push('</details>', '');
  }
  lines.push('## Phase Details', '');
  const level = choices.weighted([
    [460, 3],
    [55, 4],
  ]);
  for (const phase of phases.filter((one) => one.milestone === milestones.at(-1)))
    lines.push(...phaseBlock(choices, level, phase));
  lines.push('## Progress', '', ...progressTable(choices, phases), '');
  if (choices.chance(0.1)) lines.push('<!--', '### Phase 98: Not one', '-->', '');
  return lines.join('\n');
}

function phaseBlock(choices: Choices, level: number, phase: PhaseTruth): string[] {
  const lines = [
    phaseHeading(choices, level, phase),
    field(choices, 'Goal', sentence(choices)),
    field(choices, 'Depends on', 'Nothing'),
  ];
  lines.push(
    '**Success Criteria** (what must be TRUE):',
    `  1. ${sentence(choices)}`,
    field(choices, 'Plans', `${phase.plans.length} plans`),
    '',
  );
  if (phase.plans.length > 0) {
    lines.push('Plans:');
    phase.plans.forEach((plan, index) => {
      if (index % 2 === 0 && choices.chance(0.2)) lines.push(`**Wave ${index + 1}**`);
      lines.push(planRow(choices, plan));
    });
    lines.push('');
  }
  return lines;
}

function makeState(choices: Choices, phases: readonly PhaseTruth[]): Record<string, string> {
  return {
    Phase: `${phases[0]!.id} of ${phases.length} (${phases[0]!.name})${choices.chance(0.1) ? ' — PARTIAL' : ''}`,
    Plan: '1 of 3 in current phase',
    Status: choices.one(['executing', 'Ready to plan', 'Milestone complete', 'In progress']),
    'Last activity': `2026-01-02 — ${sentence(choices)}`,
    Progress: '[████░░░░░░] 40%',
    'Stopped at': sentence(choices, 4),
    'Resume file': 'None',
  };
}

function stateFile(choices: Choices, active: string, state: Readonly<Record<string, string>>): string {
  const lines: string[] = [];
  const frontmatter = [
    '---',
    "gsd_state_version: '1.0'",
    `milestone: ${active} # curated`,
    'status: "executing"',
    '',
    'progress:',
    '  total_phases: 5',
    '  percent: 40',
    '---',
    '',
  ];
  if (!choices.chance(18 / 99)) lines.push(...frontmatter);
  if (choices.chance(2 / 99)) lines.push(...frontmatter);
  const notation = choices.weighted<(name: string, value: string) => string>([
    [60, (name, value) => `${name}: ${value}`],
    [13, (name, value) => `**${name}:** ${value}`],
    [6, (name, value) => `**${name}**: ${value}`],
    [4, (name, value) => `| ${name} | ${value} |`],
  ]);
  const isTable = notation('a', 'b').startsWith('|');
  const write = (names: readonly string[]): void => {
    if (isTable) lines.push('| Field | Value |', '|-------|-------|');
    for (const name of names) {
      const value = state[name]!;
      const cut = value.indexOf(' — ');
      if (!isTable && cut > 0 && choices.chance(0.15))
        lines.push(notation(name, value.slice(0, cut)), `  ${value.slice(cut + 1)}`);
      else lines.push(notation(name, value));
    }
    lines.push('');
  };
  lines.push('# Project State', '', '## Current Position', '');
  write(['Phase', 'Plan', 'Status', 'Last activity', 'Progress']);
  lines.push(
    '## Accumulated Context',
    '',
    '### Decisions',
    '',
    `- [Phase 1]: ${sentence(choices)}`,
    '',
    '```',
    'Status: in a fence',
    '',
    '',
    '',
    '```',
    '',
  );
  lines.push('### Blockers/Concerns', '', 'Status: of something else', '', '## Session Continuity', '');
  write(['Stopped at', 'Resume file']);
  return lines.join('\n');
}

function makeRequirements(choices: Choices, phases: readonly PhaseTruth[]): RequirementTruth[] {
  const category = choices.one(['AUTH', 'DATA', 'UI']);
  return Array.from({ length: choices.between(2, 8) }, (_, index) => {
    const number = String(index + 1).padStart(2, '0');
    const id = choices.weighted([
      [92, `${category}-${number}`],
      [3, `${category}-CAT-${number}`],
      [2, `V2-${category}-${number}`],
      [2, `${category}-F${index + 1}`],
      [1, `${category}-${number}-v2`],
    ]);
    return { id, done: choices.chance(0.4), phase: choices.one(phases).id };
  });
}

function requirementsFile(choices: Choices, requirements: readonly RequirementTruth[]): string {
  const bullet = (one: RequirementTruth): string => {
    const box = one.done ? '[x]' : '[ ]';
    return choices.weighted([
      [8900, `- ${box} **${one.id}**: ${sentence(choices)}`],
      [290, `- ${box} **${one.id}** ${sentence(choices)}`],
      [107, `- ${box} ${one.id}: ${sentence(choices)}`],
    ]);
  };
  const done = choices.weighted([
    [20, 'Complete'],
    [2, '✅ Complete'],
    [2, '✓ Done'],
    [2, 'Satisfied'],
  ]);
  const header = choices.weighted([
    [248, ['Requirement', 'Phase', 'Status']],
    [25, ['ID', 'Requirement', 'Phase', 'Status']],
    [25, ['REQ-ID', 'Phase', 'Status', 'Notes']],
  ]);
  const row = (one: RequirementTruth): string[] =>
    header.map((name) =>
      name === 'Phase'
        ? `Phase ${one.phase}`
        : name === 'Status'
          ? one.done
            ? done
            : 'Pending'
          : name === 'Notes'
            ? 'a \\| b'
            : name === 'Requirement' && header[0] === 'ID'
              ? 'text'
              : one.id,
    );
  return [
    '# Requirements: Generated',
    '',
    '**Defined:** 2026-01-01',
    '',
    '## v1 Requirements',
    '',
    '### Category',
    '',
    ...requirements.map(bullet),
    '',
    '## Out of Scope',
    '',
    ...tableLines(
      [
        ['Feature', 'Reason'],
        [requirements[0]!.id, 'no'],
      ],
      false,
    ),
    '',
    '## Traceability',
    '',
    ...tableLines([header, ...requirements.map(row)], choices.chance(0.5)),
    '',
    '**Coverage:** all',
    '',
  ].join('\n');
}

function projectFile(choices: Choices): string {
  return [
    '# Generated',
    '',
    '## What This Is',
    '',
    sentence(choices),
    '',
    '## Core Value',
    '',
    sentence(choices),
    '',
    '## Requirements',
    '',
    '### Active',
    '',
    `- [ ] ${sentence(choices)}`,
    '',
  ].join('\n');
}

/** Line ends, BOM and encodings as often as they were measured among 13,600 files. */
function encode(choices: Choices, path: string, text: string): Uint8Array {
  let written = text;
  if (choices.chance(0.05)) written = written.replaceAll('\n', '\r\n');
  if (choices.chance(0.01)) written = `\ufeff${written}`;
  if (choices.chance(0.05)) written = written.trimEnd();
  const bytes = new TextEncoder().encode(written);
  if (!path.startsWith('research/') || !choices.chance(0.1)) return bytes;
  return Uint8Array.of(...bytes, 0x0a, 0xe9, 0xff, 0x0a);
}
