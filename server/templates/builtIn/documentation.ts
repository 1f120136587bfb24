import {
  begin,
  build,
  flow,
  into,
  listOf,
  looker,
  loop,
  offer,
  pathsParameter,
  roundsParameter,
  text,
  textParameter,
  verify,
  verifyParameter,
  worker,
} from './build';

export const documentation = build({
  id: 'documentation',
  name: 'Write documentation',
  description:
    'Writes or mends documents, then checks every statement against the code until all of them hold.',
  category: 'Documentation',
  tags: ['docs', 'readme', 'writing'],
  parameters: [
    pathsParameter('files', 'Documents', ['README.md'], 'The files to write or to bring up to date.'),
    textParameter('topics', 'What they shall say', {
      default:
        'What it is for, how to install it, how to use it (with an example that runs), and how to work on it.',
      hints: { order: 10 },
    }),
    {
      name: 'audience',
      label: 'Readers',
      type: 'enum',
      default: 'users',
      constraints: { oneOf: ['users', 'contributors', 'operators'] },
      hints: { widget: 'select', group: 'Task', order: 30 },
    },
    roundsParameter('Rounds at most', 3),
    verifyParameter('Verify commands', []),
  ],
  places: [into('rounds', 'draft', 'most'), into('verify', 'verify', 'config', 'commands')],
  nodes: [
    begin,
    loop(
      'draft',
      'Write and check',
      {
        inputs: [
          ['tree', 'json'],
          ['wrong', 'json', { default: [] }],
          ['files', 'list<text>'],
          ['topics', 'text'],
          ['audience', 'text'],
        ],
        outputs: [
          ['tree', 'json'],
          ['wrong', 'json'],
        ],
      },
      'size(outputs.wrong) == 0',
      3,
      [
        worker({
          id: 'write',
          name: 'Write',
          inputs: [
            ['files', 'list<text>'],
            ['topics', 'text'],
            ['audience', 'text'],
            ['wrong', 'json'],
          ],
          instruction: `
Write or mend {{files}} for {{audience}}. They shall say: {{topics}}

What was wrong in the last round (empty at first):
{{wrong}}

- Read the code before you write about it; run the commands and examples you show, and copy their true output.
- Begin with what the reader wants to do. Short sentences, plain words, one idea to a paragraph; no praise, no history, no promises.
- Keep what is right in a document that is there, in its own voice; remove what no longer holds.
- Change only these documents. Say nothing you have not seen to be so.`,
        }),
        looker({
          id: 'check',
          name: 'Check against the code',
          inputs: [
            ['files', 'list<text>'],
            ['topics', 'text'],
          ],
          outputs: [['wrong', 'json']],
          schema: { wrong: listOf({ file: text, statement: text, truth: text }) },
          instruction: `
Check {{files}} against the code, statement by statement.

- Names of commands, options, functions, files and settings must be there exactly as written; defaults must be those in the code; links must lead somewhere; examples must be able to run.
- What is asked for must be said: {{topics}}
- Do not judge style.

Bring as \`wrong\` each statement that does not hold or is missing, with \`file\`, \`statement\` and the \`truth\` (where you saw it). An empty list says that everything holds.`,
        }),
      ],
      [
        flow('tree.value', 'write.tree'),
        flow('files.value', 'write.files'),
        flow('topics.value', 'write.topics'),
        flow('audience.value', 'write.audience'),
        flow('wrong.value', 'write.wrong'),
        flow('write.tree', 'check.tree'),
        flow('files.value', 'check.files'),
        flow('topics.value', 'check.topics'),
        flow('write.tree', 'out-tree.value'),
        flow('check.wrong', 'out-wrong.value'),
      ],
    ),
    verify(),
    offer,
  ],
  edges: [
    flow('begin.tree', 'draft.tree'),
    flow('files.value', 'draft.files'),
    flow('topics.value', 'draft.topics'),
    flow('audience.value', 'draft.audience'),
    flow('draft.tree', 'verify.tree'),
    flow('verify.tree', 'offer.tree'),
  ],
});
