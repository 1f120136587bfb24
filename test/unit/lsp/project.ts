import { planText } from '../planning/tree';

/** A small project with one of everything a rule looks at. */
export const project = {
  'ROADMAP.md': [
    '# Roadmap: Shop',
    '',
    '## Phases',
    '',
    '- [ ] **Phase 1: Auth** - People log in',
    '- [ ] **Phase 2: Отчёт** - Reports',
    '',
    '## Phase Details',
    '',
    '### Phase 1: Auth',
    '**Goal**: People log in',
    '**Depends on**: Nothing',
    '**Requirements**: AUTH-01, AUTH-99',
    '**Plans**: 0/2 plans',
    '',
    'Plans:',
    '- [ ] 01-01-PLAN.md — Tokens',
    '- [x] 01-02-PLAN.md — Forms',
    '',
    '### Phase 2: Отчёт',
    '**Goal**: Reports',
    '**Depends on**: Phase 1, Phase 7',
    '**Requirements**: REP-01',
    '',
  ].join('\n'),
  'REQUIREMENTS.md': [
    '# Requirements: Shop',
    '',
    '## v1 Requirements',
    '',
    '### Auth',
    '',
    '- [x] **AUTH-01**: People log in',
    '- [x] **REP-01**: People see reports',
    '',
    '## Traceability',
    '',
    '| Requirement | Phase   | Status   |',
    '|-------------|---------|----------|',
    '| AUTH-01     | Phase 1 | Complete |',
    '| REP-01      | 2       | Complete |',
    '',
  ].join('\n'),
  'STATE.md': [
    '---',
    'gsd_state_version: 1.0',
    'status: executing',
    'milestone: v1.0',
    'progress:',
    '  total_plans: 9 # by hand',
    '  completed_plans: 1',
    '---',
    '',
    '# Project State',
    '',
    '## Current Position',
    '',
    'Phase: 1 of 2 (Auth)',
    'Plan: 1 of 2',
    '',
  ].join('\n'),
  'config.json': '{\n  "mode": "wild",\n  "workflow": { "reserch": true, "verifier": true }\n}\n',
  'phases/01-auth/01-01-PLAN.md': planText(
    'phase: 01-auth\nplan: 01\ntype: execute\nwave: 1\ndepends_on: []\nfiles_modified: [src/a.ts]\nautonomous: true\nrequirements: [AUTH-01]\nmust_haves:\n  truths:\n    - "It logs in"',
    '<objective>\nTokens.\n</objective>\n\n<tasks>\n<task type="auto">\n  <name>Make tokens</name>\n  <files>src/a.ts</files>\n</task>\n</tasks>\n',
  ),
  'phases/01-auth/01-01-SUMMARY.md':
    '---\nphase: 01-auth\nplan: 01\nrequirements-completed: [AUTH-01]\n---\n\n# Done\n',
  'phases/01-auth/01-02-PLAN.md': planText(
    'phase: 01-auth\nplan: 02\nwave: 5\ndepends_on: ["01", 01-09]\nfiles_modified: [src/b.ts]\nautonomous: true',
    'See @.planning/ROADMAP.md\n\n<tasks>\n<task type="auto">\n  <name>Make forms</name>\n</task>\n</tasks>\n',
  ),
  'phases/02-отчёт/02-CONTEXT.md': '# Phase 2\n\nAfter Phase 1, as REP-01 says; see 01-02 and 2026-01-02.\n',
} as const satisfies Readonly<Record<string, string>>;

export const melody = `{
  "version": 1, "id": "m", "name": "M", // kept
  "nodes": [
    { "kind": "input", "id": "topic", "type": "text" },
    { "kind": "instrument", "id": "write", "model": "x/y", "modle": 1,
      "inputs": [{ "name": "in", "type": "text" }], "outputs": [{ "name": "text", "type": "text" }] },
    { "kind": "output", "id": "out", "type": "text" }
  ],
  "edges": [
    { "kind": "data", "from": "topic.value", "to": "write.in" },
    { "kind": "data", "from": "write.text", "to": "out.value" }
  ]
}
`;
