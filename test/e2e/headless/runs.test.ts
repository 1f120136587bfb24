/** Running work through the real sidecar: a Melody, its input, steering, forks, the record, and its file elsewhere. */
import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '../../../schemas';
import { modelAt, startModel, World, type ScriptedProvider } from './badInputWorld';
import type { WireClient } from './client';

const melody = {
  version: 1,
  id: 'count',
  name: 'Count',
  nodes: [
    { id: 'number', kind: 'input', type: 'number' },
    { id: 'base', kind: 'operator', operator: 'base', outputs: [{ name: 'tree', type: 'json' }] },
    {
      id: 'check',
      kind: 'operator',
      operator: 'command',
      config: { commands: ['test -f a.txt'] },
      inputs: [{ name: 'tree', type: 'json' }],
      outputs: [{ name: 'ok', type: 'boolean' }],
    },
    { id: 'result', kind: 'output', type: 'number' },
    { id: 'fine', kind: 'output', type: 'boolean' },
  ],
  edges: [
    { kind: 'data', from: 'number.value', to: 'result.value' },
    { kind: 'data', from: 'base.tree', to: 'check.tree' },
    { kind: 'data', from: 'check.ok', to: 'fine.value' },
  ],
};
const file = 'count.melody.json';

describe('runs of a Melody', function () {
  this.timeout(60_000);
  let world: World;
  let model: ScriptedProvider;
  let client: WireClient;
  let root: string;

  before(async () => {
    world = new World();
    model = await startModel({ ask: [] as never });
    root = world.repository({ 'a.txt': 'here\n', [file]: JSON.stringify(melody) });
    client = await world.open({ root, ...modelAt(model) });
  });
  after(async () => {
    await world.end();
    await model.close();
  });

  /** What the Pit shows of the artifacts of a run, which come with it wherever it goes. */
  const artifactsOf = async (of: WireClient, run: string) => {
    const { services } = await of.ask('pitStatus', {});
    const { state, totals, rows } = services.find(({ name }) => name === 'artifacts')!;
    assert.equal(state, 'running');
    assert.ok(totals['artifacts']! >= rows.length && totals['storedBytes']! > 0);
    return rows.filter(({ facts }) => facts['run'] === run).map(({ id, label }) => ({ id, label }));
  };

  const refusal = async (work: Promise<unknown>): Promise<Problem> => {
    try {
      await work;
    } catch (thrown) {
      return (thrown as { data: { problem: Problem } }).data.problem;
    }
    throw new Error('it was not refused');
  };

  it('is previewed, approved, asks for its input, and ends; then it is forked, compared and moved', async () => {
    const preview = await client.ask('melodyPreview', { path: file, inputs: {} });
    assert.deepEqual(preview.inputs, [{ id: 'number', type: 'number', hasDefault: false, isGiven: false }]);
    assert.deepEqual(
      preview.problems.map(({ code }) => code),
      ['run.inputMissing'],
    );
    const approved = preview.commands.map(({ hash }) => hash);
    const { hash } = preview;
    const begin = (more: object) =>
      client.ask('melodyRun', { path: file, inputs: {}, approved, hash, ...more });
    assert.equal((await refusal(begin({ approved: [] }))).code, 'run.notApproved');
    assert.equal((await refusal(begin({ hash: 'a'.repeat(64) }))).code, 'melody.changed');
    assert.equal((await refusal(begin({ inputs: { number: 'x' } }))).code, 'run.inputMisfit');
    assert.equal((await refusal(begin({ path: '../x' }))).code, 'request.invalid');
    assert.equal((await refusal(begin({ path: 'nowhere' }))).code, 'melody.unreadable');

    const { run } = await begin({});
    await client.until(run, ['waiting']);
    await client.ask('runInput', { run, node: 'number', value: 'seven' });
    await client.until(run, ['waiting']);
    const asked = await client.ask('runDetail', { run });
    assert.equal(asked.questions[0]!.question.problem.code, 'run.inputMisfit', 'the node checks the type');
    assert.ok(asked.progress.percentage >= 20 && asked.progress.percentage < 100);
    await client.ask('runInput', { run, node: 'number', value: 7 });
    await client.until(run, ['completed', 'failed']);
    const detail = await client.ask('runDetail', { run });
    assert.equal(detail.state, 'completed', JSON.stringify(detail.nodes.filter(({ problem }) => problem)));
    assert.equal(detail.progress.percentage, 100);

    const { run: fork } = await client.ask('runFork', { run, nodes: ['check'] });
    await client.until(fork, ['completed', 'failed']);
    const compared = await client.ask('runCompare', { one: run, other: fork });
    assert.equal(compared.other.state, 'completed');
    const { entries } = await client.ask('runAudit', { run, format: 'json', limit: 1000 });
    const events = await client.ask('runEvents', { run, afterSeq: 0, limit: 1000 });
    assert.deepEqual(
      entries.map(({ event }) => event),
      events.events.map(({ event }) => event),
    );
    assert.deepEqual(
      entries.filter(({ actor }) => actor === 'person').map(({ event }) => event.type),
      ['RunCreated', 'QuestionAnswered', 'QuestionAnswered'],
    );

    const target = path.join(world.folder('out'), 'run.symphony');
    await client.ask('runExport', { run, path: target });
    assert.ok(existsSync(target));
    const before = readFileSync(target);
    assert.equal((await refusal(client.ask('runExport', { run, path: target }))).code, 'runFile.exists');
    assert.deepEqual(readFileSync(target), before);
    const elsewhere = await world.open({ root: world.repository({ 'b.txt': '' }), ...modelAt(model) });
    const taken = await elsewhere.ask('runImport', { path: target });
    assert.deepEqual(taken, { run, events: entries.length, isNew: true, state: 'completed' });
    assert.equal((await elsewhere.ask('runShow', { run })).summary.title, 'Count');
    const made = await artifactsOf(client, run);
    assert.deepEqual(made.map(({ label }) => label).sort(), [
      'nodes/check/outcome.json',
      'nodes/check/transcript.json',
      'run.json',
      'workflow.json',
    ]);
    assert.deepEqual(await artifactsOf(elsewhere, run), made);
  });

  it('is started by its triggers, once they are armed and its commands approved', async () => {
    const chained = {
      ...melody,
      id: 'after',
      name: 'After',
      nodes: [
        { id: 'why', kind: 'input', type: 'text', default: 'none' },
        { id: 'end', kind: 'output', type: 'text' },
      ],
      edges: [{ kind: 'data', from: 'why.value', to: 'end.value' }],
      triggers: [
        { on: 'chained', id: 'next', melody: 'first.melody.json', after: 'completed' },
        { on: 'file', id: 'changed', files: ['src/**'] },
      ],
    };
    const { triggers: _, ...bare } = chained;
    const first = { ...bare, id: 'first', name: 'First', triggers: [{ on: 'manual', id: 'hand' }] };
    const files = {
      'first.melody.json': JSON.stringify(first),
      'after.melody.json': JSON.stringify(chained),
    };
    const home = world.repository({ ...files, 'src/a.txt': '1' });
    const one = await world.open({ root: home, ...modelAt(model) });
    const { triggers } = await one.ask('triggerList', {});
    assert.deepEqual(
      triggers.map(({ trigger, state }) => [trigger, state]),
      [
        ['next', 'disarmed'],
        ['changed', 'disarmed'],
        ['hand', 'ready'],
      ],
    );
    const after = 'after.melody.json';
    for (const trigger of ['next', 'changed'])
      assert.equal((await one.ask('triggerArm', { melody: after, trigger })).trigger.state, 'armed');
    const { firing } = await one.ask('triggerFire', {
      melody: 'first.melody.json',
      trigger: 'hand',
      inputs: {},
    });
    await one.until(firing.run!, ['completed']);
    const started = async (count: number) => {
      for (let tries = 0; ; tries++) {
        const { firings } = await one.ask('triggerHistory', { limit: 10 });
        const done = firings.filter(({ state }) => state === 'started');
        if (done.length >= count) return done;
        if (tries > 200) throw new Error(JSON.stringify(firings));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await started(2);
    writeFileSync(path.join(home, 'src/a.txt'), '2');
    const [changed, next] = await started(3);
    assert.deepEqual([changed!.trigger, next!.trigger], ['changed', 'next']);
    await one.until(changed!.run!, ['completed']);
    const { entries } = await one.ask('runAudit', { run: changed!.run!, format: 'json', limit: 10 });
    assert.equal(entries[0]!.actor, 'trigger changed');
    await one.ask('triggerDisarm', { melody: after, trigger: 'changed' });
    const refused = await refusal(one.ask('triggerDisarm', { melody: after, trigger: 'changed' }));
    assert.equal(refused.code, 'trigger.notArmed');
  });

  it('is made of a template', async () => {
    const { templates, total } = await client.ask('templateList', { limit: 100, offset: 0 });
    assert.ok(total >= 12 && templates.length === total);
    const { id } = templates[0]!;
    const shown = await client.ask('templateShow', { id });
    const { text, problems } = await client.ask('templateInstantiate', { id, values: {} });
    const needs = shown.parameters.filter((one) => one.required === true && one.default === undefined);
    assert.equal(text === null, needs.length > 0);
    assert.deepEqual(
      problems.map(({ parameter }) => parameter),
      needs.map(({ name }) => name),
    );
    assert.equal((await refusal(client.ask('templateShow', { id: 'no-such' }))).code, 'template.unknown');
  });
});
