import {
  begin,
  branch,
  build,
  either,
  flow,
  into,
  listOf,
  looker,
  offer,
  text,
  verify,
  verifyParameter,
  worker,
} from './build';

export const dependencyUpdate = build({
  id: 'dependency-update',
  name: 'Update dependencies',
  description:
    'Finds out what an update breaks, asks before a major one, updates the manifest and the code that uses it, and proves it.',
  category: 'Maintenance',
  tags: ['dependencies', 'update', 'upgrade'],
  parameters: [
    {
      name: 'packages',
      label: 'Packages',
      description: 'Names, or name@version for a certain one.',
      type: 'list',
      required: true,
      constraints: {
        minItems: 1,
        maxItems: 20,
        pattern: '(@[a-z0-9][a-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*(@.+)?',
      },
      hints: { widget: 'list', placeholder: 'left-pad@2', group: 'Task', order: 10 },
    },
    {
      name: 'manifest',
      label: 'Manifest',
      description: 'The file that names them.',
      type: 'path',
      default: 'package.json',
      hints: { widget: 'file', group: 'Task', order: 20 },
    },
    {
      name: 'install',
      label: 'Install commands',
      description:
        'Run on the updated manifest before the proof, in the sandbox and without network; empty if the packages are there already.',
      type: 'list',
      default: [],
      constraints: { maxItems: 5, maxLength: 1000 },
      hints: { widget: 'list', placeholder: 'npm install --offline', group: 'Proof', order: 40 },
    },
    verifyParameter(),
  ],
  places: [
    into('install', 'prepare', 'config', 'commands'),
    into('verify', 'adapt', 'config', 'verify'),
    into('verify', 'verify', 'config', 'commands'),
  ],
  nodes: [
    begin,
    looker({
      id: 'study',
      name: 'Find out what breaks',
      inputs: [
        ['packages', 'list<text>'],
        ['manifest', 'text'],
      ],
      outputs: [
        ['major', 'boolean'],
        ['changes', 'json'],
        ['report', 'text'],
      ],
      schema: {
        major: { type: 'boolean' },
        changes: listOf({ package: text, from: text, to: text, breaking: text, uses: text }),
        report: text,
      },
      instruction: `
These dependencies of {{manifest}} are to be updated: {{packages}}

- For each: the version now (manifest and lock file), the one wanted, and what lies between. Read what is at hand: changelogs, type declarations and sources of the packages in the dependency folders or vendored copies, and their own tests. What you know without having seen it here, mark as remembered.
- Find every use in code, tests, configuration and scripts: imports, re-exports, plugins named in text, types.
- Say for each breaking change which uses it hits, and what they must become. Mind defaults that changed silently and peers that must move along.

Bring \`major\` (whether a major version changes, or the second number below 1.0), \`changes\` (\`package\`, \`from\`, \`to\`, \`breaking\`, \`uses\` with file and line), and \`report\`: the same in short for a person.`,
    }),
    branch(
      'judge',
      'Is it a major update?',
      [
        ['tree', 'json'],
        ['major', 'boolean'],
      ],
      'inputs.major',
      ['major', 'minor'],
    ),
    {
      id: 'ask',
      kind: 'approval',
      name: 'A person decides',
      inputs: [
        { name: 'tree', type: 'json' },
        { name: 'report', type: 'text' },
      ],
      prompt: 'A major version changes. Update all the same?',
      choices: ['update', 'stay'],
    },
    branch(
      'answered',
      'Update?',
      [
        ['tree', 'json'],
        ['answer', 'text'],
      ],
      'inputs.answer == "update"',
      ['update'],
    ),
    either(),
    worker({
      id: 'adapt',
      name: 'Update and adapt',
      inputs: [
        ['changes', 'json'],
        ['manifest', 'text'],
        ['install', 'list<text>'],
      ],
      instruction: `
Update these dependencies in {{manifest}}, and adapt the code that uses them:

{{changes}}

- Keep how the manifest writes versions (exact, ^ or ~) and its order. Touch no other dependency.
- These commands are run afterwards to install (there is no network): {{install}}
- Change each use as the new version wants it. No shims that pretend to be the old version; no forced or ignored peer dependencies.
- Tests change only where the old behaviour of the package itself was written down in them.
- If a lock file must be made anew and cannot be made here, say so in the summary.`,
    }),
    {
      id: 'prepare',
      kind: 'operator',
      name: 'Install',
      operator: 'command',
      inputs: [{ name: 'tree', type: 'json' }],
      outputs: [
        { name: 'ok', type: 'boolean' },
        { name: 'output', type: 'text' },
        { name: 'tree', type: 'json' },
      ],
      config: { commands: [] },
    },
    verify(),
    offer,
  ],
  edges: [
    flow('begin.tree', 'study.tree'),
    flow('packages.value', 'study.packages'),
    flow('manifest.value', 'study.manifest'),
    flow('begin.tree', 'judge.tree'),
    flow('study.major', 'judge.major'),
    flow('judge.minor', 'ways.tree'),
    flow('judge.major', 'ask.tree'),
    flow('study.report', 'ask.report'),
    flow('judge.major', 'answered.tree'),
    flow('ask.answer', 'answered.answer'),
    flow('answered.update', 'ways.tree'),
    flow('ways.tree', 'adapt.tree'),
    flow('study.changes', 'adapt.changes'),
    flow('manifest.value', 'adapt.manifest'),
    flow('install.value', 'adapt.install'),
    flow('adapt.tree', 'prepare.tree'),
    flow('prepare.tree', 'verify.tree'),
    flow('verify.tree', 'offer.tree'),
  ],
});
