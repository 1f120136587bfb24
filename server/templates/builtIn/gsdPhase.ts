import type { MelodyNode } from '../../../schemas/melody';
import { begin, build, flow, input, into, loop, map, offer, verify, verifyParameter, worker } from './build';

const plans: MelodyNode = {
  id: 'plans',
  kind: 'operator',
  name: 'The next wave of plans',
  operator: 'plans',
  inputs: [
    { name: 'tree', type: 'json' },
    { name: 'done', type: 'list<text>' },
  ],
  outputs: [
    { name: 'plans', type: 'json' },
    { name: 'done', type: 'list<text>' },
    { name: 'more', type: 'boolean' },
  ],
  config: { phase: '1' },
};

const merge: MelodyNode = {
  id: 'merge',
  kind: 'operator',
  name: 'Merge the wave',
  operator: 'merge',
  inputs: [
    { name: 'base', type: 'json' },
    { name: 'trees', type: 'list<json>' },
  ],
  outputs: [{ name: 'tree', type: 'json' }],
  config: {},
};

export const gsdPhase = build({
  id: 'gsd-phase',
  name: 'Execute a phase of the plan',
  description:
    'Executes the open plans of a phase of .planning wave by wave: side by side within a wave, each proved by its own verify commands, then merged.',
  category: 'Planning',
  tags: ['gsd', 'planning', 'phase'],
  parameters: [
    {
      name: 'phase',
      label: 'Phase',
      description: 'Its number in the roadmap, for example 3 or 2.1.',
      type: 'text',
      required: true,
      constraints: { minLength: 1, maxLength: 100 },
      hints: { placeholder: '3', group: 'Task', order: 10 },
    },
    verifyParameter('Verify commands for each merged wave', []),
  ],
  places: [
    into('phase', 'waves/plans', 'config', 'phase'),
    into('verify', 'waves/verify', 'config', 'commands'),
  ],
  nodes: [
    begin,
    loop(
      'waves',
      'Wave by wave',
      {
        inputs: [
          ['tree', 'json'],
          ['done', 'list<text>', { default: [] }],
        ],
        outputs: [
          ['tree', 'json'],
          ['done', 'list<text>'],
          ['more', 'boolean'],
        ],
      },
      '!outputs.more',
      100,
      [
        plans,
        map(
          'work',
          'Plans of the wave',
          'plans',
          {
            inputs: [
              ['plans', 'json'],
              ['tree', 'json'],
            ],
            outputs: [['trees', 'json']],
          },
          [
            input('item', 'any'),
            input('tree', 'json'),
            worker({
              id: 'agent',
              name: 'Carry out a plan',
              inputs: [
                ['plan', 'any'],
                ['verify', 'list<text>'],
              ],
              instruction: `
Carry out the plan {{plan.id}}: {{plan.title}}

{{plan.text}}

Do what its tasks say, in their order, and check each by its own done criteria. Where the plan contradicts the code, follow its objective and say in the summary what you did otherwise. Do not tick boxes or write summaries in .planning: that is done for you.`,
            }),
            verify('prove', 'Prove the plan'),
          ],
          [
            flow('item.value', 'agent.plan'),
            flow('item.value', 'agent.verify', { op: 'pick', path: ['verify'] }),
            flow('tree.value', 'agent.tree'),
            flow('agent.tree', 'prove.tree'),
            flow('item.value', 'prove.commands', { op: 'pick', path: ['verify'] }),
            flow('prove.tree', 'out-trees.value'),
          ],
        ),
        merge,
        verify('verify', 'Prove the merged wave'),
      ],
      [
        flow('tree.value', 'plans.tree'),
        flow('done.value', 'plans.done'),
        flow('plans.plans', 'work.plans'),
        flow('tree.value', 'work.tree'),
        flow('work.trees', 'merge.trees'),
        flow('tree.value', 'merge.base'),
        flow('merge.tree', 'verify.tree'),
        flow('verify.tree', 'out-tree.value'),
        flow('plans.done', 'out-done.value'),
        flow('plans.more', 'out-more.value'),
      ],
    ),
    offer,
  ],
  edges: [flow('begin.tree', 'waves.tree'), flow('waves.tree', 'offer.tree')],
});
