import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { planningActions, planningDiagnostics } from '../../server/lsp/diagnostics';
import { planningCompletion } from '../../server/lsp/features/completion';
import { planningHover } from '../../server/lsp/features/hover';
import { planningLenses } from '../../server/lsp/features/lenses';
import { planningDefinition, planningReferences } from '../../server/lsp/features/navigate';
import { planningFolds, planningSymbols, projectSymbols } from '../../server/lsp/features/symbols';
import { planningTokens } from '../../server/lsp/features/tokens';
import { Project } from '../../server/lsp/planning/project';
import { TextDoc } from '../../server/lsp/text/textDoc';
import { corpusFolder, filesOf } from './files';

const trees = corpusFolder('planning');
/** Milliseconds one file may take with everything an editor asks of it. */
const bound = 2000;

describe('an editor on real trees', function () {
  this.timeout(300_000);
  before(function () {
    if (trees === undefined) {
      console.log('      skipped: SYMPHONY_CORPUS names no folder with real trees');
      this.skip();
    }
  });

  it('gets an answer to everything in every file, in time', async () => {
    let [files, found, slowest] = [0, 0, 0];
    for (const [index, name] of readdirSync(trees!).entries()) {
      const project = new Project(path.join(trees!, name), filesOf(path.join(trees!, name)), 'utf-16');
      const view = await project.view();
      projectSymbols(view, '');
      for (const source of view.sources.values()) {
        const began = performance.now();
        const { doc } = source;
        const whole = doc.range(0, source.text.length);
        const shown = planningDiagnostics(view, source);
        for (const { range } of shown) assert.ok(doc.offsetAt(range.start) <= doc.offsetAt(range.end));
        planningActions(view, source, whole);
        planningSymbols(source);
        planningFolds(source);
        planningTokens(view, source);
        planningLenses(view, source, new Set(['symphony.executePhase']));
        for (const offset of [0, 5, source.text.length >> 1, source.text.length]) {
          planningHover(view, source, offset);
          planningDefinition(view, source, offset);
          planningReferences(view, source, offset, true);
          planningCompletion(view, source, offset);
        }
        const spent = performance.now() - began;
        slowest = Math.max(slowest, spent);
        files++;
        found += shown.length;
        assert.ok(spent < bound, `a file of tree ${index} took ${spent} ms`);
        assert.equal(new TextDoc('', source.text, 'utf-8').positionAt(0).line, 0);
      }
    }
    assert.ok(files > 1000);
    console.log(`      ${files} files, ${found} findings, the slowest file ${slowest.toFixed(0)} ms`);
  });
});
