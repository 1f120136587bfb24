import { strict as assert } from 'node:assert';
import type { Json } from '../../../server/base';
import { builtInTemplates, instantiate } from '../../../server/templates';
import { commandsOf } from '../../../server/runs';
import { render } from '../../../server/runs/operators/render';
import { call } from '../agents/fakes';
import { ctx, removeFolders } from '../git/fixture';
import { MelodyBench, refusal, type Work } from './melodyBench';

const files = { 'a.txt': 'one\n', 'b.txt': 'two\n', '.gitignore': 'junk/\n' };

const replace = (path: string, find: string, to: string) => [
  { calls: [call('read_files', { files: [{ path }] })] },
  { calls: [call('replace', { path, edits: [{ find, replace: to }] })] },
];
const finish = (summary: string, outputs?: Json) => ({
  calls: [call('finish', outputs === undefined ? { summary } : { summary, outputs })],
});
const instrument = (config: object, outputs: string[]): Json => ({
  model: 'default',
  config: config as Json,
  outputs,
});

describe('instruments', function () {
  this.timeout(30_000);
  after(removeFolders);

  describe('instrument as an agent', () => {
    it('changes the tree that arrived, proves it, and brings what was asked for', async () => {
      const bench = await MelodyBench.make(files, [
        ...replace('a.txt', 'arrived', 'mended'),
        finish('Mended it.', { risk: 'low', places: [1] }),
      ]);
      bench.commands = ['grep mended a.txt'];
      const tree = await bench.treeWith({ 'a.txt': 'arrived\n' });
      const outcome = await bench.performThroughCrashes(
        {
          kind: 'instrument',
          params: instrument(
            {
              instruction: ['Mend {{what}}.', '', 'Known: {{missing}}'],
              verify: ['grep mended a.txt'],
              schema: { places: { type: 'array', items: { type: 'integer' } } },
            },
            ['tree', 'summary', 'changed', 'risk', 'places'],
          ),
          inputs: { tree, what: 'the word' },
        },
        3,
      );
      assert.equal(bench.text(outcome['tree'], 'a.txt'), 'mended\n');
      const { tree: _, ...others } = outcome;
      assert.deepEqual(others, { summary: 'Mended it.', changed: ['a.txt'], risk: 'low', places: [1] });
      assert.deepEqual(await bench.left(), []);
      // Kills and replays leave each turn's two checkpoints once.
      const checkpoints = await bench.world.checkpoints.list(ctx);
      const turns = checkpoints.map(({ turn }) => `${turn!.number} ${turn!.side}`).sort();
      assert.equal(new Set(turns).size, turns.length);
      assert.deepEqual(turns.slice(0, 2), ['1 after', '1 before']);
      const last = checkpoints.find(({ checkpoint }) => checkpoint.endsWith('-after'))!;
      assert.equal(bench.text({ commit: last.commit, tree: last.tree }, 'a.txt'), 'mended\n');
      assert.match(bench.told(), /^Plan: work\n\nMend the word\.\n\nKnown: –\n/);
    });

    it('is told what is wrong with what it brings', async () => {
      const bench = await MelodyBench.make(files, [
        finish('Done.', { places: ['x'] }),
        finish('Done.', { places: [] }),
      ]);
      const outcome = await bench.perform({
        kind: 'instrument',
        params: instrument(
          {
            instruction: 'Look.',
            tools: 'read',
            schema: { places: { type: 'array', items: { type: 'integer' } } },
          },
          ['places'],
        ),
      });
      assert.deepEqual(outcome, { places: [] });
      assert.equal(bench.requests.length, 2);
    });

    it('that only looks has no tools that change', async () => {
      const bench = await MelodyBench.make(files, [finish('Looked.')]);
      const tree = await bench.treeWith({ 'a.txt': 'arrived\n' });
      await bench.perform({
        kind: 'instrument',
        params: instrument({ instruction: 'Look.', tools: 'read' }, ['summary']),
        inputs: { tree },
      });
      assert.ok(bench.requests[0]!.tools.some(({ name }) => name === 'read_files'));
      assert.ok(!bench.requests[0]!.tools.some(({ name }) => /replace|write|command/.test(name)));
    });

    it('keeps to what was granted, and is told how to try otherwise', async () => {
      const bench = await MelodyBench.make(files, replace('a.txt', 'one', 'two'));
      const work: Work = {
        kind: 'instrument',
        params: instrument({ instruction: 'Go.' }, ['tree']),
        grant: { tokens: 20 },
        variation: 'simplified',
      };
      assert.equal(await refusal(bench.perform(work)), 'agent.tokenLimit');
      assert.match(bench.told(), /simplest way/);
    });

    it('refuses a config and a schema it cannot use', async () => {
      const bench = await MelodyBench.make(files);
      const of = (config: object) => bench.perform({ kind: 'instrument', params: instrument(config, ['x']) });
      assert.equal(await refusal(of({ instruction: 'Go.', temperature: 1 })), 'node.config');
      assert.equal(
        await refusal(of({ instruction: 'Go.', schema: { x: { type: 'no such type' } } })),
        'node.config',
      );
    });
  });

  describe('instrument as an answer', () => {
    const ask = (config: object, outputs: string[]): Work => ({
      kind: 'instrument',
      params: instrument({ role: 'answer', instruction: 'What is {{it}}?', ...config }, outputs),
      inputs: { it: { a: 1 } },
    });

    it('is a text', async () => {
      const bench = await MelodyBench.make(files, [{ text: ' It is one. ' }]);
      assert.deepEqual(await bench.performThroughCrashes(ask({}, ['answer'])), { answer: 'It is one.' });
      assert.match(
        JSON.stringify(bench.requests[0]!.messages),
        /What is \{\\\\"a\\\\":1\}\?|What is \{\\"a\\":1\}\?/,
      );
    });

    const schema = { sum: { type: 'number' } };
    it('is values, by a call or as JSON, and is asked again where they do not fit', async () => {
      for (const right of [
        { calls: [call('answer', { sum: 2 })] },
        { text: 'Sure:\n```json\n{"sum": 2}\n```' },
      ]) {
        const bench = await MelodyBench.make(files, [
          { text: 'Two.' },
          { calls: [call('answer', { sum: 'two' })] },
          right,
        ]);
        assert.deepEqual(await bench.perform(ask({ schema }, ['sum'])), { sum: 2 });
        assert.equal(bench.requests.length, 3);
      }
    });

    it('that never fits fails the node', async () => {
      const bench = await MelodyBench.make(files, [{ text: 'Two.' }]);
      assert.equal(await refusal(bench.perform(ask({ schema }, ['sum']))), 'node.answer');
    });
  });
});

describe('an instruction', () => {
  const check = (text: string, inputs: Record<string, Json>, expected: string) =>
    it(JSON.stringify(text), () => assert.equal(render(text, inputs), expected));

  check('a {{x}} b', { x: 'v' }, 'a v b');
  check('a {{ x.y.1 }} b', { x: { y: [1, { z: 2 }] } }, 'a {"z":2} b');
  check('{{x}}', { x: 'one line' }, 'one line');
  check('{{x}}', { x: 'two\nlines' }, '```\ntwo\nlines\n```');
  check('{{x}}', { x: '```\nfenced\n```' }, '````\n```\nfenced\n```\n````');
  check('{{x}}', { x: [1] }, '```\n[\n  1\n]\n```');
  check('{{x}} {{toString}}', {}, '– –');
  check('{{x}}', { x: '{{y}}', y: 'no' }, '{{y}}');
  check('a { {x}} {{}} b', { x: 1 }, 'a { {x}} {{}} b');
});

describe('the commands of a Melody', () => {
  it('are found in every body', () => {
    const template = builtInTemplates.find(({ id }) => id === 'full-stack')!;
    const { melody } = instantiate(template, { lint: ['l'], verify: ['v'] });
    assert.deepEqual(commandsOf(melody!), ['l', 'v']);
  });
});
