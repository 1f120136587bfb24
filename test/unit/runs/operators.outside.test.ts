import { strict as assert } from 'node:assert';
import { removeFolders } from '../git/fixture';
import { MelodyBench, refusal, type Work } from './melodyBench';

const files = { 'a.txt': 'one\n', 'b.txt': 'two\n', '.gitignore': 'junk/\n' };

describe('performers of Melodies', function () {
  this.timeout(30_000);
  after(removeFolders);

  describe('command', () => {
    const work = (commands: string[], more: Partial<Work> = {}): Work => ({
      kind: 'command',
      params: { commands, outputPorts: ['ok'] },
      ...more,
    });

    it('gives output, exit code and the tree it leaves, and is well when the command is not', async () => {
      const bench = await MelodyBench.make(files);
      const outcome = await bench.performThroughCrashes(
        work(['echo new > c.txt; mkdir -p junk; echo x > junk/y', 'cat a.txt; exit 3', 'echo never > a.txt']),
      );
      assert.equal(outcome['ok'], false);
      assert.equal(outcome['exitCode'], 3);
      assert.match(String(outcome['output']), /\$ cat a\.txt; exit 3\none/);
      assert.equal(bench.text(outcome['tree'], 'c.txt'), 'new\n');
      assert.equal(bench.text(outcome['tree'], 'a.txt'), 'one\n');
      assert.throws(() => bench.text(outcome['tree'], 'junk/y'));
      assert.deepEqual(await bench.left(), []);
    });

    it('sees the tree that arrived and no other', async () => {
      const bench = await MelodyBench.make(files);
      const tree = await bench.treeWith({ 'a.txt': 'changed\n' });
      const outcome = await bench.perform(work(['cat a.txt'], { inputs: { tree } }));
      assert.equal(outcome['output'], 'changed\n');
      assert.deepEqual(outcome['tree'], tree);
    });

    it('runs nothing a person has not allowed', async () => {
      const bench = await MelodyBench.make(files);
      bench.commands = ['true'];
      await bench.perform(work(['true']));
      assert.equal(bench.steps.asked.length, 0);
      assert.equal(
        await refusal(bench.perform(work(['true', 'echo no'], { answer: 'deny' }))),
        'node.commandRefused',
      );
      assert.deepEqual(
        bench.steps.asked.map(({ kind, facts }) => [kind, facts['command']]),
        [['approveCommand', 'echo no']],
      );
    });

    it('refuses a tree that is none and a config it does not know', async () => {
      const bench = await MelodyBench.make(files);
      assert.equal(await refusal(bench.perform(work([], { inputs: { tree: 'HEAD' } }))), 'node.input');
      assert.equal(
        await refusal(bench.perform({ kind: 'command', params: { command: 'x' } })),
        'node.config',
      );
    });
  });

  describe('verify', () => {
    const work = (commands: string[], inputs: Work['inputs'] = {}): Work => ({
      kind: 'verify',
      params: { commands },
      inputs,
    });

    it('lets the tree through when every command passes, whatever they leave behind', async () => {
      const bench = await MelodyBench.make(files);
      const tree = await bench.treeWith({ 'a.txt': 'better\n' });
      const outcome = await bench.performThroughCrashes(
        work(['grep better a.txt && echo junk > b.txt'], { tree, commands: ['grep two b.txt'] }),
      );
      assert.deepEqual(outcome['tree'], tree);
      assert.deepEqual(
        (outcome['evidence'] as { command: string }[]).map(({ command }) => command),
        ['grep better a.txt && echo junk > b.txt', 'grep two b.txt'],
      );
      assert.deepEqual(await bench.left(), []);
    });

    it('fails at the first that does not', async () => {
      const bench = await MelodyBench.make(files);
      assert.equal(await refusal(bench.perform(work(['grep better a.txt']))), 'verify.failed');
    });
  });

  describe('merge', () => {
    it('makes one tree of many', async () => {
      const bench = await MelodyBench.make(files);
      const trees = [
        await bench.treeWith({ 'a.txt': 'changed\n' }),
        bench.base,
        await bench.treeWith({ 'b.txt': 'changed\n' }),
        await bench.treeWith({ 'c.txt': 'new\n' }),
      ];
      const outcome = await bench.performThroughCrashes({ kind: 'merge', inputs: { trees } });
      for (const file of ['a.txt', 'b.txt']) assert.equal(bench.text(outcome['tree'], file), 'changed\n');
      assert.equal(bench.text(outcome['tree'], 'c.txt'), 'new\n');
      assert.deepEqual(outcome['conflicts'], []);
    });

    for (const [answer, expected] of [
      ['integrated', 'left\n'],
      ['plan', 'right\n'],
    ] as const)
      it(`asks where two changed one line, and takes the side “${answer}”`, async () => {
        const bench = await MelodyBench.make(files);
        const trees = [
          await bench.treeWith({ 'a.txt': 'left\n' }),
          await bench.treeWith({ 'a.txt': 'right\n' }),
        ];
        const outcome = await bench.perform({ kind: 'merge', inputs: { trees }, answer });
        assert.equal(bench.text(outcome['tree'], 'a.txt'), expected);
        assert.deepEqual(outcome['conflicts'], ['a.txt']);
        assert.deepEqual(
          bench.steps.asked.map(({ kind }) => kind),
          ['mergeConflict'],
        );
        assert.deepEqual(await bench.left(), []);
      });

    it('lets an agent join both sides, and leaves nothing behind', async () => {
      const replies = [
        { calls: [{ id: '0', tool: 'read_files', input: { files: [{ path: 'a.txt' }] } }] },
        { calls: [{ id: '1', tool: 'write_file', input: { path: 'a.txt', content: 'left and right\n' } }] },
        { calls: [{ id: '2', tool: 'finish', input: { summary: 'joined' } }] },
      ];
      const bench = await MelodyBench.make(files, replies);
      const trees = [
        await bench.treeWith({ 'a.txt': 'left\n' }),
        await bench.treeWith({ 'a.txt': 'right\n' }),
      ];
      const outcome = await bench.performThroughCrashes({
        kind: 'merge',
        inputs: { trees },
        answer: 'agent',
      });
      assert.equal(bench.text(outcome['tree'], 'a.txt'), 'left and right\n');
      assert.match(JSON.stringify(bench.requests[0]), /Merged earlier.*left.*This plan.*right/);
      assert.deepEqual(await bench.left(), []);
    }).timeout(120_000);

    it('of nothing is the base', async () => {
      const bench = await MelodyBench.make(files);
      assert.deepEqual((await bench.perform({ kind: 'merge', inputs: { trees: [] } }))['tree'], bench.base);
      assert.equal(await refusal(bench.perform({ kind: 'merge' })), 'node.input');
    });
  });

  it('base gives the tree of the run’s beginning', async () => {
    const bench = await MelodyBench.make(files);
    assert.deepEqual(await bench.perform({ kind: 'base' }), { tree: bench.base });
  });

  it('offer puts base → tree up for review', async () => {
    const bench = await MelodyBench.make(files);
    const tree = await bench.treeWith({ 'a.txt': 'changed\n', 'c.txt': 'new\n' });
    const outcome = await bench.performThroughCrashes({ kind: 'offer', node: 'offer', inputs: { tree } });
    assert.deepEqual([outcome['changeset'], outcome['files']], ['changes-run-1', 2]);
    const { blob } = outcome['offered'] as { blob: string };
    const changeset = JSON.parse(new TextDecoder().decode(await bench.world.blobs.get(blob))) as {
      files: { path: string; change: string; plans: string[] }[];
    };
    assert.deepEqual(
      changeset.files.map(({ path, change, plans }) => [path, change, plans]),
      [
        ['a.txt', 'modified', ['offer']],
        ['c.txt', 'added', ['offer']],
      ],
    );
  });

  describe('plans', () => {
    it('that are not there are told', async () => {
      const bench = await MelodyBench.make(files);
      assert.equal(await refusal(bench.perform({ kind: 'plans', params: { phase: '1' } })), 'planning.none');
    });
  });
});
