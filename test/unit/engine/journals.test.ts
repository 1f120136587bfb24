import { strict as assert } from 'node:assert';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { recordedEvent, runEvent, type RecordedEvent } from '../../../schemas/journal/events';
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

/** What version 1 added, and so was not said of recordings of version 0. */
function summaryOf1(run: FoldedRun) {
  return {
    ...summaryOf(run),
    generation: run.generation,
    inputs: run.inputs,
    outputs: run.outputs,
    forkedFrom: run.forkedFrom,
    trigger: run.trigger,
    spent: run.spent,
    more: [...run.nodes.values()].map(({ id, skipped, params, spent }) => ({ id, skipped, params, spent })),
  };
}

const eventsOf = (name: string): RecordedEvent[] =>
  readFileSync(path.join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => recordedEvent.parse(JSON.parse(line)));

describe('recorded journals', () => {
  const files = globSync('v*/*.jsonl', { cwd: folder });

  it('are there', () => assert.ok(files.length >= 16, files.join()));

  it('hold every kind of event', () => {
    const recorded = new Set(files.flatMap(eventsOf).map(({ event }) => event.type));
    const known = runEvent.def.options.map(({ shape }) => shape.type.def.values[0]);
    assert.deepEqual([...recorded].sort(), known.toSorted());
  });

  for (const name of files)
    it(`mean what they meant: ${name}`, () => {
      const run = foldAll(eventsOf(name))!;
      const summary = name.startsWith('v0/') ? summaryOf(run) : summaryOf1(run);
      const found = JSON.parse(JSON.stringify(summary)) as unknown;
      const golden = path.join(folder, name.replace(/\.jsonl$/, '.summary.json'));
      // RECORD=1 gives a new recording its summary once, to be read and committed with it.
      if (process.env['RECORD'] === '1' && !existsSync(golden))
        writeFileSync(golden, `${JSON.stringify(found, null, 2)}\n`);
      assert.deepEqual(found, JSON.parse(readFileSync(golden, 'utf8')));
    });
});
