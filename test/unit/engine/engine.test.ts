import { strict as assert } from 'node:assert';
import type { RunEvent } from '../../../schemas/journal/events';
import type { Workflow } from '../../../schemas/journal/workflow';
import { problem } from '../../../server/base';
import type { Engine, Journal, NodeContext, Performer } from '../../../server/engine';
import {
  engineOn,
  jumpingClock,
  ManualClock,
  memoryJournal,
  settled,
  until,
  Workbench,
  workflowOf,
} from './support';

const start = (engine: Engine, workflow: Workflow) =>
  engine.start({ title: 'test', kind: 'phase', workflow, facts: { model: 'm' } });

const typesOf = (journal: { events: readonly { event: RunEvent }[] }) =>
  journal.events.map(({ event }) => ('node' in event ? `${event.type} ${event.node}` : event.type));

const draft = {
  id: 'side',
  kind: 'mergeConflict' as const,
  problem: { code: 'merge.conflict' as const, args: {} },
  facts: {},
  choices: ['ours', 'theirs'],
};

/** Until nothing but people or the clock could move the run. */
const ended = (engine: Engine, run: string) =>
  until(() => engine.state(run)!.endedAt !== null, `run ${run} ended`);

describe('the engine', () => {
  it('runs a workflow in order and records it', async () => {
    const journal = memoryJournal(jumpingClock());
    const seen: unknown[] = [];
    const engine = engineOn(journal, async (ctx) => {
      seen.push([ctx.node, ctx.idempotencyKey, ctx.facts, ctx.output('a')]);
      return `${ctx.node} done`;
    });
    const run = await start(engine, workflowOf({ a: '', b: 'a' }));
    assert.ok(journal.events.length >= 2, 'durable when started');
    await ended(engine, run);
    assert.deepEqual(seen, [
      ['a', `${run}/a/1`, { model: 'm' }, undefined],
      ['b', `${run}/b/1`, { model: 'm' }, 'a done'],
    ]);
    assert.deepEqual(typesOf(journal), [
      'RunCreated',
      'RunOwned',
      'NodeStarted a',
      'NodeCompleted a',
      'NodeStarted b',
      'NodeCompleted b',
      'RunCompleted',
    ]);
    assert.equal(engine.active(), 0);
    await engine.stop();
  });

  it('refuses a workflow that is not valid, and leaves nothing behind', async () => {
    const journal = memoryJournal(jumpingClock());
    const engine = engineOn(journal, async () => null);
    await assert.rejects(start(engine, workflowOf({ a: 'b', b: 'a' })), /workflow.cycle/);
    await assert.rejects(
      start(engine, workflowOf({ a: '' }, { work: 0 })),
      /workflow.malformed.*limits.work/,
    );
    assert.deepEqual([journal.events, engine.runs()], [[], []]);
  });

  it('never runs more of a resource than its limit', async () => {
    let now = 0;
    let most = 0;
    const engine = engineOn(memoryJournal(jumpingClock()), async () => {
      most = Math.max(most, ++now);
      await settled(3);
      now--;
      return null;
    });
    const nodes = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`n${i}`, '']));
    await ended(engine, await start(engine, workflowOf(nodes, { work: 3 })));
    assert.equal(most, 3);
  });

  it('pauses, resumes and cancels, and says what it cannot', async () => {
    const bench = new Workbench();
    const engine = engineOn(memoryJournal(jumpingClock()), bench.perform, { clock: new ManualClock() });
    const run = await start(engine, workflowOf({ a: '', b: 'a' }));
    await settled();
    await assert.rejects(engine.command(run, 'resume'), /run.wrongState.*running.*resume/);
    await assert.rejects(engine.command('nobody', 'pause'), /run.unknown/);
    assert.equal(await engine.command(run, 'pause'), 'paused');
    assert.equal(engine.active(), 1);
    await bench.finish('a');
    assert.deepEqual(bench.started, ['a/1']);
    assert.equal(engine.active(), 0);
    assert.equal(await engine.command(run, 'resume'), 'running');
    await settled();
    assert.deepEqual(bench.started, ['a/1', 'b/1']);
    assert.equal(await engine.command(run, 'cancel'), 'cancelling');
    await settled();
    assert.equal(engine.state(run)!.state, 'cancelled');
    assert.equal(engine.state(run)!.nodes.get('b')!.state, 'cancelled');
    await assert.rejects(engine.command(run, 'cancel'), /run.wrongState/);
  });

  it('takes one of two commands given at once', async () => {
    const engine = engineOn(memoryJournal(jumpingClock()), new Workbench().perform);
    const run = await start(engine, workflowOf({ a: '' }));
    const both = await Promise.allSettled([engine.command(run, 'pause'), engine.command(run, 'pause')]);
    assert.deepEqual(
      both.map((one) => one.status),
      ['fulfilled', 'rejected'],
    );
    await engine.stop();
  });

  it('lets performers clean up after a cancel, for half a minute', async () => {
    const clock = new ManualClock();
    let cleaned = false;
    const engine = engineOn(
      memoryJournal(clock),
      async (ctx) => {
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
        if (ctx.node === 'stubborn') await new Promise(() => undefined);
        await settled(5);
        cleaned = true;
        throw ctx.signal.reason;
      },
      { clock },
    );
    const polite = await start(engine, workflowOf({ a: '' }));
    const stubborn = await start(engine, workflowOf({ stubborn: '' }));
    await settled();
    await engine.command(polite, 'cancel');
    await engine.command(stubborn, 'cancel');
    assert.deepEqual([cleaned, engine.state(polite)!.state], [false, 'cancelling']);
    await settled();
    assert.deepEqual([cleaned, engine.state(polite)!.state], [true, 'cancelled']);
    assert.equal(engine.state(stubborn)!.state, 'cancelling');
    await clock.advance(30_000);
    assert.equal(engine.state(stubborn)!.state, 'cancelled');
  });

  it('ends a cancelled run after a restart without performing anything', async () => {
    const journal = memoryJournal(jumpingClock());
    const deaf: Performer = () => new Promise(() => undefined);
    const first = engineOn(journal, deaf, { clock: new ManualClock() });
    const run = await start(first, workflowOf({ a: '', b: 'a' }));
    await settled();
    assert.equal(await first.command(run, 'cancel'), 'cancelling');
    await first.stop(0);
    const bench = new Workbench();
    const second = engineOn(journal, bench.perform);
    await second.recover();
    await ended(second, run);
    assert.deepEqual([second.state(run)!.state, bench.started], ['cancelled', []]);
  });

  it('tries again with growing pauses, then fails, then retries for a person', async () => {
    const clock = new ManualClock();
    const bench = new Workbench();
    const engine = engineOn(memoryJournal(clock), bench.perform, { clock });
    const run = await start(engine, workflowOf({ a: '', b: 'a' }, {}, { retries: 1 }));
    await settled();
    await bench.fail('a', problem('model.serverError', { tries: 1 }));
    assert.deepEqual(bench.started, ['a/1']);
    await clock.advance(999);
    assert.deepEqual(bench.started, ['a/1']);
    await clock.advance(1);
    assert.deepEqual(bench.started, ['a/1', 'a/2']);
    await bench.fail('a', problem('model.serverError', { tries: 2 }));
    assert.deepEqual([engine.state(run)!.state, engine.state(run)!.problem?.args], ['failed', { tries: 2 }]);
    assert.equal(await engine.command(run, 'retry'), 'running');
    await settled();
    await bench.finish('a');
    await bench.finish('b');
    assert.equal(engine.state(run)!.state, 'completed');
    assert.deepEqual(bench.started, ['a/1', 'a/2', 'a/3', 'b/1']);
  });

  it('does not try again what is final', async () => {
    const bench = new Workbench();
    const engine = engineOn(memoryJournal(jumpingClock()), bench.perform);
    const run = await start(engine, workflowOf({ a: '' }, {}, { retries: 5 }));
    await settled();
    await bench.fail('a', problem('agent.stuck', {}));
    assert.equal(engine.state(run)!.state, 'failed');
  });

  it('asks once and waits for the answer, across restarts', async () => {
    const journal = memoryJournal(jumpingClock());
    const perform: Performer = async (ctx) => {
      const [one, same] = await Promise.all([ctx.ask(draft), ctx.ask(draft)]);
      assert.deepEqual(one, same);
      return one as never;
    };
    const first = engineOn(journal, perform);
    const run = await start(first, workflowOf({ a: '' }));
    await until(() => first.state(run)!.state === 'waiting', 'the run waits');
    assert.equal(first.active(), 0);
    await first.stop();
    const second = engineOn(journal, perform, { epoch: 'second' });
    await second.recover();
    await settled();
    assert.deepEqual(
      second.state(run)!.questions.map(({ question }) => question.id),
      ['a/1/side'],
    );
    await assert.rejects(second.answer(run, 'a/1/other', 'ours'), /run.questionUnknown/);
    await assert.rejects(second.answer(run, 'a/1/side', 'mine'), /run.answerUnknown.*ours, theirs/);
    assert.equal(await second.answer(run, 'a/1/side', 'ours', 'because'), 'running');
    await ended(second, run);
    assert.deepEqual(second.state(run)!.nodes.get('a')!.output, { answer: 'ours', note: 'because' });
    assert.equal(typesOf(journal).filter((type) => type === 'QuestionAsked a').length, 1);
    assert.deepEqual(
      journal.events.flatMap(({ event }) => (event.type === 'RunOwned' ? [event.epoch] : [])),
      ['epoch', 'second'],
    );
  });

  it('gives back recorded steps after a restart, and works each once', async () => {
    const journal = memoryJournal(jumpingClock());
    const worked: string[] = [];
    let hold = true;
    const perform: Performer = async (ctx: NodeContext) => {
      const step = (key: string) =>
        ctx.step(key, async () => {
          worked.push(key);
          return { key, known: ctx.recorded(key), at: undefined } as never;
        });
      const [one] = await Promise.all([step('one'), step('one')]);
      assert.deepEqual(one, { key: 'one', known: false }, 'live as a replay would give it');
      if (hold)
        await new Promise((_, reject) =>
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)),
        );
      assert.ok(ctx.recorded('one'));
      await step('two');
      return null;
    };
    const first = engineOn(journal, perform);
    const run = await start(first, workflowOf({ a: '' }));
    await until(() => worked.length === 1, 'the first step was done');
    await settled();
    await first.stop();
    const before = journal.events.length;
    hold = false;
    const second = engineOn(journal, perform);
    await second.recover();
    await ended(second, run);
    assert.deepEqual(worked, ['one', 'two']);
    assert.ok(
      !typesOf({ events: journal.events.slice(before) }).includes('NodeStarted a'),
      'the same attempt',
    );
  });

  it('records nothing after it stopped', async () => {
    const journal = memoryJournal(jumpingClock());
    const engine = engineOn(journal, async (ctx) => {
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
      await ctx.step('late', async () => 1).catch(() => undefined);
      return 'done all the same';
    });
    const run = await start(engine, workflowOf({ a: '' }));
    await settled();
    const before = journal.events.length;
    await engine.stop();
    await settled();
    assert.equal(journal.events.length, before);
    await assert.rejects(engine.command(run, 'pause'), /cancelled/);
    await assert.rejects(start(engine, workflowOf({ a: '' })), /cancelled/);
  });

  it('waits out a full disk and loses nothing', async () => {
    const clock = new ManualClock();
    const journal = memoryJournal(clock);
    let full = false;
    const limited: Journal = {
      ...journal,
      append: async (...args) => {
        if (full) throw problem('data.diskFull', { path: 'journal' });
        return journal.append(...args);
      },
    };
    const bench = new Workbench();
    const engine = engineOn(limited, bench.perform, { clock });
    const troubles: (string | undefined)[] = [];
    engine.onProblem(({ problem: found }) => troubles.push(found?.code));
    const run = await start(engine, workflowOf({ a: '', b: 'a', c: '' }));
    await settled();
    full = true;
    await bench.finish('a', 'paid for');
    assert.deepEqual(bench.started, ['a/1', 'c/1'], 'nothing more is dispatched');
    await assert.rejects(engine.command(run, 'pause'), /data.diskFull/);
    await assert.rejects(start(engine, workflowOf({ x: '' })), /data.diskFull/);
    await bench.finish('c');
    assert.equal(engine.problems().get(run)?.code, 'data.diskFull');
    await clock.advance(60_000);
    full = false;
    await clock.advance(60_000);
    assert.deepEqual(bench.started, ['a/1', 'c/1', 'b/1']);
    assert.equal(engine.state(run)!.nodes.get('a')!.output, 'paid for');
    assert.equal(troubles.at(-1), undefined);
    assert.equal(engine.problems().size, 0);
    await bench.finish('b');
    assert.equal(engine.state(run)!.state, 'completed');
  });

  it('lets go of a run that somebody else writes', async () => {
    const journal = memoryJournal(jumpingClock());
    const bench = new Workbench();
    const engine = engineOn(journal, bench.perform);
    const run = await start(engine, workflowOf({ a: '' }));
    await settled();
    await journal.append(run, 3, [{ type: 'RunOwned', epoch: 'another' }]);
    await bench.finish('a');
    assert.equal(journal.events.length, 4);
    assert.equal(engine.problems().get(run)?.code, 'internal.unexpected');
    assert.equal(engine.active(), 0);
  });

  it('recovers the others when one run cannot be read', async () => {
    const journal = memoryJournal(jumpingClock());
    const first = engineOn(journal, new Workbench().perform);
    const [bad, good] = [
      await start(first, workflowOf({ a: '' })),
      await start(first, workflowOf({ a: '' })),
    ];
    await settled();
    await first.stop();
    await journal.append(bad, 3, [{ type: 'RunResumed' }]);
    const second = engineOn(journal, async () => null);
    await second.recover();
    await ended(second, good);
    assert.deepEqual([second.state(bad), [...second.problems().keys()]], [undefined, [bad]]);
  });

  it('tells progress, and records decisions in every state', async () => {
    const engine = engineOn(
      memoryJournal(jumpingClock()),
      async (ctx) => (ctx.progress('busy', { turn: 1 }), null),
    );
    const told: unknown[] = [];
    engine.onProgress((progress) => told.push(progress));
    const run = await start(engine, workflowOf({ a: '' }));
    await ended(engine, run);
    assert.deepEqual(told, [{ run, node: 'a', text: 'busy', facts: { turn: 1 } }]);
    const decision = { changeset: 'c', path: 'x', decision: 'accepted', written: null } as const;
    assert.equal(await engine.record(run, { type: 'FileDecided', ...decision }), 'completed');
    assert.deepEqual(engine.state(run)!.decisions, [decision]);
  });

  it('is not confused by steps that outlive their performer', async () => {
    const journal = memoryJournal(jumpingClock());
    let late: Promise<unknown> | undefined;
    const ticks = async (count: number) => {
      while (count-- > 0) await undefined;
    };
    const engine = engineOn(journal, async (ctx) => {
      // The first step keeps the loop busy, so that the ending and the last step meet in one batch.
      void ctx.step('first', async () => 1);
      await ticks(10);
      late = ticks(20).then(() => ctx.step('unawaited', async () => 1));
      late.catch(() => undefined);
      return null;
    });
    const run = await start(engine, workflowOf({ a: '' }));
    await ended(engine, run);
    await assert.rejects(late!, /cancelled/);
    const again = engineOn(journal, async () => null);
    await again.recover();
    assert.equal(again.state(run)!.state, 'completed');
  });
});
