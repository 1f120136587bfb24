import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { Melody } from '../../../schemas/melody';
import type { Workflow } from '../../../schemas/journal/workflow';
import { controlPerformers, expressionsOf } from '../../../server/controls';
import { Engine, type Performers } from '../../../server/engine';
import { silentLog } from '../../../server/base';
import { countingIds, memoryJournal, until } from '../engine/support';
import { checkInputs, compileMelody, validate } from '../../../server/melody';
import { validMelody } from '../melody/valid';
import { operators, played, type Played } from './melodies';
import { codeOf, performed } from './reference';
import { IdleClock } from './support';

function melodyOf(file: string, { nodes, edges, more }: Pick<Played, 'nodes' | 'edges' | 'more'>): Melody {
  const { melody, findings } = validate({ version: 1, id: 't', name: 'T', ...more, nodes, edges }, file);
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error').map(({ problem }) => problem),
    [],
  );
  return melody!;
}

/** A Melody as the engine is given it. */
function compiled(one: Played): Workflow {
  return compileMelody(melodyOf('t.melody.json', one), {
    file: 't.melody.json',
    load: (path) => melodyOf(path, one.files![path]!),
  });
}

const performersOn = (clock: IdleClock): Performers =>
  new Map([...controlPerformers({ expressions: expressionsOf(), clock }), ...operators(clock)]);

/** What came of a run: its outputs, or the code of the problem a node failed with for good. */
async function ended(one: Played, clock: IdleClock): Promise<Played['outputs']> {
  const journal = memoryJournal(clock);
  const options = {
    ...{ journal, clock, ids: countingIds(), epoch: 'epoch', log: silentLog },
    performers: performersOn(clock),
    expressions: expressionsOf(),
  };
  const engine = new Engine(options);
  const refused: unknown[] = [];
  engine.onChanged(({ run, events }) => {
    for (const { event } of events) {
      if (event.type !== 'QuestionAsked') continue;
      const { answer, note, value } = one.answers![event.node]!;
      const given = [run, event.question.id, answer, note, value] as unknown as Parameters<Engine['answer']>;
      engine.answer(...given).catch((thrown: unknown) => refused.push(thrown));
    }
  });
  const start = {
    kind: 'melody',
    title: one.name,
    workflow: compiled(one),
    inputs: one.inputs ?? {},
    facts: {},
  } as const;
  const run = await engine.start(start);
  await until(() => engine.state(run)!.endedAt !== null, 'the run ends');
  await engine.stop(0);
  assert.deepEqual(refused, []);
  const events = journal.read(run).map(({ event }) => event);
  for (const event of events) {
    if (event.type === 'RunCompleted') return (event.outputs ?? {}) as Exclude<Played['outputs'], string>;
    if (event.type === 'NodeFailed' && event.final && one.outputs === event.problem.code)
      return event.problem.code;
  }
  return `not even ${events.at(-1)!.type}`;
}

describe('Melodies on the engine', () => {
  for (const one of played)
    (one.waitsFor === undefined ? it : it.skip)(one.name, async () => {
      const clock = new IdleClock();
      assert.deepEqual(await ended(one, clock), one.outputs);
      if (one.minutes !== undefined) assert.equal(clock.monotonic(), one.minutes * 60_000);
    });
});

describe('Melodies, performed', () => {
  it('come to an end, whatever shape they have', async () => {
    await fc.assert(
      fc.asyncProperty(validMelody, async (melody) => {
        const clock = new IdleClock(2);
        const own = operators(clock);
        const performers = new Map(performersOn(clock)).set('verify', own.get('echo')!);
        const world = {
          performers: performers.set('instrument', own.get('echo')!),
          expressions: expressionsOf(),
        };
        const answer = () => ({ answer: 'approve' });
        const outputs = await performed(compileMelody(melody, { file: 't' }), {}, { ...world, answer });
        assert.deepEqual(outputs, {}, 'outputs of these Melodies are disabled');
      }),
      { numRuns: 100 },
    );
  });

  for (const one of played)
    it(one.name, async () => {
      const clock = new IdleClock();
      const began = clock.monotonic();
      const workflow = compiled(one);
      const inputs = one.inputs ?? {};
      const wrong = checkInputs(workflow, inputs).filter(({ code }) => code !== 'run.inputMissing');
      assert.deepEqual(wrong, []);
      const world = {
        performers: performersOn(clock),
        expressions: expressionsOf(),
        answer: (node: string) => one.answers![node]!,
      };
      assert.deepEqual(await performed(workflow, inputs, world).catch(codeOf), one.outputs);
      if (one.minutes !== undefined) assert.equal(clock.monotonic() - began, one.minutes * 60_000);
    });
});
