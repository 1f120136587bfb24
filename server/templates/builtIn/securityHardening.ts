import {
  begin,
  build,
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
  verify,
  verifyParameter,
  when,
  worker,
} from './build';

export const securityHardening = build({
  id: 'security-hardening',
  name: 'Harden security',
  description:
    'Looks for holes from the outside in; a person sees them before anything changes; each is closed, tested and looked at again.',
  category: 'Quality',
  tags: ['security', 'audit', 'hardening'],
  parameters: [
    pathsParameter('paths', 'What to look at', ['src'], 'Files and folders.'),
    {
      name: 'least',
      label: 'Severity from',
      type: 'enum',
      default: 'medium',
      constraints: { oneOf: ['high', 'medium', 'low'] },
      hints: { widget: 'select', group: 'Task', order: 30 },
    },
    roundsParameter('Rounds at most', 2),
    verifyParameter(),
  ],
  places: [
    into('rounds', 'harden', 'most'),
    into('verify', 'harden/close', 'config', 'verify'),
    into('verify', 'verify', 'config', 'commands'),
  ],
  nodes: [
    begin,
    looker({
      id: 'audit',
      name: 'Look for holes',
      inputs: [
        ['paths', 'list<text>'],
        ['least', 'text'],
      ],
      outputs: [
        ['holes', 'json'],
        ['report', 'text'],
      ],
      schema: {
        holes: listOf({
          title: text,
          file: text,
          severity: { enum: ['high', 'medium', 'low'] },
          attack: text,
          fix: text,
        }),
        report: text,
      },
      instruction: `
Look for holes in {{paths}}, of severity {{least}} or worse.

Work from the outside in. List where values come from that somebody else chooses: requests, files, arguments, environment, messages, the names of things. Follow each to where it matters:
- paths that can climb out (.., absolute, links), commands and queries made of text, templates and HTML without escaping, evaluated code, unsafe deserialisation, keys such as __proto__;
- who may do it: checks that are missing, that come after the act, or that look at something the caller chose;
- secrets in code, logs, errors or addresses; comparisons that leak by time; randomness that can be guessed;
- what can be made endless: sizes, depths, repetition, patterns, waiting;
- defaults that are open; errors that let pass.

A hole is real when you can write down the input that uses it. Leave out what needs rights the attacker would not need the hole for.

Bring \`holes\`, the worst first: \`title\`, \`file\`, \`severity\`, \`attack\` (the input, and what it gains) and \`fix\` (at the place that closes it for every caller). And \`report\`: the same for a person, as Markdown.`,
    }),
    {
      id: 'decide',
      kind: 'approval',
      name: 'A person looks at the holes',
      inputs: [{ name: 'report', type: 'text' }],
      prompt: 'Holes were found. Shall they be closed now?',
      choices: ['close', 'leave'],
    },
    loop(
      'harden',
      'Close and look again',
      {
        inputs: [
          ['tree', 'json'],
          ['holes', 'json'],
        ],
        outputs: [
          ['tree', 'json'],
          ['holes', 'json'],
        ],
      },
      'size(outputs.holes) == 0',
      2,
      [
        worker({
          id: 'close',
          name: 'Close the holes',
          inputs: [['holes', 'json']],
          instruction: `
Close these holes:

{{holes}}

- For each, first a test with the attack: it must succeed before and be refused after.
- Close the cause where the value enters or where it is used for the dangerous thing, so that every caller is safe; no lists of forbidden words where a list of allowed ones is possible.
- Refuse with an error that helps an honest user and tells an attacker nothing.
- Honest use must go on as before: keep the tests there are, add one for a legitimate input near the edge.`,
        }),
        looker({
          id: 'again',
          name: 'Attack again',
          inputs: [['holes', 'json']],
          outputs: [['open', 'json']],
          schema: {
            open: listOf({
              title: text,
              file: text,
              severity: { enum: ['high', 'medium', 'low'] },
              attack: text,
              fix: text,
            }),
          },
          instruction: `
These holes were closed:

{{holes}}

Try to get through again, in the code as it is now: other spellings and encodings of the same input, other ways to the same place, the step before or after the check, a link in place of a file, a second call.

Bring \`open\`: those that are still open or were opened by the change, with the attack that gets through. An empty list says that all are closed.`,
        }),
      ],
      [
        flow('tree.value', 'close.tree'),
        flow('holes.value', 'close.holes'),
        flow('close.tree', 'again.tree'),
        flow('holes.value', 'again.holes'),
        flow('close.tree', 'out-tree.value'),
        flow('again.open', 'out-holes.value'),
      ],
    ),
    verify(),
    offer,
    output('report', 'text', 'What was found'),
  ],
  edges: [
    flow('begin.tree', 'audit.tree'),
    flow('paths.value', 'audit.paths'),
    flow('least.value', 'audit.least'),
    flow('audit.report', 'report.value'),
    flow('audit.report', 'decide.report'),
    when('audit', 'decide', 'size(outputs.holes) > 0', 'there are holes'),
    when('decide', 'harden', 'outputs.answer == "close"', 'close'),
    flow('begin.tree', 'harden.tree'),
    flow('audit.holes', 'harden.holes'),
    flow('harden.tree', 'verify.tree'),
    flow('verify.tree', 'offer.tree'),
  ],
});
