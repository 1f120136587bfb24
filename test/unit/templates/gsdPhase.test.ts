import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { workflow, type Workflow } from '../../../schemas';
import { type ExecutablePhase, type ExecutablePlan, readPlanning } from '../../../server/planning';
import { askWorkflow, phaseWorkflow } from '../../../server/templates';
import { generateTree } from '../../planning/generator';

function plan(id: string, wave: number, after: readonly string[] = [], done = false): ExecutablePlan {
  const file = `.planning/phases/03-x/${id}-PLAN.md`;
  return { id, file, title: `Plan ${id}`, objective: '', text: '', wave, after, files: [], verify: [], done };
}

function phase(
  plans: readonly ExecutablePlan[],
  problems: ExecutablePhase['problems'] = [],
): ExecutablePhase {
  return { id: '3', name: 'Third', directory: '.planning/phases/03-x', plans, problems };
}

/** Every node with all nodes that come before it; fails on a cycle or an unknown id. */
function ancestors(flow: Workflow): Map<string, Set<string>> {
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]));
  const known = new Map<string, Set<string>>();
  const visit = (id: string, path: readonly string[]): Set<string> => {
    assert.ok(!path.includes(id), `cycle ${[...path, id].join(' → ')}`);
    const cached = known.get(id);
    if (cached) return cached;
    const node = nodes.get(id);
    assert.ok(node, `unknown node ${id}`);
    const all = new Set<string>();
    for (const before of node.after) {
      all.add(before);
      for (const further of visit(before, [...path, id])) all.add(further);
    }
    known.set(id, all);
    return all;
  };
  for (const id of nodes.keys()) visit(id, []);
  return known;
}

/** Each node as `id after a, b`. */
function check(flow: Workflow, expected: readonly string[]): void {
  workflow.parse(flow);
  assert.deepEqual(
    flow.nodes.map((node) => `${node.id} < ${node.after.join(', ')}`),
    expected,
  );
}

describe('phaseWorkflow', () => {
  it('joins waves and keeps the dependencies of plans', () => {
    const plans = [plan('03-01', 1), plan('03-02', 1, ['03-01']), plan('03-03', 2, ['03-01'])];
    check(phaseWorkflow(phase(plans), { parallel: 2 }), [
      'agent:03-01 < ',
      'verify:03-01 < agent:03-01',
      'merge:03-01 < verify:03-01',
      'agent:03-02 < merge:03-01',
      'verify:03-02 < agent:03-02',
      'merge:03-02 < verify:03-02',
      'wave:1 < merge:03-01, merge:03-02',
      'agent:03-03 < wave:1, merge:03-01',
      'verify:03-03 < agent:03-03',
      'merge:03-03 < verify:03-03',
      'wave:2 < merge:03-03',
      'offer < wave:2',
    ]);
  });

  it('leaves out plans that are done and does not wait for them', () => {
    check(phaseWorkflow(phase([plan('03-01', 1, [], true), plan('03-02', 2, ['03-01'])]), { parallel: 2 }), [
      'agent:03-02 < ',
      'verify:03-02 < agent:03-02',
      'merge:03-02 < verify:03-02',
      'wave:2 < merge:03-02',
      'offer < wave:2',
    ]);
  });

  it('refuses a phase with an error, and one with nothing to do', () => {
    const cycle = { code: 'planning.cycle', args: { phase: '3', path: '03-01 → 03-01' } } as const;
    assert.throws(() => phaseWorkflow(phase([plan('03-01', 1)], [cycle]), { parallel: 1 }), {
      problem: cycle,
    });
    assert.throws(() => phaseWorkflow(phase([plan('03-01', 1, [], true)]), { parallel: 1 }), {
      problem: {
        code: 'planning.noPlans',
        args: { phase: '3', example: '.planning/phases/03-x/03-01-PLAN.md' },
      },
    });
  });

  it('is acyclic, keeps every order, and has every open plan once', () => {
    const phases = fc
      .array(
        fc.record({ wave: fc.integer({ min: 1, max: 4 }), done: fc.boolean(), picks: fc.array(fc.nat()) }),
        {
          minLength: 1,
          maxLength: 12,
        },
      )
      .map((drafts) => {
        const sorted = [...drafts].sort((a, b) => a.wave - b.wave);
        return sorted.map((draft, index) =>
          plan(
            `03-${index + 1}`,
            draft.wave,
            index === 0 ? [] : [...new Set(draft.picks.map((pick) => `03-${(pick % index) + 1}`))],
            draft.done,
          ),
        );
      });
    fc.assert(
      fc.property(phases, fc.integer({ min: 1, max: 8 }), (plans, parallel) => {
        const open = plans.filter((one) => !one.done);
        fc.pre(open.length > 0);
        const flow = phaseWorkflow(phase(plans), { parallel });
        workflow.parse(flow);
        const before = ancestors(flow);
        for (const kind of ['agent', 'verify', 'merge']) {
          assert.deepEqual(
            flow.nodes
              .filter((node) => node.kind === kind)
              .map((node) => node.id)
              .sort(),
            open.map((one) => `${kind}:${one.id}`).sort(),
          );
        }
        for (const one of open) {
          const agent = before.get(`agent:${one.id}`)!;
          for (const other of open) {
            if (other.wave < one.wave || one.after.includes(other.id))
              assert.ok(agent.has(`merge:${other.id}`));
          }
          assert.ok(before.get('offer')!.has(`merge:${one.id}`));
        }
        assert.equal(flow.limits['agent'], parallel);
      }),
    );
  });
});

describe('workflows of generated trees', () => {
  it('have every open plan after all plans it names', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { files } = generateTree(seed);
      const planning = await readPlanning(
        {
          list: () => Promise.resolve([...files.keys()].map((path) => `.planning/${path}`).sort()),
          read: (path) => Promise.resolve(files.get(path.slice('.planning/'.length))),
        },
        1,
      );
      for (const { key } of planning.view.milestones.flatMap((milestone) => milestone.phases)) {
        const read = planning.phase(key)!;
        const open = read.plans.filter((one) => !one.done);
        if (open.length === 0) continue;
        const before = ancestors(workflow.parse(phaseWorkflow(read, { parallel: 2 })));
        for (const one of open) {
          for (const id of one.after) {
            if (open.some((other) => other.id === id))
              assert.ok(before.get(`agent:${one.id}`)!.has(`merge:${id}`));
          }
        }
        assert.equal([...before.keys()].filter((id) => id.startsWith('agent:')).length, open.length);
      }
    }
  });
});

describe('askWorkflow', () => {
  it('is an agent and an offer', () => {
    check(askWorkflow({ instruction: 'Rename\n  it', params: { path: 'a.ts' } }), [
      'agent:ask < ',
      'offer < agent:ask',
    ]);
    assert.equal(askWorkflow({ instruction: 'Rename\n  it', params: {} }).title, 'Rename it');
  });
});
