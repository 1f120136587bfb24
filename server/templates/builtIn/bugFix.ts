import {
  begin,
  build,
  command,
  flow,
  into,
  loop,
  offer,
  roundsParameter,
  textParameter,
  verify,
  verifyParameter,
  when,
  worker,
} from './build';

export const bugFix = build({
  id: 'bug-fix',
  name: 'Fix a failing test',
  description:
    'Sees the test fail, mends the cause, runs it again, and goes round with what it says until it passes; then the whole suite must.',
  category: 'Coding',
  tags: ['bug', 'fix', 'tests', 'debugging'],
  parameters: [
    {
      name: 'failing',
      label: 'Failing test',
      description: 'Commands that fail because of the bug, as narrow as possible.',
      type: 'list',
      required: true,
      constraints: { minItems: 1, maxItems: 5, maxLength: 1000 },
      hints: { widget: 'list', placeholder: 'node --test test/cart.test.js', group: 'Task', order: 10 },
    },
    textParameter('report', 'What is known', {
      default: '',
      description: 'What a person saw, what was tried, when it began.',
      hints: { order: 20 },
    }),
    roundsParameter('Attempts at most', 3),
    verifyParameter(),
  ],
  places: [
    into('failing', 'reproduce', 'config', 'commands'),
    into('failing', 'mend/check', 'config', 'commands'),
    into('failing', 'pass', 'config', 'commands'),
    into('rounds', 'mend', 'most'),
    into('verify', 'verify', 'config', 'commands'),
  ],
  nodes: [
    begin,
    command('reproduce', 'See it fail'),
    loop(
      'mend',
      'Mend until it passes',
      {
        inputs: [
          ['tree', 'json'],
          ['output', 'text'],
          ['report', 'text'],
        ],
        outputs: [
          ['tree', 'json'],
          ['output', 'text'],
          ['ok', 'boolean'],
        ],
      },
      'outputs.ok',
      3,
      [
        worker({
          id: 'fix',
          name: 'Mend the cause',
          inputs: [
            ['output', 'text'],
            ['report', 'text'],
          ],
          instruction: `
A test fails. Find the cause and mend it.

It prints:
{{output}}

What is known: {{report}}

1. Read the failing assertion: which value was expected, which came, and which input led to it.
2. Follow the value back to the first place where it is wrong. Before you change anything, say in one sentence why it is wrong there.
3. Mend that place with the smallest change. Look for the same mistake in the code beside it.
4. Run the failing test, then all others near it.

The test states what is right: do not change, skip or weaken it. If it contradicts the documents or other tests, mend nothing and say so. No special case for the input of the test; no catch that hides the error.`,
        }),
        command('check', 'Run it again'),
      ],
      [
        flow('tree.value', 'fix.tree'),
        flow('output.value', 'fix.output'),
        flow('report.value', 'fix.report'),
        flow('fix.tree', 'check.tree'),
        flow('fix.tree', 'out-tree.value'),
        flow('check.output', 'out-output.value'),
        flow('check.ok', 'out-ok.value'),
      ],
    ),
    verify('pass', 'The test passes'),
    verify('verify', 'Everything else passes'),
    offer,
  ],
  edges: [
    flow('begin.tree', 'reproduce.tree'),
    flow('begin.tree', 'mend.tree'),
    flow('reproduce.output', 'mend.output'),
    flow('report.value', 'mend.report'),
    when('reproduce', 'mend', '!outputs.ok', 'it fails'),
    flow('mend.tree', 'pass.tree'),
    flow('pass.tree', 'verify.tree'),
    flow('verify.tree', 'offer.tree'),
  ],
});
