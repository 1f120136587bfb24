/** Plans that cannot be executed as they are written: each says which file and line, and what to do. */
import { strict as assert } from 'node:assert';
import {
  assertClear,
  answersStill,
  completes,
  edit,
  modelAt,
  refusalOf,
  startModel,
  treeState,
} from './badInputWorld';
import { World, type ScriptedProvider } from './badInputWorld';
import { codes, type Code } from '../../../schemas';
import type { WireClient } from './client';

const phases = '.planning/phases';

const plan = (phase: string, number: string, dependsOn: string): string =>
  `---\nphase: ${phase}\nplan: ${number}\ntype: execute\nwave: 1\ndepends_on: ${dependsOn}\nfiles_modified: [a.txt]\n` +
  `---\n\n<objective>\nChange it.\n</objective>\n`;

const files = {
  'a.txt': 'old\n',
  '.planning/ROADMAP.md': [
    '# Roadmap: Troubles',
    '',
    '## Phases',
    '',
    ...['Cycle', 'Missing', 'Malformed', 'Empty', 'Sound'].map(
      (name, index) => `- [ ] **Phase ${index + 1}: ${name}** - ${name}`,
    ),
    '',
  ].join('\n'),
  [`${phases}/01-cycle/01-01-PLAN.md`]: plan('01-cycle', '01', '[01-02]'),
  [`${phases}/01-cycle/01-02-PLAN.md`]: plan('01-cycle', '02', '[01-01]'),
  [`${phases}/02-missing/02-01-PLAN.md`]: plan('02-missing', '01', '[02-09]'),
  [`${phases}/03-malformed/03-01-PLAN.md`]: plan('03-malformed', '01', '[]')
    .replace('wave: 1', 'wave: soon')
    .replace('---\n\n<objective>', '\n<objective>'),
  [`${phases}/05-sound/05-01-PLAN.md`]: plan('05-sound', '01', '[]'),
};

describe('bad input: the plans', function () {
  this.timeout(60_000);
  let world: World;
  let model: ScriptedProvider;
  let client: WireClient;
  let root: string;

  before(async () => {
    world = new World();
    model = await startModel({ '03-01': edit('a.txt', 'old', 'new'), '05-01': edit('a.txt', 'old', 'new') });
    root = world.repository(files);
    client = await world.open({ root, ...modelAt(model) });
  });
  after(async () => {
    await world.end();
    await model.close();
  });

  /** The phase can be looked at with its problem, cannot be executed, and nothing happens. */
  async function checkRefused(phase: string, code: Code, mentions: readonly string[]): Promise<void> {
    const before = treeState(root);
    const { problems } = await client.ask('runPreview', { phase });
    assertClear(problems.find((one) => one.code === code) ?? null, code, mentions);
    assertClear(await refusalOf(client.ask('runExecute', { phase, approved: [] })), code, mentions);
    assert.deepEqual((await client.ask('runList', {})).runs, []);
    assert.deepEqual(treeState(root), before);
    assert.equal(model.asked.length, 0);
    await answersStill(client);
  }

  it('wait for each other in a circle', () =>
    checkRefused('1', 'planning.cycle', ['phase 1', '01-01', '01-02']));

  it('wait for a plan that is missing', () =>
    checkRefused('2', 'planning.missingDependency', [`${phases}/02-missing/02-01-PLAN.md line 6`, '02-09']));

  it('are not there', () => checkRefused('4', 'planning.noPlans', ['Phase 4']));

  it('are of a phase nobody knows', async () => {
    for (const request of [
      client.ask('runPreview', { phase: '9' }),
      client.ask('runExecute', { phase: '9', approved: [] }),
    ])
      assertClear(await refusalOf(request), 'planning.phaseUnknown', ['Phase 9', '1, 2, 3, 4, 5']);
    await answersStill(client);
  });

  it('have frontmatter that cannot be read: a warning with its line, and the plan is carried out', async () => {
    const { problems } = await client.ask('runPreview', { phase: '3' });
    const file = `${phases}/03-malformed/03-01-PLAN.md`;
    const warnings = problems.filter(({ code }) => code === 'planning.malformed');
    assertClear(warnings.find(({ args }) => args['line'] === 5) ?? null, 'planning.malformed', [
      file,
      'soon',
    ]);
    assert.deepEqual(
      problems.filter(({ code }) => codes[code].severity === 'error'),
      [],
    );
    const { problems: seen } = await client.ask('planningShow', {});
    const unclosed = seen.find(({ args }) => args['file'] === file && String(args['detail']).includes('---'));
    assertClear(unclosed ?? null, 'planning.malformed', [`${file} line 1`]);
    await completes(client, await client.execute('3'));
    assert.deepEqual(model.asked, ['03-01 0', '03-01 1', '03-01 2']);
  });

  it('leave the sound ones usable', async () => {
    await completes(client, await client.execute('5'));
    const { milestones, problems } = await client.ask('planningShow', {});
    assert.equal(milestones.flatMap((milestone) => milestone.phases).length, 5);
    for (const { code } of problems) assert.notEqual(code, 'internal.unexpected');
  });
});
