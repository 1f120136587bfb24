/** A project whose one agent proposes hunks in files of several kinds, by a program that writes their bytes. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fixtureGit } from '../fixtures/make';

export interface HunkFile {
  readonly path: string;
  readonly encode: (text: string) => Buffer;
}

/** Three ways to write the same lines: plain, with CRLF, and in UTF-16 with its mark and CRLF. */
export const hunkFiles: readonly HunkFile[] = [
  { path: 'src/plain.js', encode: (text) => Buffer.from(text) },
  { path: 'src/windows.js', encode: (text) => Buffer.from(text.replaceAll('\n', '\r\n')) },
  { path: 'src/wide.js', encode: (text) => Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'utf16le') },
];

/** The text a person has. */
export const original = Array.from({ length: 30 }, (_, i) => `const value${i} = ${i};\n`).join('');

/** Three hunks: a comment on top, a changed line in the middle, a line less and two more at the end. */
export const withHunks = (text: string, ...hunks: readonly (1 | 2 | 3)[]): string => {
  let found = text;
  if (hunks.includes(1)) found = `// Values, größer each.\n${found}`;
  if (hunks.includes(2)) found = found.replace('const value12 = 12;', 'const value12 = "twelve";');
  if (hunks.includes(3))
    found = found.replace('const value27 = 27;\n', 'const value27 = 270;\nconst extra = [value0, value1];\n');
  return found;
};

/** A formatter of the project: quotes become single, as a person who saves sees at once. */
export const formatted = (text: string): string => text.replaceAll('"', "'");

/** Makes the project in a fresh folder; returns it, the script of its agent, and a formatter to install. */
export function makeHunkProject(): { folder: string; script: string; formatter: string } {
  const root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'symphony-hunks-')));
  const folder = path.join(root, 'project');
  const formatter = path.join(root, 'symphony-test.formatter-0.0.1');
  const script = path.join(root, 'script.json');
  for (const made of [path.join(folder, 'src'), path.join(folder, 'tools'), formatter])
    mkdirSync(made, { recursive: true });
  const proposed = Object.fromEntries([
    ...hunkFiles.map(({ path: file, encode }) => [
      file,
      encode(withHunks(original, 1, 2, 3)).toString('base64'),
    ]),
    ['src/new.js', Buffer.from('export const made = 1;\n').toString('base64')],
  ]);
  for (const { path: file, encode } of hunkFiles) writeFileSync(path.join(folder, file), encode(original));
  // Only copies of the sample are offered the scripted model.
  writeFileSync(path.join(folder, '.symphony-sample'), '');
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "hunks", "type": "module" }\n');
  writeFileSync(path.join(folder, 'tools/propose.cjs'), program(proposed));
  writeFileSync(script, JSON.stringify(answers, null, 2));
  writeFileSync(path.join(formatter, 'package.json'), JSON.stringify(formatterManifest));
  writeFileSync(path.join(formatter, 'main.cjs'), formatterProgram);
  fixtureGit(folder, 'init', '--quiet', '--initial-branch=main');
  fixtureGit(folder, 'config', 'user.name', 'Ada');
  fixtureGit(folder, 'config', 'user.email', 'ada@example.org');
  fixtureGit(folder, 'add', '--all');
  fixtureGit(folder, 'commit', '--quiet', '--message', 'Begin');
  return { folder, script, formatter };
}

const program = (files: Readonly<Record<string, string>>): string =>
  `const { writeFileSync } = require('node:fs');
for (const [file, bytes] of Object.entries(${JSON.stringify(files)})) writeFileSync(file, Buffer.from(bytes, 'base64'));
console.log('proposed');
`;

const answers = {
  name: 'hunks',
  rules: [
    {
      plan: 'ask',
      turns: [
        {
          say: 'I write all files at once.',
          calls: [{ tool: 'run_command', input: { command: 'node tools/propose.cjs', timeoutSeconds: 60 } }],
        },
        {
          expect: [{ tool: 'run_command', contains: 'proposed', isError: false }],
          calls: [{ tool: 'finish', input: { summary: 'All values are written anew.' } }],
        },
      ],
    },
  ],
};

const formatterManifest = {
  name: 'formatter',
  publisher: 'symphony-test',
  version: '0.0.1',
  engines: { vscode: '^1.100.0' },
  main: './main.cjs',
  activationEvents: ['onLanguage:javascript'],
};

const formatterProgram = `const vscode = require('vscode');
exports.activate = () =>
  vscode.languages.registerDocumentFormattingEditProvider('javascript', {
    provideDocumentFormattingEdits(document) {
      const edits = [];
      for (let line = 0; line < document.lineCount; line++) {
        const { text, range } = document.lineAt(line);
        if (text.includes('"')) edits.push(vscode.TextEdit.replace(range, text.replaceAll('"', "'")));
      }
      return edits;
    },
  });
`;
