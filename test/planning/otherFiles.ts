import { type PhaseTruth, sentence } from './dialects';
import type { Choices } from './random';

/** The rest of a planning tree: what GSD writes beside roadmap, state, requirements, plans and summaries. */
export function otherFiles(choices: Choices, phases: readonly PhaseTruth[]): [string, string][] {
  const files: [string, string][] = [
    ['config.json', '{\n  "mode": "yolo",\n  "depth": "standard",\n  "own_key": 1\n}\n'],
    [
      'MILESTONES.md',
      `# Milestones\n\n## v1.0 Old (Shipped: 2026-01-01)\n\n**Phases:** 2\n\n- ${sentence(choices)}\n`,
    ],
    ['research/STACK.md', `# Stack\n\n${sentence(choices, 30)}\n`],
    ['codebase/CONCERNS.md', `# Concerns\n\n- ${sentence(choices)}\n`],
    ['notes/free form.txt', `anything\n${sentence(choices)}`],
  ];
  const maybe = (share: number, path: string, text: string): void => {
    if (choices.chance(share)) files.push([path, text]);
  };
  maybe(
    0.5,
    'v1.0-MILESTONE-AUDIT.md',
    '---\nmilestone: v1.0\nstatus: passed\nscores:\n  requirements: 4/4\n---\n\n# Audit\n',
  );
  maybe(
    0.5,
    'todos/pending/2026-01-01-fix.md',
    '---\ncreated: 2026-01-01\ntitle: Fix\narea: api\nfiles:\n  - src/a.ts:10\n---\n\n## Problem\n\nIt breaks.\n',
  );
  maybe(
    0.3,
    'todos/done/2026-01-01-old.md',
    'completed: 2026-01-02\n---\ncreated: 2026-01-01\n---\n\n## Problem\n',
  );
  maybe(0.3, 'threads/idea.md', '---\nslug: idea\nstatus: open\n---\n\n# Goal\n');
  maybe(0.3, 'seeds/SEED-001.md', '---\nid: SEED-001\nstatus: dormant\n---\n');
  maybe(
    0.3,
    'debug/crash.md',
    '---\nstatus: investigating\ntrigger: "it: crashes"\n\n## Current Focus\n\nhypothesis: none\n',
  );
  maybe(
    0.3,
    'quick/001-fix/001-PLAN.md',
    '---\nphase: quick\n---\n\n<tasks>\n<task type="auto"><name>One</name></task>\n</tasks>\n',
  );
  maybe(0.3, 'HANDOFF.json', '{"version":1,"phase":"1","completed_tasks":[]}');
  maybe(
    0.3,
    '.continue-here.md',
    '---\ncontext: phase\n---\n\n<current_state>\nHalf way\n</current_state>\n',
  );
  for (const phase of phases) {
    const at = phase.directory;
    if (at === undefined) continue;
    const name = (kind: string): string => `${at}/${phase.written}-${kind}.md`;
    maybe(
      0.5,
      name('CONTEXT'),
      `# Phase ${phase.id}\n\n**Gathered:** 2026-01-01\n\n<domain>\n${sentence(choices)}\n</domain>\n\n<decisions>\n### Area\n- **D-01:** ${sentence(choices)}\n</decisions>\n`,
    );
    maybe(
      0.4,
      name('RESEARCH'),
      `# Research\n\n<user_constraints>\nnone\n</user_constraints>\n\n| A | B |\n|---|---|\n| x | y |\n`,
    );
    maybe(
      0.3,
      name('VALIDATION'),
      '---\nphase: 1\nslug: a\nstatus: draft\nnyquist_compliant: false\n---\n\n# Validation\n',
    );
    maybe(
      0.3,
      name('VERIFICATION'),
      '---\nphase: 1\nstatus: passed\nscore: 4/5 must-haves verified\ngaps:\n  - truth: "a: b"\n    status: failed\n---\n\n# Verification\n',
    );
    maybe(
      0.2,
      name('UAT'),
      '---\nstatus: testing\n---\n\n## Tests\n\n### 1. Name\nexpected: |\n  it works\nresult: [pending]\n',
    );
    maybe(0.1, name('DISCUSSION-LOG'), `# Log\n\n> ${sentence(choices)}\n`);
  }
  return files;
}
