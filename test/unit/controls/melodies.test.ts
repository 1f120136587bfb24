import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { Melody, MelodyBody, MelodyNode } from '../../../schemas/melody';
import type { Workflow } from '../../../schemas/journal/workflow';
import { controlPerformers, expressionsOf } from '../../../server/controls';
import type { RunEvent } from '../../../schemas/journal/events';
import { Engine, type Answer, type Performers, type RunFold } from '../../../server/engine';
import { silentLog, type Clock, type Json } from '../../../server/base';
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

const performersOn = (clock: Clock): Performers =>
  new Map([...controlPerformers({ expressions: expressionsOf(), clock }), ...operators(clock)]);

/** A run that has ended, and what it recorded. */
async function ran(
  title: string,
  workflow: Workflow,
  inputs: Readonly<Record<string, Json>>,
  { clock, performers, answer }: { clock: Clock; performers: Performers; answer: (node: string) => Answer },
): Promise<{ readonly events: readonly RunEvent[]; readonly state: RunFold }> {
  const journal = memoryJournal(clock);
  const engine = new Engine({
    ...{ journal, clock, performers, ids: countingIds(), epoch: 'epoch', log: silentLog },
    expressions: expressionsOf(),
  });
  const refused: unknown[] = [];
  engine.onChanged(({ run, events }) => {
    for (const { event } of events) {
      if (event.type !== 'QuestionAsked') continue;
      const { answer: said, note, value } = answer(event.node);
      engine
        .answer(run, event.question.id, said, note, value)
        .catch((thrown: unknown) => refused.push(thrown));
    }
  });
  const run = await engine.start({ kind: 'melody', title, workflow, inputs, facts: {} });
  const state = engine.state(run)!;
  await until(() => state.endedAt !== null, 'the run ends', 200_000);
  await engine.stop(0);
  assert.deepEqual(refused, []);
  return { events: journal.read(run).map(({ event }) => event), state };
}

/** What came of a run: its outputs, or the code of the problem a node failed with for good. */
async function ended(one: Played, clock: Clock): Promise<Played['outputs']> {
  const answer = (node: string) => one.answers![node]!;
  const world = { clock, performers: performersOn(clock), answer };
  const { events } = await ran(one.name, compiled(one), one.inputs ?? {}, world);
  for (const event of events) {
    if (event.type === 'RunCompleted') return (event.outputs ?? {}) as Exclude<Played['outputs'], string>;
    if (event.type === 'NodeFailed' && event.final && one.outputs === event.problem.code)
      return event.problem.code;
  }
  return `not even ${events.at(-1)!.type}`;
}

/** Random Melodies name these; they give what they get. */
function echoing(clock: Clock): Performers {
  const echo = operators(clock).get('echo')!;
  return new Map([...performersOn(clock), ['verify', echo], ['instrument', echo]]);
}

/** Nothing in it depends on what comes first. */
function unhurried<B extends MelodyBody>(level: B): B {
  const nodes = level.nodes.map((node): MelodyNode => {
    if (node.kind === 'merge') return { ...node, take: 'all' };
    if (node.kind === 'join') return { ...node, wait: 'all' };
    return node.kind === 'loop' || node.kind === 'map' ? { ...node, body: unhurried(node.body) } : node;
  });
  return { ...level, nodes };
}

describe('Melodies on the engine', () => {
  for (const one of played)
    it(one.name, async () => {
      const clock = new IdleClock();
      assert.deepEqual(await ended(one, clock), one.outputs);
      if (one.minutes !== undefined) assert.equal(clock.monotonic(), one.minutes * 60_000);
    });
});

describe('random Melodies', function () {
  this.timeout(60_000);
  it('come to the same, node by node, by the engine and by the reference', async () => {
    await fc.assert(
      fc.asyncProperty(validMelody, async (melody) => {
        const workflow = compileMelody(unhurried(melody), { file: 't' });
        const answer = () => ({ answer: 'approve' });
        const expected = new Map<string, string>();
        const note = (node: string, how: string) => void expected.set(node, how);
        const one = new IdleClock(2);
        const by = { performers: echoing(one), expressions: expressionsOf() };
        assert.deepEqual(await performed(workflow, {}, { ...by, answer, note }), {});
        const clock = new IdleClock(10);
        const { state } = await ran('t', workflow, {}, { clock, performers: echoing(clock), answer });
        assert.equal(state.state, 'completed');
        const found = [...state.nodes].map(([id, { state: how, skipped }]) =>
          how !== 'skipped' ? [id, how] : [id, skipped === 'closed' ? 'closed' : 'passed'],
        );
        assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected));
      }),
      { numRuns: 200 },
    );
  });
});

describe('Melodies, performed', () => {
  it('come to an end, whatever shape they have', async () => {
    await fc.assert(
      fc.asyncProperty(validMelody, async (melody) => {
        const clock = new IdleClock(2);
        const world = { performers: echoing(clock), expressions: expressionsOf() };
        const answer = () => ({ answer: 'approve' });
        const outputs = await performed(compileMelody(melody, { file: 't' }), {}, { ...world, answer });
        assert.deepEqual(outputs, {}, 'outputs of these Melodies are disabled');
      }),
      { numRuns: 200 },
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
