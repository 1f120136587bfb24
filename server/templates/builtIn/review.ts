import {
  answerer,
  begin,
  build,
  flow,
  input,
  into,
  listOf,
  looker,
  map,
  offer,
  output,
  pathsParameter,
  text,
  verify,
  verifyParameter,
  when,
  worker,
} from './build';

const finding = {
  file: text,
  line: { type: 'integer' },
  severity: { enum: ['high', 'medium', 'low'] },
  problem: text,
  fix: text,
};

export const review = build({
  id: 'review',
  name: 'Review code',
  description:
    'Reviewers look from several angles at once, a judge keeps what is real, and what is serious is mended and proved.',
  category: 'Quality',
  tags: ['review', 'quality', 'bugs'],
  parameters: [
    pathsParameter('paths', 'What to review', ['src'], 'Files and folders.'),
    {
      name: 'angles',
      label: 'Angles',
      description: 'Each is looked at by a reviewer of its own.',
      type: 'list',
      default: ['correctness', 'error handling', 'tests'],
      constraints: {
        minItems: 1,
        maxItems: 6,
        oneOf: [
          'correctness',
          'error handling',
          'concurrency',
          'security',
          'performance',
          'readability',
          'tests',
        ],
      },
      hints: { widget: 'select', group: 'Task', order: 30 },
    },
    verifyParameter(),
  ],
  places: [into('verify', 'mend', 'config', 'verify'), into('verify', 'verify', 'config', 'commands')],
  nodes: [
    begin,
    map(
      'reviewers',
      'Review from each angle',
      'angles',
      {
        inputs: [
          ['angles', 'list<text>'],
          ['tree', 'json'],
          ['paths', 'list<text>'],
        ],
        outputs: [['found', 'json']],
      },
      [
        input('item', 'text'),
        input('tree', 'json'),
        input('paths', 'list<text>'),
        looker({
          id: 'look',
          name: 'Review',
          inputs: [
            ['angle', 'text'],
            ['paths', 'list<text>'],
          ],
          outputs: [['findings', 'json']],
          schema: { findings: listOf(finding) },
          instruction: `
Review {{paths}} for one thing alone: {{angle}}.

- Read each file to its end, with what it calls and who calls it. Ask of each branch: which input gets here, and what is true then?
- A finding is something that goes wrong for somebody: say for which input, and what happens. What you would merely write differently is none.
- Prove it from the code. Where another place already prevents it, drop it.
- high: wrong results, lost data, crashes, holes; medium: wrong in rare cases, misleading errors; low: the rest.

Bring \`findings\`, the worst first and at most 15, each with \`file\`, \`line\`, \`severity\`, \`problem\` (one or two sentences) and \`fix\` (the smallest change that mends it). An empty list is a good answer.`,
        }),
      ],
      [
        flow('item.value', 'look.angle'),
        flow('tree.value', 'look.tree'),
        flow('paths.value', 'look.paths'),
        flow('look.findings', 'out-found.value'),
      ],
    ),
    answerer({
      id: 'judge',
      name: 'Keep what is real',
      inputs: [['findings', 'json']],
      outputs: [
        ['serious', 'json'],
        ['report', 'text'],
      ],
      schema: { serious: listOf(finding), report: text },
      instruction: `
Several reviewers found this:

{{findings}}

- Join findings that are the same fault; keep the clearest words.
- Drop what is a matter of taste, what contradicts itself, and what a fix of another finding mends.
- \`serious\`: those to mend now (high, and medium where the fix is small and safe), in an order in which they can be mended.
- \`report\`: all that remain, as Markdown for a person: a heading for each severity, under it one item for each finding with file, line, problem and fix. If there is nothing, say so in one sentence.`,
    }),
    worker({
      id: 'mend',
      name: 'Mend what is serious',
      inputs: [['findings', 'json']],
      instruction: `
Mend these findings of a review, one after the other:

{{findings}}

- See for yourself that each is real before you change anything; one that is not stays as it is, and the summary says why.
- For each, add or extend a test that fails before and passes after.
- The smallest change that mends the cause. Nothing else on the way.`,
    }),
    verify(),
    offer,
    output('report', 'text', 'What was found'),
  ],
  edges: [
    flow('begin.tree', 'reviewers.tree'),
    flow('angles.value', 'reviewers.angles'),
    flow('paths.value', 'reviewers.paths'),
    flow('reviewers.found', 'judge.findings', { op: 'flatten' }),
    flow('judge.report', 'report.value'),
    flow('judge.serious', 'mend.findings'),
    when('judge', 'mend', 'size(outputs.serious) > 0', 'something is serious'),
    flow('begin.tree', 'mend.tree'),
    flow('mend.tree', 'verify.tree'),
    flow('verify.tree', 'offer.tree'),
  ],
});
