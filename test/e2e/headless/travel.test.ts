/** Over the wire: what was reviewed leaves as a patch and as a branch, and everything can be taken back. */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { call, completes, finish, modelAt, startModel, World } from './badInputWorld';

const lines = (...over: [number, string][]): string =>
  Array.from({ length: 20 }, (_, i) => `${over.find(([at]) => at === i)?.[1] ?? `line ${i}`}\n`).join('');

describe('out of the review, and back in time', function () {
  this.timeout(90_000);
  let world: World;
  let close = async (): Promise<void> => undefined;

  before(() => (world = new World()));
  after(async () => {
    await world.end();
    await close();
  });

  it('exports what was kept, makes a branch, and restores what accepting everything wrote', async () => {
    const command = 'sed -i "s/^line 2$/agent 2/; s/^line 12$/agent 12/" a.txt';
    const root = world.repository({ 'a.txt': lines() });
    const model = await startModel({ ask: [call('run_command', { command }), finish()] });
    close = () => model.close();
    const client = await world.open({ root, ...modelAt(model) });
    const { run } = await client.ask('runAsk', { path: 'a.txt', instruction: 'Change it.' });
    await completes(client, run);
    const { changesets } = await client.ask('reviewList', { open: true });
    const { changeset } = changesets[0]!;
    const { files } = await client.ask('reviewUnits', { changeset });
    const [first, second] = files[0]!.units;
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root }).toString().trim();

    const keep = { changeset, decision: 'keep' as const, buffers: [] };
    await client.ask('reviewDecideUnits', { ...keep, units: [{ path: 'a.txt', unit: first!.unit }] });
    const { text } = await client.ask('reviewExport', { changeset, form: 'patch', all: false });
    assert.match(text, /^\+agent 2$/m);
    assert.doesNotMatch(text, /agent 12/);
    const mails = await client.ask('reviewExport', { changeset, form: 'commits', all: true });
    assert.match(mails.text, new RegExp(`^Symphony-Run: ${run}$`, 'm'));

    await client.ask('reviewDecideUnits', {
      ...keep,
      decision: 'drop',
      units: [{ path: 'a.txt', unit: second!.unit }],
    });
    const head = git('rev-parse', 'HEAD');
    await client.ask('reviewBranch', { changeset, branch: 'reviewed' });
    assert.equal(git('show', 'reviewed:a.txt'), lines([2, 'agent 2']).trim());
    assert.equal(git('rev-parse', 'HEAD'), head);

    await client.ask('reviewDecideUnits', { ...keep, decision: 'undecide' });
    assert.equal(readFileSync(path.join(root, 'a.txt'), 'utf8'), lines());
    writeFileSync(path.join(root, 'mine.txt'), 'mine\n');
    await client.ask('reviewDecide', { changeset, decision: 'accept', dirty: [] });
    assert.match(readFileSync(path.join(root, 'a.txt'), 'utf8'), /agent 12/);
    const { checkpoints } = await client.ask('checkpointList', {});
    const turns = checkpoints.filter((one) => one.run === run && one.turn !== null);
    assert.deepEqual(turns.map(({ turn }) => `${turn!.number} ${turn!.side}`).sort(), [
      '1 after',
      '1 before',
      '2 after',
      '2 before',
    ]);
    const { checkpoint } = checkpoints.find(({ of }) => of === 'user')!;
    const { from, files: shown } = await client.ask('checkpointPreview', { checkpoint });
    assert.deepEqual(shown, [{ path: 'a.txt', change: 'modified', problem: null }]);
    const early = turns.find(({ turn }) => turn!.side === 'before' && turn!.number === 1)!;
    const { effects } = await client.ask('checkpointPreview', { checkpoint: early.checkpoint });
    assert.ok(effects.some((effect) => effect.endsWith(command)));
    await client.ask('checkpointRestore', { checkpoint, from, dirty: [] });
    assert.equal(readFileSync(path.join(root, 'a.txt'), 'utf8'), lines());
    assert.equal(readFileSync(path.join(root, 'mine.txt'), 'utf8'), 'mine\n');
    assert.deepEqual((await client.ask('worktreeList', {})).worktrees, []);
  });
});
