import type { Choices } from './random';

/** What a generated plan is; the files are written from it and readers are checked against it. */
export interface PlanTruth {
  readonly id: string;
  readonly number: string;
  readonly file: string;
  readonly summary: string;
  readonly done: boolean;
  readonly dependsOn: readonly string[];
  /** Longest path over the dependencies. */
  readonly wave: number;
  readonly verify: readonly string[];
}

export interface PhaseTruth {
  readonly id: string;
  readonly written: string;
  readonly name: string;
  readonly milestone: string;
  /** Below `.planning`; undefined where only the roadmap names the phase. */
  readonly directory: string | undefined;
  readonly complete: boolean;
  readonly plans: readonly PlanTruth[];
}

export interface RequirementTruth {
  readonly id: string;
  readonly done: boolean;
  readonly phase: string;
}

const words = [
  'auth',
  'ledger',
  'search',
  'import',
  'export',
  'queue',
  'theme',
  'audit',
  'sync',
  'cache',
  'invoice',
  'report',
];
const foreign = ['组织架构', 'отчёт', 'größe', 'ποιότητα', '検索'];

export function nameOf(choices: Choices): string {
  const word = (): string => (choices.chance(0.08) ? choices.one(foreign) : choices.one(words));
  const first = word();
  return `${first[0]!.toUpperCase()}${first.slice(1)} ${choices.chance(0.1) ? '& ' : ''}${word()}`;
}

export function sentence(choices: Choices, length = 8): string {
  return Array.from({ length }, () => choices.one(words)).join(' ');
}

/** Field notations as often as they were measured: colon outside bold 399, inside 109, bare 5. */
export function field(choices: Choices, name: string, value: string): string {
  return choices.weighted([
    [399, `**${name}**: ${value}`],
    [109, `**${name}:** ${value}`],
    [5, `${name}: ${value}`],
  ]);
}

export function phaseHeading(choices: Choices, level: number, phase: PhaseTruth): string {
  const separator = choices.weighted([
    [510, ': '],
    [3, ' — '],
  ]);
  const tag = phase.written.includes('.') && choices.chance(0.5) ? ' (INSERTED)' : '';
  return `${'#'.repeat(level)} Phase ${Number.isNaN(Number(phase.id)) ? phase.written : phase.id}${separator}${phase.name}${tag}`;
}

/** Checklist lines: bold or not, with `-` or a dash, without a box, with `[~]`, struck. */
export function phaseBullet(choices: Choices, phase: PhaseTruth): string {
  const box = choices.weighted([
    [900, phase.complete ? '[x] ' : '[ ] '],
    [phase.complete ? 0 : 110, ''],
    [phase.complete ? 0 : 2, '[~] '],
  ]);
  const dash = choices.one(['-', '—', '–']);
  const name = `Phase ${phase.id}: ${phase.name}`;
  const label = phase.complete && choices.chance(0.3) ? name : `**${name}**`;
  const date = phase.complete && choices.chance(0.5) ? ' (completed 2026-01-02)' : '';
  return `- ${box}${label} ${dash} ${sentence(choices, 5)}${date}`;
}

export function planRow(choices: Choices, plan: PlanTruth): string {
  const box = plan.done ? '[x]' : '[ ]';
  return choices.chance(0.6)
    ? `- ${box} ${plan.id}-PLAN.md — ${sentence(choices, 4)}`
    : `- ${box} ${plan.id}: ${sentence(choices, 4)}`;
}

/** Progress tables: 4 columns, 5 with the milestone, or a private layout; padded or not. */
export function progressTable(choices: Choices, phases: readonly PhaseTruth[]): string[] {
  const layout = choices.weighted([
    [29, 'four'],
    [38, 'five'],
    [12, 'private'],
  ]);
  const first = (phase: PhaseTruth): string =>
    choices.chance(0.2) ? `Phase ${phase.id}: ${phase.name}` : `${phase.id}. ${phase.name}`;
  const done = (phase: PhaseTruth): string =>
    `${phase.plans.filter((plan) => plan.done).length}/${phase.plans.length}`;
  const status = (phase: PhaseTruth): string =>
    phase.complete
      ? choices.weighted([
          [8, 'Complete'],
          [1, '✅ Complete'],
        ])
      : choices.one(['Not started', 'In progress', 'Planned']);
  const date = (phase: PhaseTruth): string => (phase.complete ? '2026-01-02' : '-');
  const rows: string[][] =
    layout === 'four'
      ? [
          ['Phase', 'Plans Complete', 'Status', 'Completed'],
          ...phases.map((one) => [first(one), done(one), status(one), date(one)]),
        ]
      : layout === 'five'
        ? [
            ['Phase', 'Milestone', 'Plans Complete', 'Status', 'Completed'],
            ...phases.map((one) => [first(one), one.milestone, done(one), status(one), date(one)]),
          ]
        : [
            ['#', 'Name', 'Status'],
            ...phases.map((one) => [one.id, one.name.replace('|', '/'), status(one)]),
          ];
  return tableLines(rows, choices.chance(0.5));
}

export function tableLines(rows: readonly (readonly string[])[], padded: boolean): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (padded ? cell.padEnd(widths[column]!) : cell)).join(' | ')} |`;
  const rule = padded
    ? `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
    : `|${widths.map(() => '---').join('|')}|`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)];
}

/** A dependency in one of its spellings; `03-01` four times in five. */
export function spelling(choices: Choices, id: string, number: string): string {
  return choices.weighted([
    [83, id],
    [7, number],
    [5, `"${id}"`],
    [3, `${id}-PLAN.md`],
    [1, id.replace(/-(\d+)$/, '-PLAN-$1')],
  ]);
}

export function planFile(choices: Choices, phase: PhaseTruth, plan: PlanTruth): string {
  const lines = [
    '---',
    `phase: ${choices.chance(0.88) ? (phase.directory ?? '').split('/').at(-1) : phase.written}`,
    `plan: ${plan.number}`,
  ];
  if (!choices.chance(202 / 4937))
    lines.push(
      `type: ${choices.weighted([
        [95, 'execute'],
        [3, 'tdd'],
        [1, 'fix'],
      ])}`,
    );
  if (plan.dependsOn.length > 0 || !choices.chance(491 / 4937)) lines.push(...dependsOn(choices, plan));
  lines.push(
    'files_modified:',
    ...[1, 2].map(
      (n) => `  - src/${plan.id}/${choices.one(words)}${n}.ts${choices.chance(0.02) ? ' # new' : ''}`,
    ),
  );
  if (!choices.chance(585 / 4937))
    lines.push(`wave: ${plan.wave}${choices.chance(0.01) ? ' # computed' : ''}`);
  if (!choices.chance(598 / 4937)) lines.push(`autonomous: ${choices.chance(0.08) ? 'false' : 'true'}`);
  lines.push(
    ...mustHaves(choices),
    '---',
    '',
    '<objective>',
    `${sentence(choices)}.`,
    '</objective>',
    '',
    '<context>',
    '@.planning/PROJECT.md',
    '</context>',
    '',
    '<tasks>',
    '',
  );
  plan.verify.forEach((command, index) => lines.push(...task(choices, command, index + 1)));
  lines.push(
    '</tasks>',
    '',
    '<verification>',
    `- [ ] ${sentence(choices)}`,
    '</verification>',
    '',
    '<success_criteria>',
    sentence(choices),
    '</success_criteria>',
    '',
  );
  return lines.join('\n');
}

function dependsOn(choices: Choices, plan: PlanTruth): string[] {
  const spelled = plan.dependsOn.map((id) => spelling(choices, id, id.slice(id.lastIndexOf('-') + 1)));
  if (choices.chance(0.2))
    return spelled.length === 0 ? ['depends_on:'] : ['depends_on:', ...spelled.map((one) => `  - ${one}`)];
  return [`depends_on: [${spelled.join(', ')}]${choices.chance(0.01) ? ' # order' : ''}`];
}

function mustHaves(choices: Choices): string[] {
  return choices.weighted([
    [
      4400,
      [
        'must_haves:',
        '  truths:',
        `    - "${sentence(choices, 4)}: \\d+"`,
        '  artifacts:',
        '    - path: "src/a.ts"',
        '      provides: text',
        '      exports: [a, b]',
        '  key_links:',
        '    - from: src/a.ts',
        '      to: src/b.ts',
        '      via: import',
      ],
    ],
    [42, ['must_haves: {truths: [one, "two, three"]}']],
    [21, ['must_haves:', '    truths:', '    - one', '    artifacts: []']],
  ]);
}

/** A task; its contents are prose, code and raw markup, and the command stands in one of the usual places. */
function task(choices: Choices, command: string, number: number): string[] {
  const escaped = choices.chance(0.2) ? command.replaceAll('&', '&amp;') : command;
  const verify = choices.weighted([
    [5, [`  <verify><automated>${escaped}</automated></verify>`]],
    [3, ['  <verify>', `    <automated>${escaped}</automated>`, '    <manual>look</manual>', '  </verify>']],
    [1, ['  <verify>', `    \`${command}\``, '  </verify>']],
  ]);
  const code = choices.chance(0.3)
    ? ['```ts', 'const a: Map<string, number> = <any>b && c;', '', '', '', '### Phase 99: Not one', '```']
    : ['    <div>raw & free</div>'];
  return [
    `<task type="${choices.weighted([
      [10011, 'auto'],
      [50, 'tracer'],
      [169, 'execute'],
    ])}"${choices.chance(0.1) ? ' tdd="true"' : ''}>`,
    `  <name>Task ${number}: ${sentence(choices, 3)}</name>`,
    `  <files>src/${number}.ts</files>`,
    '  <action>',
    `    ${sentence(choices)}`,
    ...code,
    '  </action>',
    ...verify,
    `  <done>${sentence(choices, 4)}</done>`,
    '</task>',
    '',
  ];
}

export function summaryFile(choices: Choices, phase: PhaseTruth, plan: PlanTruth): string {
  if (choices.chance(550 / 4882)) return `# Summary\n\n${sentence(choices)}\n`;
  const key = choices.chance(923 / 4882)
    ? (name: string) => name.replaceAll('-', '_')
    : (name: string) => name;
  return [
    '---',
    `phase: ${phase.written}`,
    `plan: ${plan.number}`,
    `${key('tech-stack')}:`,
    '  added: []',
    `${key('key-files')}:`,
    '  created: [src/a.ts]',
    `  ${key('key-decisions')}: [${choices.chance(0.03) ? '`a`: b' : 'a'}]`,
    'duration: 5min',
    '---',
    '',
    `# Phase ${phase.id} Plan ${plan.number}: Summary`,
    '',
    '## Self-Check: PASSED',
    '',
  ].join('\n');
}
