import {
  begin,
  build,
  flow,
  input,
  into,
  listOf,
  looker,
  map,
  offer,
  pathsParameter,
  text,
  verify,
  verifyParameter,
  when,
  worker,
} from './build';

export const testPipeline = build({
  id: 'test-pipeline',
  name: 'Test what is untested',
  description:
    'Finds behaviour without tests, writes tests for each gap side by side, merges them and runs them all.',
  category: 'Testing',
  tags: ['tests', 'coverage', 'quality'],
  parameters: [
    pathsParameter('paths', 'Code to test', ['src'], 'Files and folders whose behaviour tests should hold.'),
    {
      name: 'gaps',
      label: 'Gaps at most',
      description: 'How many gaps are closed in one run, the worst first.',
      type: 'integer',
      default: 5,
      constraints: { min: 1, max: 20 },
      hints: { widget: 'slider', group: 'Task', order: 30 },
    },
    verifyParameter('Test commands'),
  ],
  places: [into('verify', 'verify', 'config', 'commands'), into('verify', 'tests/write', 'config', 'verify')],
  nodes: [
    begin,
    looker({
      id: 'survey',
      name: 'Find what no test holds',
      inputs: [
        ['paths', 'list<text>'],
        ['most', 'number'],
      ],
      outputs: [['gaps', 'json']],
      schema: { gaps: listOf({ file: text, behaviour: text, cases: text, testFile: text }) },
      instruction: `
Find behaviour in {{paths}} that no test would notice breaking.

- Read the code and its tests side by side. A line that a test runs through is not tested unless an assertion would fail when it is wrong.
- Look where faults hide: boundaries of ranges, empty and single inputs, error paths, early returns, defaults, rounding, ordering, and state left behind by a first call.
- Judge by what breaks for users if it goes wrong, not by counting lines. Leave out getters, plain data and generated code.
- Say what the code should do from its name, comments, callers and documents. Where the code itself looks wrong, name that in \`behaviour\`; the test shall state what is right.

Bring as \`gaps\` at most {{most}}, the worst first and no two in one test file: \`file\`, \`behaviour\`, \`cases\` (input and expected result of each) and \`testFile\`, a file of its own, named and placed like the tests that are there.`,
    }),
    map(
      'tests',
      'Write tests for each gap',
      'gaps',
      {
        inputs: [
          ['gaps', 'json'],
          ['tree', 'json'],
        ],
        outputs: [['trees', 'json']],
      },
      [
        input('item', 'any'),
        input('tree', 'json'),
        worker({
          id: 'write',
          name: 'Write tests',
          inputs: [['gap', 'any']],
          instruction: `
Write tests for a gap in {{gap.file}}, into {{gap.testFile}}:

{{gap.behaviour}}

Cases:
{{gap.cases}}

- Use the test framework and helpers that are there; look at a neighbouring test file first.
- One behaviour to a test, named as a sentence about the behaviour. Assert results, not how they come about; no mocks of the code under test.
- See each test fail: break the code for a moment, watch the test notice it, and put the code back.
- Change nothing but {{gap.testFile}}, unless a test shows that the code is wrong: then mend the code with the smallest change and say so in the summary.`,
        }),
      ],
      [
        flow('item.value', 'write.gap'),
        flow('tree.value', 'write.tree'),
        flow('write.tree', 'out-trees.value'),
      ],
    ),
    {
      id: 'merge',
      kind: 'operator',
      name: 'Bring the tests together',
      operator: 'merge',
      inputs: [
        { name: 'base', type: 'json' },
        { name: 'trees', type: 'list<json>' },
      ],
      outputs: [{ name: 'tree', type: 'json' }],
      config: {},
    },
    verify('verify', 'Run all tests'),
    offer,
  ],
  edges: [
    flow('begin.tree', 'survey.tree'),
    flow('paths.value', 'survey.paths'),
    flow('gaps.value', 'survey.most'),
    flow('survey.gaps', 'tests.gaps'),
    when('survey', 'tests', 'size(outputs.gaps) > 0', 'there are gaps'),
    flow('begin.tree', 'tests.tree'),
    flow('tests.trees', 'merge.trees'),
    flow('begin.tree', 'merge.base'),
    flow('merge.tree', 'verify.tree'),
    flow('verify.tree', 'offer.tree'),
  ],
});
