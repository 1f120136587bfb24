import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { RecordedEvent } from '../../../schemas/journal/events';
import type { Json } from '../../../server/base';
import {
  decide,
  type FoldedRun,
  fold,
  foldAll,
  restored,
  shotOfRun,
  type Engine,
  type Journal,
  type RunFold,
} from '../../../server/engine';
import { expressions, flows, passing, performerOf, type Flow } from './randomFlow';
import { engineOn, jumpingClock, memoryJournal, settled, until } from './support';

const packing = {
  pack: (value: Json) => new TextEncoder().encode(JSON.stringify(value)),
  unpack: (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Json,
};

function begin(journal: Journal, worked: (step: string) => void): Engine {
  const perform = performerOf(worked);
  const performers = new Map([
    ['work', perform],
    ['input', passing],
    ['output', passing],
  ]);
  return engineOn(journal, perform, { performers, expressions, packing });
}

const over = (run: RunFold): boolean => ['completed', 'failed'].includes(run.state);

/** Answers whatever is asked until the run has ended. */
async function answered(engine: Engine, run: string): Promise<RunFold> {
  for (let turns = 0; turns < 100; turns++) {
    const state = engine.state(run)!;
    await until(() => over(state) || state.state === 'waiting', `the run ends, not ${state.state}`);
    if (over(state)) return state;
    for (const { question } of state.questions) await engine.answer(run, question.id, 'go');
    await settled(3);
  }
  throw new Error('it asks for ever');
}

async function runOnce(
  { workflow }: Flow,
  limit?: number,
): Promise<{ run: RunFold; events: RecordedEvent[] }> {
  const journal = memoryJournal(jumpingClock());
  const engine = begin(journal, () => undefined);
  const limits = limit === undefined ? workflow.limits : { x: limit, '*': limit };
  const run = await engine.start({ title: '', kind: 'melody', workflow: { ...workflow, limits }, facts: {} });
  const state = await answered(engine, run);
  await engine.stop();
  return { run: state, events: journal.events };
}

/**
 * What a run came to, apart from the order and times in which it did. How far a group had come inside when
 * something in it failed depends on the order; what comes out of groups is in their outputs.
 */
const result = (run: RunFold): Json => ({
  state: run.state,
  nodes: [...run.nodes.values()]
    .filter(({ id }) => !id.includes('['))
    .map(({ id, state, skipped, output }) => [id, state, skipped, output ?? null])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
});

/** A moment in the middle of a transaction may be one that nothing could follow from. */
function decided(run: FoldedRun): unknown {
  try {
    return decide(run);
  } catch (thrown) {
    return String(thrown);
  }
}

describe('a run of every feature', () => {
  it('comes to the same under 1, 4 and 64 nodes at once', async () => {
    await fc.assert(
      fc.asyncProperty(flows, async (flow) => {
        // What stops at the first failure depends on what came first.
        const onFailure = 'continue' as const;
        const steady = { workflow: { ...flow.workflow, policy: { onFailure } } };
        const [one, ...others] = [
          await runOnce(steady, 1),
          await runOnce(steady, 4),
          await runOnce(steady, 64),
        ];
        for (const other of others) assert.deepEqual(result(other.run), result(one.run));
      }),
      { numRuns: 150 },
    );
  });

  it('is given back whole by a snapshot of any moment and the events after it', async () => {
    await fc.assert(
      fc.asyncProperty(flows, fc.nat(), async (flow, cut) => {
        const { events } = await runOnce(flow);
        const at = 1 + (cut % events.length);
        const early = foldAll(events.slice(0, at))!;
        const bytes = packing.pack(shotOfRun(early) as unknown as Json);
        const back = restored(events[0]!, packing.unpack(bytes) as never)!;
        assert.deepEqual(shotOfRun(back), JSON.parse(JSON.stringify(shotOfRun(early))));
        assert.deepEqual(decided(back), decided(early));
        let late = back;
        for (const event of events.slice(at)) late = fold(late, event);
        assert.deepEqual(result(late), result(foldAll(events)!));
        assert.deepEqual(
          JSON.parse(JSON.stringify(shotOfRun(late))),
          JSON.parse(JSON.stringify(shotOfRun(foldAll(events)!))),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('comes to the same however often its process dies, and works no recorded step again', async () => {
    await fc.assert(
      fc.asyncProperty(
        flows,
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
        fc.boolean(),
        async (flow, deaths, written) => {
          const steady = { workflow: { ...flow.workflow, policy: { onFailure: 'continue' as const } } };
          const whole = await runOnce(steady);
          const journal = memoryJournal(jumpingClock());
          const recorded = () =>
            journal.events.flatMap(({ run, event }) =>
              event.type === 'StepRecorded' ? [`${run}/${event.node}/${event.attempt}/${event.key}`] : [],
            );
          const twice: string[] = [];
          const worked = (step: string) => {
            if (recorded().includes(step)) twice.push(step);
          };
          let run: string | undefined;
          for (const life of [...deaths, Infinity]) {
            let left = life;
            let dead = false;
            const dying: Journal = {
              ...journal,
              async append(...args) {
                if (dead || --left < 0) {
                  if (!dead && written) await journal.append(...args);
                  dead = true;
                  return new Promise<never>(() => undefined);
                }
                return journal.append(...args);
              },
            };
            const engine = begin(dying, worked);
            if (run === undefined) {
              const id = 'run-1';
              const started = engine.start({
                title: '',
                kind: 'melody',
                workflow: steady.workflow,
                facts: {},
                run: id,
              });
              await Promise.race([started, until(() => dead, 'it dies')]);
              if (journal.events.length > 0) run = id;
            } else {
              await Promise.race([engine.recover(), until(() => dead, 'it dies')]);
            }
            if (run === undefined) continue;
            if (!dead) await Promise.race([answered(engine, run), until(() => dead, 'it dies')]);
          }
          const replayed = foldAll(journal.events)!;
          assert.deepEqual(result(replayed), result(whole.run));
          assert.deepEqual(twice, []);
        },
      ),
      { numRuns: 150 },
    );
  });
});
