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
  verify,
  verifyParameter,
  worker,
} from './build';

export const apiDocs = build({
  id: 'api-docs',
  name: 'Document an API',
  description:
    'Lists every public function or endpoint, writes the reference, and goes on until none is missing or wrong.',
  category: 'Documentation',
  tags: ['docs', 'api', 'reference'],
  parameters: [
    pathsParameter('paths', 'Where the API is', ['src'], 'Files and folders that define it.'),
    {
      name: 'document',
      label: 'Reference',
      description: 'The file to write.',
      type: 'path',
      default: 'docs/api.md',
      hints: { widget: 'file', group: 'Task', order: 10 },
    },
    {
      name: 'form',
      label: 'Form',
      type: 'enum',
      default: 'Markdown',
      constraints: { oneOf: ['Markdown', 'OpenAPI 3.1', 'comments in the code'] },
      hints: { widget: 'select', group: 'Task', order: 30 },
    },
    roundsParameter('Rounds at most', 3),
    verifyParameter('Verify commands', []),
  ],
  places: [into('rounds', 'reference', 'most'), into('verify', 'verify', 'config', 'commands')],
  nodes: [
    begin,
    looker({
      id: 'inventory',
      name: 'List what is public',
      inputs: [['paths', 'list<text>']],
      outputs: [['entries', 'json']],
      schema: { entries: listOf({ name: text, file: text, signature: text }) },
      instruction: `
List everything in {{paths}} that a user of this API can call: exported functions, classes and their public members, or endpoints with method and path.

Begin at what the package exports or the server mounts and follow re-exports and routers; what cannot be reached from there is not public. Read signatures from the code, not from comments.

Bring \`entries\`, in the order a reader would look for them: \`name\`, \`file\`, and \`signature\` with parameters, result and what it throws or which status it answers.`,
    }),
    loop(
      'reference',
      'Write and compare',
      {
        inputs: [
          ['tree', 'json'],
          ['wrong', 'json', { default: [] }],
          ['entries', 'json'],
          ['document', 'text'],
          ['form', 'text'],
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
          name: 'Write the reference',
          inputs: [
            ['entries', 'json'],
            ['wrong', 'json'],
            ['document', 'text'],
            ['form', 'text'],
          ],
          instruction: `
Write the reference of this API as {{form}} into {{document}} (with “comments in the code”: where each entry is defined, and a list of them in the document).

What is public:
{{entries}}

What was wrong in the last round (empty at first):
{{wrong}}

For each entry: one sentence on what it is for; each parameter with type, unit, default and limits; the result; every error and when it comes; a short example that runs. Take all of it from the code. Say what a caller cannot see from the signature: whether arguments are changed, what is cached, what happens when it is called twice.

Change only documents and comments. Keep what is right in a document that is there.`,
        }),
        looker({
          id: 'compare',
          name: 'Compare with the code',
          inputs: [
            ['entries', 'json'],
            ['document', 'text'],
          ],
          outputs: [['wrong', 'json']],
          schema: { wrong: listOf({ name: text, problem: text }) },
          instruction: `
Compare {{document}} with the code, entry by entry:

{{entries}}

Each must be there, with its true name, parameters, defaults, result and errors, and with an example that would run. Nothing may be described that is not public.

Bring \`wrong\`, with \`name\` and \`problem\`. An empty list says that the reference is complete and right.`,
        }),
      ],
      [
        flow('tree.value', 'write.tree'),
        flow('entries.value', 'write.entries'),
        flow('wrong.value', 'write.wrong'),
        flow('document.value', 'write.document'),
        flow('form.value', 'write.form'),
        flow('write.tree', 'compare.tree'),
        flow('entries.value', 'compare.entries'),
        flow('document.value', 'compare.document'),
        flow('write.tree', 'out-tree.value'),
        flow('compare.wrong', 'out-wrong.value'),
      ],
    ),
    verify(),
    offer,
  ],
  edges: [
    flow('begin.tree', 'inventory.tree'),
    flow('paths.value', 'inventory.paths'),
    flow('begin.tree', 'reference.tree'),
    flow('inventory.entries', 'reference.entries'),
    flow('document.value', 'reference.document'),
    flow('form.value', 'reference.form'),
    flow('reference.tree', 'verify.tree'),
    flow('verify.tree', 'offer.tree'),
  ],
});
