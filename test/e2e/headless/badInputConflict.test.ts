/** Two plans change the same line: a question, whose every answer ends in exactly the expected bytes. */
import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Question } from '../../../schemas/journal/events';
import { silentLog } from '../../../server/base';
import { startScriptedModel, type ScriptedModel } from '../../../server/llm';
import { fixtureScript, makeFixtureRepository } from '../../fixtures/make';
import {
  assertClear,
  completes,
  decide,
  ended,
  eventually,
  isAlive,
  refusalOf,
  treeState,
  World,
  worktreesOf,
} from './badInputWorld';
import type { WireClient } from './client';

const greeting = (words: string): string => `export const greet = (name) => \`${words}, \${name}!\`;\n`;

interface Script {
  readonly rules: readonly object[];
}

/** An agent that is asked to join both sides is another one than those that made them. */
const withMediator = (script: Script): Script => ({
  ...script,
  rules: [
    ...script.rules,
    ...['01-01', '01-02', '01-03'].map((plan) => ({
      plan: `conflict-${plan}`,
      turns: [
        { calls: [{ tool: 'finish', input: { summary: 'Too early: the markers are still there.' } }] },
        { calls: [{ tool: 'read_files', input: { files: [{ path: 'src/greeting.mjs' }] } }] },
        {
          calls: [{ tool: 'write_file', input: { path: 'src/greeting.mjs', content: greeting('Good day') } }],
        },
        { calls: [{ tool: 'finish', input: { summary: 'Joined both.' } }] },
      ],
    })),
  ],
});

describe('bad input: a merge conflict', function () {
  this.timeout(90_000);
  let world: World;
  let model: ScriptedModel;
  let asked: string[] = [];

  before(async () => {
    world = new World();
    model = await startScriptedModel({
      script: withMediator(JSON.parse(readFileSync(fixtureScript('conflict'), 'utf8')) as Script),
      log: silentLog,
      onRequest: ({ plan, turn }) => asked.push(`${plan} ${turn}`),
    });
  });
  after(async () => {
    await world.end();
    await model.close();
  });
  beforeEach(() => (asked = []));

  const open = (root: string, since = 0): Promise<WireClient> =>
    world.open(
      {
        root,
        model: 'test/scripted',
        providers: [{ name: 'test', baseUrl: model.baseUrl }],
        keys: [{ provider: 'test', key: model.key }],
        // One agent after the other, so that it is always 01-03 that meets the conflict.
        parallel: 1,
      },
      since,
    );

  /** Runs the phase to its question. */
  async function upToQuestion(): Promise<{
    client: WireClient;
    run: string;
    root: string;
    question: Question;
  }> {
    const root = makeFixtureRepository('conflict');
    world.adopt(root);
    const client = await open(root);
    const run = await client.execute('1');
    assert.equal(await client.until(run, ended), 'waiting');
    return { client, run, root, question: await onlyQuestion(client, run) };
  }

  /** The states of what the Pit shows of locks and merges, by label. */
  async function locksOf(client: WireClient): Promise<Record<string, string>> {
    const { services } = await client.ask('pitStatus', {});
    const { rows } = services.find(({ name }) => name === 'arbitration')!;
    return Object.fromEntries(rows.map(({ label, state }) => [label, state]));
  }

  async function onlyQuestion(client: WireClient, run: string): Promise<Question> {
    const { questions } = (await client.ask('runShow', { run })).summary;
    assert.equal(questions.length, 1);
    const [question] = questions;
    assert.equal(question!.kind, 'mergeConflict');
    assert.deepEqual(question!.choices, ['integrated', 'plan', 'resolved', 'agent']);
    assertClear(question!.problem, 'merge.conflict', ['01-0', 'src/greeting.mjs']);
    return question!;
  }

  /** The run goes on after `answer` and ends with `words` in the greeting and both other changes. */
  async function checkEnds(
    client: WireClient,
    run: string,
    root: string,
    words: string,
    before: Record<string, string>,
  ): Promise<void> {
    await completes(client, run);
    assert.deepEqual(treeState(root), before, 'untouched until accept');
    const decided = await decide(client, run);
    assert.ok(Object.values(decided).every(({ result }) => result === 'written'));
    assert.equal(readFileSync(path.join(root, 'src/greeting.mjs'), 'utf8'), greeting(words));
    assert.equal(
      readFileSync(path.join(root, 'src/farewell.mjs'), 'utf8'),
      'export const part = (name) => `Good night, ${name}!`;\n',
    );
    assert.deepEqual(worktreesOf(world.state, client, run), []);
    assert.equal(new Set(asked).size, asked.length, 'nothing is asked twice');
  }

  /** What both sides of the conflict say, as the marked file shows them. */
  function sides(question: Question): { file: string; integrated: string; plan: string } {
    const file = path.join(String(question.facts['folder']), 'src/greeting.mjs');
    const [, integrated, plan] = /^<{7}[^\n]*\n(.*?)={7}\n(.*?)>{7}/ms.exec(readFileSync(file, 'utf8'))!;
    return { file, integrated: integrated!, plan: plan! };
  }

  const wordsOf = (line: string): string => /`([^,]+),/.exec(line)![1]!;

  for (const choice of ['integrated', 'plan'] as const)
    it(`is answered by “${choice}”`, async () => {
      const { client, run, root, question } = await upToQuestion();
      const before = treeState(root);
      const locks = await locksOf(client);
      assert.equal(locks[`integration/${run}`], 'held');
      assert.equal(locks[String(question.facts['plan'])], 'merging');
      assert.equal(locks['src/greeting.mjs'], 'collision');
      const words = wordsOf(sides(question)[choice]);
      assert.match(words, /^Good (morning|evening)$/);
      await client.ask('runAnswer', { run, question: question.id, answer: choice });
      await checkEnds(client, run, root, words, before);
      assert.deepEqual(await locksOf(client), {}, 'a run that has ended holds nothing');
    });

  it('is resolved by hand; an answer that comes too early or is none is not believed', async () => {
    const { client, run, root, question } = await upToQuestion();
    const before = treeState(root);
    assertClear(
      await refusalOf(client.ask('runAnswer', { run, question: question.id, answer: 'both' })),
      'run.answerUnknown',
      ['both'],
    );
    await client.ask('runAnswer', { run, question: question.id, answer: 'resolved' });
    assert.equal(await client.until(run, ended), 'waiting');
    const again = await onlyQuestion(client, run);
    assert.notEqual(again.id, question.id);
    assertClear(
      await refusalOf(client.ask('runAnswer', { run, question: question.id, answer: 'plan' })),
      'run.questionUnknown',
      [],
    );
    writeFileSync(sides(again).file, greeting('Good day'));
    await client.ask('runAnswer', { run, question: again.id, answer: 'resolved' });
    await checkEnds(client, run, root, 'Good day', before);
  });

  it('is resolved by an agent, which is not believed while markers are left', async () => {
    const { client, run, root, question } = await upToQuestion();
    const before = treeState(root);
    await client.ask('runAnswer', { run, question: question.id, answer: 'agent' });
    await checkEnds(client, run, root, 'Good day', before);
    assert.equal(asked.filter((name) => name.startsWith('conflict-')).length, 4);
  });

  it('stays open over kill -9, with what the person has done in the folder', async () => {
    const { client, run, root, question } = await upToQuestion();
    const before = treeState(root);
    writeFileSync(sides(question).file, greeting('Good day'));
    const seen = client.events.at(-1)!.position;
    process.kill(client.pid, 'SIGKILL');
    await eventually(() => !isAlive(client.pid), 'it is dead');
    world.forget(client);

    const next = await open(root, seen);
    assert.notEqual(next.pid, client.pid);
    assert.deepEqual(await onlyQuestion(next, run), question);
    await next.ask('runAnswer', { run, question: question.id, answer: 'resolved' });
    await checkEnds(next, run, root, 'Good day', before);
  });
});
