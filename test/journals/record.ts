/**
 * Records journals of the present format: `node --import tsx test/journals/record.ts`. It writes only
 * those that are missing, because a journal once released is replayed as it is for ever. Their summaries
 * are written by `RECORD=1 npx mocha test/unit/engine/journals.test.ts`.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { problem, type Json } from '../../server/base';
import type { Engine, NodeContext, Performer } from '../../server/engine';
import { engineOn, jumpingClock, memoryJournal, settled, workflowOf } from '../unit/engine/support';
import { stories, storyEngine, type World } from './scenarios1';

type Scenario = (engine: (perform: Performer) => Engine) => Promise<void>;

const model = { model: 'openai/gpt-5', base: 'a'.repeat(40), limits: { turns: 40 } };
const plans = workflowOf(
  { 'agent:01-01': '', 'agent:01-02': '', merge: 'agent:01-01 agent:01-02', offer: 'merge' },
  { work: 2 },
  { retries: 1, params: { plan: '01-01', commands: ['npm test'] } },
);
const start = (engine: Engine) =>
  engine.start({ title: 'Phase 1', kind: 'phase', workflow: plans, facts: model, run: 'run-1' });

const turns =
  (count: number): Performer =>
  async (ctx) => {
    let text: Json = '';
    for (let turn = 1; turn <= count; turn++)
      text = await ctx.step(`turn ${turn}`, async () => ({ said: `turn ${turn}`, tokens: turn * 100 }));
    return { last: text, files: ['src/a.ts'] };
  };

const askingAt =
  (node: string): Performer =>
  async (ctx: NodeContext) => {
    if (ctx.node !== node) return turns(1)(ctx);
    const conflict = problem('merge.conflict', { plan: '01-02', files: 'src/a.ts' }).problem;
    const facts = { ours: 'x', theirs: 'y' };
    return {
      ...(await ctx.ask({ id: 'side', kind: 'mergeConflict', problem: conflict, facts, choices: ['ours', 'theirs'] })),
    };
  };

const scenarios: Readonly<Record<string, Scenario>> = {
  async completed(engine) {
    const one = engine(turns(2));
    await start(one);
    await settled(100);
    for (const decision of ['rejected', 'accepted'] as const)
      await one.record('run-1', {
        type: 'FileDecided',
        changeset: 'set-1',
        path: 'src/a.ts',
        decision,
        written: decision === 'accepted' ? 'b'.repeat(64) : null,
      });
  },
  async 'restarted-and-answered'(engine) {
    const one = engine(askingAt('merge'));
    await start(one);
    await settled(100);
    await one.stop();
    const two = engine(askingAt('merge'));
    await two.recover();
    await settled();
    await two.answer('run-1', 'merge/1/side', 'ours', 'ours is tested');
    await settled(100);
  },
  async waiting(engine) {
    await start(engine(askingAt('agent:01-02')));
    await settled(100);
  },
  async 'failed-retried-failed'(engine) {
    const one = engine(async (ctx) => {
      if (ctx.node !== 'agent:01-02') return turns(1)(ctx);
      throw ctx.attempt < 2
        ? problem('model.serverError', { provider: 'openai', status: 500, tries: 5 })
        : problem('verify.failed', { plan: '01-02', command: 'npm test', exitCode: 1 });
    });
    await start(one);
    await settled(100);
    await one.command('run-1', 'retry');
    await settled(100);
  },
  async 'paused-and-cancelled'(engine) {
    const one = engine(
      (ctx) => new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))),
    );
    await start(one);
    await settled();
    await one.command('run-1', 'pause');
    await one.command('run-1', 'resume');
    await one.command('run-1', 'cancel');
    await settled();
  },
};

async function recordAll(): Promise<void> {
  for (const [name, scenario] of Object.entries(scenarios))
    await record(path.join(__dirname, 'v0', name), ({ journal, clock }, epoch) =>
      scenario((perform) => engineOn(journal, perform, { clock, epoch: epoch() })),
    );
  for (const [name, story] of Object.entries(stories))
    await record(path.join(__dirname, 'v1', name), (world, epoch) => story(() => storyEngine(world, epoch())));
}

/** Plays a scenario and writes what it left of its last run, unless it is there. */
async function record(
  name: string,
  play: (world: World, epoch: () => string) => Promise<void>,
): Promise<void> {
  const file = `${name}.jsonl`;
  if (existsSync(file)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  const clock = jumpingClock();
  const journal = memoryJournal(clock);
  let life = 0;
  await play({ journal, clock }, () => `life-${++life}`);
  const events = journal.events.filter(({ run }) => run === 'run-1');
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

void recordAll();
