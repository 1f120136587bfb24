import type { Parameter } from '../../../schemas/template';
import {
  begin,
  branch,
  build,
  command,
  either,
  flow,
  into,
  listOf,
  looker,
  loop,
  offer,
  pathsParameter,
  roundsParameter,
  text,
  verify,
  worker,
  yesOrNo,
} from './build';

const commands = (name: string, label: string, first: string, order: number): Parameter => ({
  name,
  label,
  description: 'Each must end with exit code 0. They are shown for approval before the run.',
  type: 'list',
  default: [first],
  constraints: { minItems: 1, maxItems: 10, maxLength: 1000 },
  hints: { widget: 'list', placeholder: first, group: 'Proof', order },
});

export const fullStack = build({
  id: 'full-stack',
  name: 'Lint, test, review',
  description:
    'Lints and tests the whole project and mends until both pass, then has it reviewed, and mends what the review finds.',
  category: 'Quality',
  tags: ['lint', 'tests', 'review', 'pipeline'],
  parameters: [
    commands('lint', 'Lint commands', 'npm run lint', 40),
    commands('verify', 'Test commands', 'npm test', 50),
    pathsParameter('paths', 'What to review', ['src'], 'Files and folders.'),
    roundsParameter('Rounds at most', 3),
  ],
  places: [
    into('rounds', 'clean', 'most'),
    into('lint', 'clean/lint', 'config', 'commands'),
    into('verify', 'clean/test', 'config', 'commands'),
    into('verify', 'address', 'config', 'verify'),
    into('lint', 'lint-after', 'config', 'commands'),
    into('verify', 'verify', 'config', 'commands'),
  ],
  nodes: [
    begin,
    loop(
      'clean',
      'Lint and test until both pass',
      {
        inputs: [['tree', 'json']],
        outputs: [
          ['tree', 'json'],
          ['linted', 'boolean'],
          ['tested', 'boolean'],
        ],
      },
      'outputs.linted && outputs.tested',
      3,
      [
        command('lint', 'Lint'),
        command('test', 'Test'),
        branch(
          'judge',
          'Do both pass?',
          [
            ['tree', 'json'],
            ['linted', 'boolean'],
            ['tested', 'boolean'],
          ],
          'inputs.linted && inputs.tested',
          ['clean', 'broken'],
        ),
        worker({
          id: 'mend',
          name: 'Mend what fails',
          inputs: [
            ['lint', 'text'],
            ['test', 'text'],
          ],
          instruction: `
Lint or tests of this project fail. Mend the causes.

Lint said:
{{lint}}

Tests said:
{{test}}

- Faults in behaviour first: many lint messages follow from them.
- Find the cause of each message before you change anything; several may have one.
- Never silence: no disabled rules, skipped or weakened tests, loosened types, or caught and ignored errors. Where a rule or a test itself is wrong, say so in the summary and leave it.
- Run both again yourself before you finish.`,
        }),
        either(),
      ],
      [
        flow('tree.value', 'lint.tree'),
        flow('tree.value', 'test.tree'),
        flow('tree.value', 'judge.tree'),
        flow('lint.ok', 'judge.linted'),
        flow('test.ok', 'judge.tested'),
        flow('judge.clean', 'ways.tree'),
        flow('judge.broken', 'mend.tree'),
        flow('lint.output', 'mend.lint'),
        flow('test.output', 'mend.test'),
        flow('mend.tree', 'ways.tree'),
        flow('ways.tree', 'out-tree.value'),
        flow('lint.ok', 'out-linted.value'),
        flow('test.ok', 'out-tested.value'),
      ],
    ),
    looker({
      id: 'review',
      name: 'Review',
      inputs: [['paths', 'list<text>']],
      outputs: [
        ['good', 'boolean'],
        ['findings', 'json'],
      ],
      schema: { good: yesOrNo, findings: listOf({ file: text, problem: text, fix: text }) },
      instruction: `
Lint and tests of this project pass. Review {{paths}} for what neither of them sees.

- Wrong results for inputs no test has; errors that are swallowed or lose their cause; values from outside that are trusted; resources that are not given back; states that contradict each other; where two layers (page, service, data) disagree about a name, a unit or what may be missing.
- Prove each from the code, with the input that shows it. No matters of taste.

Bring \`good\` (true if nothing needs to be mended before this goes out) and \`findings\` with \`file\`, \`problem\` and \`fix\`, the worst first and at most 10.`,
    }),
    branch(
      'decide',
      'Is the review content?',
      [
        ['tree', 'json'],
        ['good', 'boolean'],
      ],
      'inputs.good',
      ['content', 'wanting'],
    ),
    worker({
      id: 'address',
      name: 'Mend what the review found',
      inputs: [['findings', 'json']],
      instruction: `
A review of this project, which lints and passes its tests, found:

{{findings}}

Mend each with the smallest change to its cause, and add a test that fails before and passes after. A finding that turns out not to be real stays as it is; say why in the summary.`,
    }),
    either(),
    verify('lint-after', 'Lint what is offered'),
    verify('verify', 'Test what is offered'),
    offer,
  ],
  edges: [
    flow('begin.tree', 'clean.tree'),
    flow('clean.tree', 'review.tree'),
    flow('paths.value', 'review.paths'),
    flow('clean.tree', 'decide.tree'),
    flow('review.good', 'decide.good'),
    flow('decide.content', 'ways.tree'),
    flow('decide.wanting', 'address.tree'),
    flow('review.findings', 'address.findings'),
    flow('address.tree', 'ways.tree'),
    flow('ways.tree', 'lint-after.tree'),
    flow('lint-after.tree', 'verify.tree'),
    flow('verify.tree', 'offer.tree'),
  ],
});
