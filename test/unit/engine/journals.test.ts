import { strict as assert } from 'node:assert';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { recordedEvent } from '../../../schemas/journal/events';
import { decide, foldAll, type FoldedRun } from '../../../server/engine';

const folder = path.resolve(__dirname, '../../journals');

/** What a recorded journal must go on to mean, in every later version. */
function summaryOf(run: FoldedRun) {
  return {
    run: run.run,
    state: run.state,
    seq: run.seq,
    endedAt: run.endedAt,
    problem: run.problem,
    nodes: [...run.nodes.values()].map(({ id, state, attempt, output, problem, steps }) => ({
      id,
      state,
      attempt,
      output: output ?? null,
      problem,
      steps: [...steps.keys()],
    })),
    questions: run.questions,
    answers: Object.fromEntries(run.answers),
    decisions: run.decisions,
    // What a process that takes the run over would do next.
    next: decide(run),
  };
}

describe('recorded journals', () => {
  const files = globSync('v*/*.jsonl', { cwd: folder });

  it('are there', () => assert.ok(files.length >= 5, files.join()));

  for (const name of files)
    it(`mean what they meant: ${name}`, () => {
      const lines = readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n');
      const run = foldAll(lines.map((line) => recordedEvent.parse(JSON.parse(line))));
      const found = JSON.parse(JSON.stringify(summaryOf(run!))) as unknown;
      const golden = path.join(folder, name.replace(/\.jsonl$/, '.summary.json'));
      // RECORD=1 gives a new recording its summary once, to be read and committed with it.
      if (process.env['RECORD'] === '1' && !existsSync(golden))
        writeFileSync(golden, `${JSON.stringify(found, null, 2)}\n`);
      assert.deepEqual(found, JSON.parse(readFileSync(golden, 'utf8')));
    });
});
