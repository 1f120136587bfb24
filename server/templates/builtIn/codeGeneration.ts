import {
  begin,
  build,
  flow,
  into,
  looker,
  offer,
  pathsParameter,
  textParameter,
  verify,
  verifyParameter,
  worker,
} from './build';

export const codeGeneration = build({
  id: 'code-generation',
  name: 'Write code',
  description:
    'Explores the code around a request, plans the change, writes it with its tests, and proves it.',
  category: 'Coding',
  tags: ['code', 'feature', 'tests'],
  parameters: [
    textParameter('request', 'What to write', {
      required: true,
      description: 'What the code shall do, with an example of input and result where that helps.',
      hints: { placeholder: 'A function that …', order: 10 },
    }),
    pathsParameter('paths', 'Where', ['src'], 'Files and folders the change most likely touches.'),
    textParameter('conventions', 'Conventions', {
      default: '',
      description: 'What the code around it does not show: libraries to use, things to avoid.',
      hints: { order: 30 },
    }),
    verifyParameter(),
  ],
  places: [into('verify', 'write', 'config', 'verify'), into('verify', 'verify', 'config', 'commands')],
  nodes: [
    begin,
    looker({
      id: 'explore',
      name: 'Explore and plan',
      inputs: [
        ['request', 'text'],
        ['paths', 'list<text>'],
        ['conventions', 'text'],
      ],
      outputs: [['plan', 'text']],
      schema: { plan: { type: 'string', minLength: 1 } },
      instruction: `
Plan how to write this, without writing it:

{{request}}

Begin at: {{paths}}
Conventions: {{conventions}}

1. Find the place where it belongs: the module that owns this concern, who will call it, and what is there already that does half of it. Prefer extending what exists over adding beside it.
2. Read one neighbour that is done well: its naming, its error handling, how it is exported, how its tests are built.
3. List the cases that decide whether it is right: empty, one, many, limits, wrong input, and what must stay as it is.
4. Where the request leaves something open, take the reading that surprises a caller least, and say which one you took.

Bring as \`plan\`: the files to change or add, the signatures, the cases as a list of tests (name, input, expected), and what is left out on purpose.`,
    }),
    worker({
      id: 'write',
      name: 'Write code and tests',
      inputs: [
        ['request', 'text'],
        ['plan', 'text'],
        ['conventions', 'text'],
      ],
      instruction: `
Write this:

{{request}}

The plan, made by looking at the code:

{{plan}}

Conventions: {{conventions}}

- Write the tests of the plan first and see them fail for the right reason; then write the code.
- Fit in: naming, imports, error handling and comments like the files around it. Add no dependency that is not there already.
- Handle the wrong inputs the plan names at the boundary, with messages that say what was wrong.
- Do not touch what the request does not need. If the plan turns out to be wrong, do what is right and say so in the summary.`,
    }),
    verify(),
    offer,
  ],
  edges: [
    flow('begin.tree', 'explore.tree'),
    flow('request.value', 'explore.request'),
    flow('paths.value', 'explore.paths'),
    flow('conventions.value', 'explore.conventions'),
    flow('begin.tree', 'write.tree'),
    flow('request.value', 'write.request'),
    flow('explore.plan', 'write.plan'),
    flow('conventions.value', 'write.conventions'),
    flow('write.tree', 'verify.tree'),
    flow('verify.tree', 'offer.tree'),
  ],
});
