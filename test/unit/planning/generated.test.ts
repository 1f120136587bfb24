import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { planningView } from '../../../schemas';
import { type PlanningFiles, readPlanning, roundtrip } from '../../../server/planning';
import { fieldValue } from '../../../server/planning/edit/field';
import { requirementStates } from '../../../server/planning/edit/ticks';
import { parseDocument, serialiseDocument, understandingOf } from '../../../server/planning/text/document';
import { type GeneratedTree, generateTree } from '../../planning/generator';

const seeds = Array.from({ length: 100 }, (_, index) => index + 1);

function asFiles(generated: GeneratedTree): PlanningFiles {
  return {
    list: () => Promise.resolve([...generated.files.keys()].map((path) => `.planning/${path}`).sort()),
    read: (path) => Promise.resolve(generated.files.get(path.slice('.planning/'.length))),
  };
}

function blocksOf(generated: GeneratedTree, path: string): ReturnType<typeof parseDocument>['blocks'] {
  return parseDocument(path, generated.files.get(path)!).blocks;
}

describe('generated trees', () => {
  it('come back byte for byte from the nodes alone, and are understood', () => {
    const shares = new Map<string, { bytes: number; understood: number }>();
    for (const seed of seeds) {
      for (const [path, bytes] of generateTree(seed).files) {
        const document = parseDocument(path, bytes);
        assert.deepEqual(serialiseDocument(document), bytes, `seed ${seed} ${path}`);
        const { bytes: size, understood } = understandingOf(document);
        assert.equal(size, bytes.length, `seed ${seed} ${path}`);
        const sum = shares.get(document.kind) ?? { bytes: 0, understood: 0 };
        shares.set(document.kind, { bytes: sum.bytes + size, understood: sum.understood + understood });
      }
    }
    for (const kind of ['ROADMAP', 'STATE', 'REQUIREMENTS', 'PLAN']) {
      const sum = shares.get(kind)!;
      assert.ok(sum.understood / sum.bytes >= 0.95, `${kind} ${sum.understood / sum.bytes}`);
    }
  });

  it('are read as what they were made from', async () => {
    for (const seed of seeds) {
      const generated = generateTree(seed);
      const planning = await readPlanning(asFiles(generated), 1);
      const found = planning.view.milestones.flatMap((milestone) =>
        milestone.phases.map((phase) => ({
          milestone: milestone.key,
          id: phase.id,
          directory: phase.directory?.slice('.planning/'.length),
          state: phase.state === 'complete',
          plans: phase.plans.map((plan) => `${plan.id} ${plan.state === 'complete'}`),
        })),
      );
      const expected = generated.phases.map((phase) => ({
        milestone: phase.milestone,
        id: phase.id,
        directory: phase.directory,
        state: phase.complete,
        plans: phase.plans.map((plan) => `${plan.id} ${plan.done}`),
      }));
      assert.deepEqual(found, expected, `seed ${seed}`);
    }
  });

  it('give plans to execute with their order and commands', async () => {
    for (const seed of seeds) {
      const generated = generateTree(seed);
      const planning = await readPlanning(asFiles(generated), 1);
      for (const phase of generated.phases) {
        const read = planning.phase(
          `${phase.milestone}|${phase.id}|${phase.directory === undefined ? '' : `.planning/${phase.directory}`}`,
        )!;
        assert.deepEqual(read.problems, [], `seed ${seed} phase ${phase.id}`);
        for (const [index, plan] of phase.plans.entries()) {
          assert.deepEqual(
            [...read.plans[index]!.after].sort(),
            [...plan.dependsOn].sort(),
            `seed ${seed} ${plan.id}`,
          );
          assert.equal(read.plans[index]!.wave, plan.wave, `seed ${seed} ${plan.id}`);
          assert.deepEqual(read.plans[index]!.verify, plan.verify, `seed ${seed} ${plan.id}`);
        }
      }
    }
  });

  it('are read and come back after any damage', async () => {
    const damage = fc.record({
      file: fc.nat(1000),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(200),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc
          .constantFrom('---\n', '```\n', '<!--', '</task>', '<details>\n', '\r', '|', '\0', '<<<<<<< x\n')
          .map((text) => new TextEncoder().encode(text)),
      ),
    });
    const property = fc.asyncProperty(
      fc.nat(100_000),
      fc.array(damage, { maxLength: 12 }),
      async (seed, damages) => {
        const generated = generateTree(seed);
        const files = new Map(generated.files);
        const paths = [...files.keys()];
        for (const { file, at, remove, insert } of damages) {
          const path = paths[file % paths.length]!;
          const bytes = files.get(path)!;
          const from = Math.floor(at * bytes.length);
          files.set(path, Uint8Array.of(...bytes.slice(0, from), ...insert, ...bytes.slice(from + remove)));
        }
        const damaged = asFiles({ ...generated, files });
        assert.deepEqual((await roundtrip(damaged)).different, []);
        const planning = await readPlanning(damaged, 1);
        planningView.parse(planning.view);
        for (const phase of planning.view.milestones.flatMap((milestone) => milestone.phases)) {
          for (const plan of planning.phase(phase.key)!.plans) assert.ok(plan.wave >= 1);
        }
      },
    );
    await fc.assert(property, { numRuns: process.env['SYMPHONY_LONG'] ? 2000 : 200 });
  });

  it('have the fields and requirements they were made with', () => {
    for (const seed of seeds) {
      const generated = generateTree(seed);
      const state = blocksOf(generated, 'STATE.md');
      for (const [name, value] of Object.entries(generated.state)) {
        assert.equal(fieldValue(state, name), value, `seed ${seed} ${name}`);
      }
      const states = requirementStates(blocksOf(generated, 'REQUIREMENTS.md'));
      for (const { id, done } of generated.requirements) {
        const read = states.get(id.toUpperCase());
        assert.deepEqual([read?.ticked, read?.complete], [done, done], `seed ${seed} ${id}`);
      }
    }
  });

  it('hold the dialects about as often as real trees do', () => {
    const text = new TextDecoder();
    const all = seeds.flatMap((seed) =>
      [...generateTree(seed).files].map(([path, bytes]) => ({ path, text: text.decode(bytes) })),
    );
    const count = (path: RegExp, pattern: RegExp): number =>
      all
        .filter((file) => path.test(file.path))
        .reduce((sum, file) => sum + [...file.text.matchAll(pattern)].length, 0);
    const near = (share: number, expected: number, what: string): void => {
      assert.ok(
        Math.abs(share - expected) <= Math.max(0.08, expected * 0.5),
        `${what}: ${share} for ${expected}`,
      );
    };
    const roadmap = /ROADMAP/;
    const goals = count(roadmap, /^(?:\*\*)?Goal\b/gm);
    near(count(roadmap, /^\*\*Goal\*\*:/gm) / goals, 399 / 513, 'colon outside the bold');
    near(count(roadmap, /^\*\*Goal:\*\*/gm) / goals, 109 / 513, 'colon inside the bold');
    near(count(roadmap, /^#### Phase/gm) / count(roadmap, /^###+ Phase/gm), 55 / 515, 'level 4');
    near(
      count(roadmap, /^\| Phase +\| Milestone/gm) / count(roadmap, /^\| (?:Phase|#) *\|/gm),
      38 / 79,
      'milestone column',
    );
    const states = all.filter((file) => file.path === 'STATE.md').length;
    near(1 - count(/STATE/, /gsd_state_version/g) / states, 18 / 99, 'STATE without frontmatter');
    const plans = all.filter((file) => /PLAN(?:-\d+)?\.md$/.test(file.path) && file.path.includes('phases/'));
    near(
      plans.filter((file) => /\d-\d+-PLAN\.md$/.test(file.path)).length / plans.length,
      0.97,
      'full plan names',
    );
    near(count(/PLAN/, /^depends_on: \[/gm) / plans.length, 0.75, 'flow lists of dependencies');
    const summaries = all.filter((file) => /SUMMARY/.test(file.path)).length;
    near(count(/SUMMARY/, /^key_files:/gm) / summaries, 923 / 4882, 'underscore twins');
    const bullets = count(/REQUIREMENTS/, /^- \[/gm);
    near(count(/REQUIREMENTS/, /^- \[.\] \*\*[A-Z]+-\d+\*\*:/gm) / bullets, 0.88, 'CAT-NN');
  });
});
