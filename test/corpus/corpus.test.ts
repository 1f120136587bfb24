import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { readPlanning, roundtrip } from '../../server/planning';
import { countPhases } from './count';
import { corpusFolder, filesOf } from './files';

const trees = corpusFolder('planning');

describe('real trees', function () {
  this.timeout(120_000);
  before(function () {
    if (trees === undefined) {
      console.log('      skipped: SYMPHONY_CORPUS names no folder with real trees');
      this.skip();
    }
  });

  it('come back byte for byte from the nodes alone, and are understood', async () => {
    const sums = new Map<string, { bytes: number; understood: number }>();
    let count = 0;
    for (const project of readdirSync(trees!)) {
      const { different, files, kinds } = await roundtrip(filesOf(path.join(trees!, project)));
      assert.deepEqual(different, [], project);
      count += files;
      for (const [kind, { bytes, understood }] of kinds) {
        const sum = sums.get(kind) ?? { bytes: 0, understood: 0 };
        sums.set(kind, { bytes: sum.bytes + bytes, understood: sum.understood + understood });
      }
    }
    assert.ok(count > 1000, `${count} files`);
    for (const kind of ['ROADMAP', 'STATE', 'REQUIREMENTS', 'PLAN']) {
      const { bytes, understood } = sums.get(kind)!;
      assert.ok(understood / bytes >= 0.95, `${kind}: ${understood} of ${bytes} bytes`);
    }
  });

  it('show every phase that folders, headings, bullets and rows name, and no other', async () => {
    const differences: string[] = [];
    for (const project of readdirSync(trees!)) {
      const { view } = await readPlanning(filesOf(path.join(trees!, project)), 1);
      const shown = new Set(
        view.milestones.flatMap((milestone) => {
          const workstream = milestone.key.includes('/')
            ? milestone.key.slice(0, milestone.key.lastIndexOf('/'))
            : '';
          return milestone.phases.map((phase) => `${workstream}/${phase.id}`);
        }),
      );
      const counted = countPhases(path.join(trees!, project));
      for (const id of counted) if (!shown.has(id)) differences.push(`${project}: ${id} is not shown`);
      for (const id of shown) if (!counted.has(id)) differences.push(`${project}: ${id} is not counted`);
    }
    assert.deepEqual(differences, []);
  });
});
