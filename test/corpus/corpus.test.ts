import { strict as assert } from 'node:assert';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readPlanning } from '../../server/planning';
import { parseDocument, serialiseDocument, understandingOf } from '../../server/planning/text/document';
import { countPhases } from './count';
import { corpusFolder, filesBelow, filesOf } from './files';

const trees = corpusFolder('planning');

describe('real trees', function () {
  this.timeout(120_000);
  before(function () {
    if (trees === undefined) {
      console.log('      skipped: SYMPHONY_CORPUS names no folder with real trees');
      this.skip();
    }
  });

  it('come back byte for byte from the nodes alone, and are understood', () => {
    const shares = new Map<string, { bytes: number; understood: number }>();
    let files = 0;
    for (const project of readdirSync(trees!)) {
      const root = path.join(trees!, project, '.planning');
      for (const file of filesBelow(root)) {
        const bytes = new Uint8Array(readFileSync(path.join(root, file)));
        const document = parseDocument(file, bytes);
        assert.ok(Buffer.compare(serialiseDocument(document), bytes) === 0, `${project} ${file}`);
        const { bytes: size, understood } = understandingOf(document);
        const sum = shares.get(document.kind) ?? { bytes: 0, understood: 0 };
        shares.set(document.kind, { bytes: sum.bytes + size, understood: sum.understood + understood });
        files += 1;
      }
    }
    assert.ok(files > 1000, `${files} files`);
    for (const kind of ['ROADMAP', 'STATE', 'REQUIREMENTS', 'PLAN']) {
      const { bytes, understood } = shares.get(kind)!;
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
