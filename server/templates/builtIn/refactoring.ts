import {
  begin,
  branch,
  build,
  either,
  flow,
  into,
  looker,
  offer,
  pathsParameter,
  text,
  textParameter,
  verify,
  verifyParameter,
  worker,
  yesOrNo,
} from './build';

export const refactoring = build({
  id: 'refactoring',
  name: 'Refactor',
  description:
    'Proves that everything passes, changes the structure, proves it again, and has a reviewer look for changed behaviour; in doubt a person decides.',
  category: 'Coding',
  tags: ['refactoring', 'cleanup', 'structure'],
  parameters: [
    textParameter('goal', 'What shall be better', {
      required: true,
      hints: { placeholder: 'Split … into …; remove the duplication between … and …', order: 10 },
    }),
    pathsParameter('paths', 'Where', ['src'], 'Files and folders that may change.'),
    verifyParameter(),
  ],
  places: [
    into('verify', 'before', 'config', 'commands'),
    into('verify', 'change', 'config', 'verify'),
    into('verify', 'verify', 'config', 'commands'),
  ],
  nodes: [
    begin,
    verify('before', 'Everything passes before'),
    worker({
      id: 'change',
      name: 'Change the structure',
      inputs: [
        ['goal', 'text'],
        ['paths', 'list<text>'],
      ],
      outputs: [
        ['summary', 'text'],
        ['changed', 'list<text>'],
      ],
      instruction: `
Refactor {{paths}}: {{goal}}

- Behaviour stays as it is: results, errors and their messages, order of effects, exported names and signatures. If a caller outside would notice, it is no refactoring: leave it and say so.
- Search every use of what you move or rename, in code, tests, configuration, documents and strings.
- Go in small steps, and run the tests after each; a step that breaks them is taken back, not patched over.
- Do not change tests, except for imports of what has moved. Do not mend faults on the way: name them in the summary.
- Stop when the goal is reached. Fewer lines and fewer ideas are better than a pattern.`,
    }),
    verify('verify', 'Everything passes after'),
    looker({
      id: 'review',
      name: 'Look for changed behaviour',
      inputs: [
        ['goal', 'text'],
        ['summary', 'text'],
        ['changed', 'list<text>'],
      ],
      outputs: [
        ['unchanged', 'boolean'],
        ['doubts', 'text'],
      ],
      schema: { unchanged: yesOrNo, doubts: text },
      instruction: `
These files were refactored: {{changed}}
Goal: {{goal}}
What was done: {{summary}}

Look for behaviour that may have changed and that tests would not show: evaluation order, laziness, identity and mutation of shared values, exceptions that are caught elsewhere now, defaults, overloads, exported names, what happens with null, empty and very large inputs, and text that people or programs read. Follow each use outside the changed files.

Bring \`unchanged\` (true only if you found nothing) and \`doubts\`: each with file, line and what a caller would see; empty when there are none.`,
    }),
    branch(
      'judge',
      'Is it the same behaviour?',
      [
        ['tree', 'json'],
        ['unchanged', 'boolean'],
      ],
      'inputs.unchanged',
      ['same', 'doubtful'],
    ),
    {
      id: 'ask',
      kind: 'approval',
      name: 'A person decides',
      inputs: [
        { name: 'doubts', type: 'text' },
        { name: 'tree', type: 'json' },
      ],
      prompt:
        'The reviewer doubts that behaviour is unchanged. Offer the refactoring for review all the same?',
      choices: ['offer', 'drop'],
    },
    branch(
      'answered',
      'Offer it?',
      [
        ['tree', 'json'],
        ['answer', 'text'],
      ],
      'inputs.answer == "offer"',
      ['offered'],
    ),
    either(),
    offer,
  ],
  edges: [
    flow('begin.tree', 'before.tree'),
    flow('before.tree', 'change.tree'),
    flow('goal.value', 'change.goal'),
    flow('paths.value', 'change.paths'),
    flow('change.tree', 'verify.tree'),
    flow('verify.tree', 'review.tree'),
    flow('goal.value', 'review.goal'),
    flow('change.summary', 'review.summary'),
    flow('change.changed', 'review.changed'),
    flow('verify.tree', 'judge.tree'),
    flow('review.unchanged', 'judge.unchanged'),
    flow('judge.same', 'ways.tree'),
    flow('judge.doubtful', 'ask.tree'),
    flow('review.doubts', 'ask.doubts'),
    flow('judge.doubtful', 'answered.tree'),
    flow('ask.answer', 'answered.answer'),
    flow('answered.offered', 'ways.tree'),
    flow('ways.tree', 'offer.tree'),
  ],
});
