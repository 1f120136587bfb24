import {
  answerer,
  begin,
  build,
  command,
  flow,
  into,
  listOf,
  looker,
  loop,
  offer,
  output,
  pathsParameter,
  roundsParameter,
  text,
  textParameter,
  verify,
  verifyParameter,
  when,
  worker,
  yesOrNo,
} from './build';

export const performance = build({
  id: 'performance',
  name: 'Make it faster',
  description:
    'Measures, finds where the time goes, changes one thing, and measures again; what did not help is never offered.',
  category: 'Quality',
  tags: ['performance', 'speed', 'benchmark'],
  parameters: [
    {
      name: 'measure',
      label: 'Benchmark commands',
      description: 'They print the numbers to judge by. They are shown for approval before the run.',
      type: 'list',
      required: true,
      constraints: { minItems: 1, maxItems: 5, maxLength: 1000 },
      hints: { widget: 'list', placeholder: 'npm run bench', group: 'Proof', order: 40 },
    },
    textParameter('goal', 'What is fast enough', {
      default: 'Clearly faster than before, well beyond the noise of the measurement.',
      hints: { order: 10 },
    }),
    pathsParameter('paths', 'Where', ['src'], 'Files and folders that may change.'),
    roundsParameter('Attempts at most', 3),
    verifyParameter(),
  ],
  places: [
    into('measure', 'before', 'config', 'commands'),
    into('measure', 'improve/after', 'config', 'commands'),
    into('rounds', 'improve', 'most'),
    into('verify', 'improve/change', 'config', 'verify'),
    into('verify', 'verify', 'config', 'commands'),
  ],
  nodes: [
    begin,
    command('before', 'Measure as it is'),
    looker({
      id: 'explain',
      name: 'Find where the time goes',
      inputs: [
        ['numbers', 'text'],
        ['goal', 'text'],
        ['paths', 'list<text>'],
      ],
      outputs: [['ideas', 'json']],
      schema: { ideas: listOf({ file: text, cause: text, change: text, gain: text }) },
      instruction: `
A benchmark of this project prints:

{{numbers}}

Wanted: {{goal}}
What may change: {{paths}}

Find where the time goes. Count, do not guess: how often does each loop run for the benchmark's input, how often is the same thing computed, looked up, copied, parsed, sorted or waited for? The growth matters more than the constant: look for work in loops over the same data first, then for repeated input and output, then for allocation.

Bring \`ideas\`, the greatest gain first and at most 5: \`file\`, \`cause\` (with the count), \`change\`, and the \`gain\` to expect. Leave out what makes the code much harder to read for a few percent.`,
    }),
    loop(
      'improve',
      'Change one thing and measure',
      {
        inputs: [
          ['tree', 'json'],
          ['verdict', 'text', { default: '' }],
          ['numbers', 'text'],
          ['ideas', 'json'],
          ['goal', 'text'],
        ],
        outputs: [
          ['tree', 'json'],
          ['verdict', 'text'],
          ['reached', 'boolean'],
          ['better', 'boolean'],
        ],
      },
      'outputs.reached',
      3,
      [
        worker({
          id: 'change',
          name: 'Change one thing',
          inputs: [
            ['numbers', 'text'],
            ['ideas', 'json'],
            ['goal', 'text'],
            ['verdict', 'text'],
          ],
          instruction: `
Make this faster. Wanted: {{goal}}

At the beginning the benchmark printed:
{{numbers}}

Ideas, the best first:
{{ideas}}

What the measurement said of the last attempt (nothing at first):
{{verdict}}

- Carry out the best idea that is still open, and only that one. If the last attempt did not help, take it back first.
- Results, their order and errors stay exactly as they are. Do not touch the benchmark, and do not make anything fast for its input alone.
- Mind what is paid for it: memory that grows, state that can go stale.`,
        }),
        command('after', 'Measure again'),
        answerer({
          id: 'judge',
          name: 'Compare the numbers',
          inputs: [
            ['before', 'text'],
            ['after', 'text'],
            ['goal', 'text'],
          ],
          outputs: [
            ['better', 'boolean'],
            ['reached', 'boolean'],
            ['verdict', 'text'],
          ],
          schema: { better: yesOrNo, reached: yesOrNo, verdict: text },
          instruction: `
Compare two outputs of one benchmark. Wanted: {{goal}}

Before:
{{before}}

After:
{{after}}

\`better\`: whether the numbers that matter are better beyond the noise to be expected, and none that matters is worse. \`reached\`: whether what is wanted is reached. \`verdict\`: the ratio of each number, in a sentence. If the second output is an error, neither is true.`,
        }),
      ],
      [
        flow('tree.value', 'change.tree'),
        flow('numbers.value', 'change.numbers'),
        flow('ideas.value', 'change.ideas'),
        flow('goal.value', 'change.goal'),
        flow('verdict.value', 'change.verdict'),
        flow('change.tree', 'after.tree'),
        flow('numbers.value', 'judge.before'),
        flow('after.output', 'judge.after'),
        flow('goal.value', 'judge.goal'),
        flow('change.tree', 'out-tree.value'),
        flow('judge.verdict', 'out-verdict.value'),
        flow('judge.reached', 'out-reached.value'),
        flow('judge.better', 'out-better.value'),
      ],
    ),
    verify(),
    offer,
    output('verdict', 'text', 'What the measurement says'),
  ],
  edges: [
    flow('begin.tree', 'before.tree'),
    flow('begin.tree', 'explain.tree'),
    flow('before.output', 'explain.numbers'),
    flow('goal.value', 'explain.goal'),
    flow('paths.value', 'explain.paths'),
    flow('begin.tree', 'improve.tree'),
    flow('before.output', 'improve.numbers'),
    flow('explain.ideas', 'improve.ideas'),
    flow('goal.value', 'improve.goal'),
    flow('improve.verdict', 'verdict.value'),
    flow('improve.tree', 'verify.tree'),
    when('improve', 'verify', 'outputs.better', 'it is faster'),
    flow('verify.tree', 'offer.tree'),
  ],
});
