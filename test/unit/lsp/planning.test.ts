import { strict as assert } from 'node:assert';
import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  DocumentSymbol,
  FoldingRange,
  Hover,
  Location,
  TextDocumentEdit,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol';
import { Client, edited, root, uriOf } from './client';
import { project } from './project';

const roadmap = '.planning/ROADMAP.md';
const requirements = '.planning/REQUIREMENTS.md';
const state = '.planning/STATE.md';
const config = '.planning/config.json';
const tokens = '.planning/phases/01-auth/01-01-PLAN.md';
const forms = '.planning/phases/01-auth/01-02-PLAN.md';
const context = '.planning/phases/02-отчёт/02-CONTEXT.md';

/** The same project with other ends of lines, or a BOM: everything must be found at the same places. */
const dialects: Readonly<Record<string, (text: string) => string>> = {
  LF: (text) => text,
  CRLF: (text) => text.replaceAll('\n', '\r\n'),
  BOM: (text) => `\ufeff${text}`,
};

for (const [dialect, write] of Object.entries(dialects)) {
  describe(`a planning project in an editor (${dialect})`, () => {
    let client: Client;
    const texts = new Map<string, string>();

    before(async () => {
      const written = Object.entries(project).map(([path, text]) => [path, write(text)]);
      client = await Client.start(Object.fromEntries(written) as Record<string, string>);
      for (const file of [roadmap, requirements, state, config, tokens, forms, context])
        texts.set(file, await client.open(file));
    });
    after(async () => {
      assert.equal(await client.stop(), 0);
      assert.deepEqual(client.trouble, []);
    });

    /** What a range of a file says. */
    const said = (file: string, { start, end }: Location['range']): string => {
      const line = texts.get(file)!.split('\n')[start.line]!;
      return start.line === end.line ? line.slice(start.character, end.character) : '…';
    };

    const findings: Readonly<Record<string, readonly (readonly [code: string, at: string])[]>> = {
      [roadmap]: [
        ['planning.requirementUnknown', 'AUTH-99'],
        ['planning.discrepancy', '0/2'],
        ['planning.discrepancy', '01-01'],
        ['planning.falseComplete', '01-02'],
        ['planning.phaseReference', '7'],
      ],
      [requirements]: [['planning.falseComplete', 'REP-01']],
      [state]: [['planning.discrepancy', '9']],
      [config]: [
        ['planning.configValue', '"wild"'],
        ['planning.configKey', '"reserch"'],
      ],
      [tokens]: [],
      [forms]: [
        ['planning.keyMissing', '---'],
        ['planning.mustHavesMissing', '---'],
        ['planning.waveMismatch', '5'],
        ['planning.missingDependency', '01-09'],
      ],
      [context]: [],
    };
    for (const [file, expected] of Object.entries(findings)) {
      it(`finds what is wrong in ${file}`, async () => {
        const shown = await client.diagnostics(file);
        assert.deepEqual(
          shown.map(({ code, range }) => [code, said(file, range)]),
          expected,
        );
      });
    }

    const hovers: readonly (readonly [file: string, at: string, says: RegExp])[] = [
      [roadmap, 'AUTH|-01', /Requirement AUTH-01.*done/s],
      [roadmap, '### Phase |2', /Phase 2: Отчёт.*none/s],
      [roadmap, '01-|02', /Plan 01-02.*planned.*after 01-01/s],
      [context, 'Phase |1,', /Phase 1: Auth.*partial.*1 of 2 plans done/s],
      [forms, '["|01"', /Plan 01-01.*complete/s],
    ];
    for (const [file, at, says] of hovers) {
      it(`says what stands at ${at}`, async () => {
        const hover = await client.at<Hover>('hover', file, at);
        assert.match((hover.contents as { value: string }).value, says);
      });
    }

    const definitions: readonly (readonly [file: string, at: string, to: string, line: number])[] = [
      [roadmap, 'REP|-01', requirements, 7],
      [context, 'Phase |1,', roadmap, 9],
      [context, '01-|02', forms, 0],
      [forms, '["|01"', tokens, 0],
      [forms, '@.planning/ROAD|MAP.md', roadmap, 0],
    ];
    for (const [file, at, to, line] of definitions) {
      it(`goes from ${at} to ${to}`, async () => {
        const found = await client.at<Location[]>('definition', file, at);
        assert.deepEqual(
          found.map(({ uri, range }) => [uri, range.start.line]),
          [[uriOf(to), line]],
        );
      });
    }

    it('finds every place that names something', async () => {
      const find = async (at: string, includeDeclaration: boolean): Promise<string[]> => {
        const found = await client.at<Location[]>('references', roadmap, at, {
          context: { includeDeclaration },
        });
        return found.map(({ uri }) => decodeURIComponent(uri).split('/').at(-1)!).sort();
      };
      assert.deepEqual(await find('AUTH|-01', false), [
        '01-01-PLAN.md',
        '01-01-SUMMARY.md',
        'REQUIREMENTS.md',
        'ROADMAP.md',
      ]);
      assert.equal((await find('AUTH|-01', true)).length, 5);
      assert.deepEqual(await find('01-|02', true), ['01-02-PLAN.md', '02-CONTEXT.md', 'ROADMAP.md']);
    });

    const completions: readonly (readonly [file: string, at: string, offers: string])[] = [
      [roadmap, 'AUTH|-99', 'REP-01'],
      [roadmap, 'on**: Phase |1', '2'],
      [forms, 'wave: 5\n|depends_on', 'type'],
      [forms, ', |01-09', '01-01'],
      [forms, 'phase: |01-auth', '02-отчёт'],
      [forms, '@|.planning', state],
      [forms, '<|task type', '<verify>'],
      [config, '"|wild', 'yolo'],
    ];
    for (const [file, at, offers] of completions) {
      it(`offers ${offers} at ${at}`, async () => {
        const written = dialect === 'CRLF' ? at.replaceAll('\n', '\r\n') : at;
        const items = await client.at<CompletionItem[]>('completion', file, written);
        const labels = items.map(({ label }) => label.replaceAll('"', ''));
        assert.ok(labels.includes(offers), labels.join(' '));
      });
    }

    const fixes: readonly (readonly [file: string, title: string, before: string, after: string])[] = [
      [roadmap, 'Correct the count to 1/2', '0/2 plans', '1/2 plans'],
      [roadmap, 'Tick 01-01, whose SUMMARY is there', '- [ ] 01-01', '- [x] 01-01'],
      [roadmap, 'Take the tick of 01-02 away', '- [x] 01-02', '- [ ] 01-02'],
      [requirements, 'Mark REP-01 as open', '- [x] **REP-01**', '- [ ] **REP-01**'],
      [state, 'Set progress.total_plans to 2', 'total_plans: 9 #', 'total_plans: 2 #'],
      [forms, 'Set wave to 2', 'wave: 5', 'wave: 2'],
      [forms, 'Add type: execute', 'autonomous: true', 'autonomous: true\ntype: execute'],
    ];
    for (const [file, title, from, to] of fixes) {
      it(`offers “${title}” and changes that alone`, async () => {
        const text = texts.get(file)!;
        const actions = await client.ask<CodeAction[]>('textDocument/codeAction', {
          textDocument: { uri: uriOf(file) },
          range: { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } },
          context: { diagnostics: [] },
        });
        const action = actions.find((one) => one.title === title);
        assert.ok(action, actions.map((one) => one.title).join('; '));
        const result = edited(text, action.edit!.changes![uriOf(file)]!);
        const eol = dialect === 'CRLF' ? '\r\n' : '\n';
        if (file !== requirements) assert.equal(result, text.replace(from, to.replaceAll('\n', eol)));
        else assert.ok(result.includes(to));
        assert.equal(result.split('\n').length - text.split('\n').length, to.split('\n').length - 1);
      });
    }

    const renames: readonly (readonly [
      at: string,
      name: string,
      changed: Readonly<Record<string, readonly string[]>>,
      moves: readonly string[],
    ])[] = [
      [
        'AUTH|-01',
        'LOGIN-01',
        {
          [roadmap]: ['**Requirements**: LOGIN-01, AUTH-99'],
          [requirements]: ['- [x] **LOGIN-01**: People log in', '| LOGIN-01     | Phase 1 | Complete |'],
          [tokens]: ['requirements: [LOGIN-01]'],
        },
        [],
      ],
      [
        '01-|02',
        '01-05',
        { [roadmap]: ['- [x] 01-05-PLAN.md — Forms'], [forms]: ['plan: 05'] },
        ['01-auth/01-05-PLAN.md'],
      ],
      [
        '### Phase |2',
        '4',
        { [roadmap]: ['### Phase 4: Отчёт'], [requirements]: ['| REP-01      | 4       | Complete |'] },
        ['02-отчёт/04-CONTEXT.md', 'phases/04-отчёт'],
      ],
    ];
    for (const [at, name, changed, moves] of renames) {
      it(`renames ${at} to ${name} everywhere`, async () => {
        const edit = await client.at<WorkspaceEdit>('rename', roadmap, at, { newName: name });
        const changes = edit.documentChanges!;
        for (const [file, lines] of Object.entries(changed)) {
          const found = changes.find(
            (one): one is TextDocumentEdit => 'edits' in one && one.textDocument.uri === uriOf(file),
          );
          const result = edited(texts.get(file)!, found!.edits as never).split(/\r?\n/);
          for (const line of lines)
            assert.ok(result.includes(line), `${line} is not in:\n${result.join('\n')}`);
        }
        const renamed = changes.flatMap((one) =>
          'newUri' in one ? [decodeURIComponent(one.newUri).split('/').slice(-2).join('/')] : [],
        );
        assert.deepEqual(renamed, moves);
      });
    }

    for (const [at, name, says] of [
      ['AUTH|-01', 'REP-01', /REP-01 is there already/],
      ['AUTH|-01', 'no id', /not written like AUTH-01/],
      ['### Phase |2', '1', /1 is there already/],
      ['01-|02', '01-01', /01-01 is there already/],
      ['# Road|map', 'x', /has its name here/],
    ] as const) {
      it(`refuses to rename ${at} to ${name}`, async () => {
        await assert.rejects(client.at('rename', roadmap, at, { newName: name }), says);
      });
    }

    it('outlines, folds, colours and offers to execute', async () => {
      const document = { textDocument: { uri: uriOf(roadmap) } };
      const symbols = await client.ask<DocumentSymbol[]>('textDocument/documentSymbol', document);
      assert.deepEqual(
        symbols[0]!.children!.map(({ name, children }) => [name, children!.map((one) => one.name)]),
        [
          ['Phases', []],
          ['Phase Details', ['Phase 1: Auth', 'Phase 2: Отчёт']],
        ],
      );
      const plan = await client.ask<DocumentSymbol[]>('textDocument/documentSymbol', {
        textDocument: { uri: uriOf(tokens) },
      });
      assert.ok(plan.some(({ name, detail }) => name === 'Make tokens' && detail === 'auto'));
      const folds = await client.ask<FoldingRange[]>('textDocument/foldingRange', {
        textDocument: { uri: uriOf(forms) },
      });
      assert.ok(folds.some(({ startLine, endLine }) => startLine === 0 && endLine === 7));
      const lenses = await client.ask<CodeLens[]>('textDocument/codeLens', document);
      assert.deepEqual(
        lenses.map(({ range, command }) => [range.start.line, command!.command]),
        [[9, 'symphony.executePhase']],
      );
      const { data } = await client.ask<{ data: number[] }>('textDocument/semanticTokens/full', {
        textDocument: { uri: uriOf(tokens) },
      });
      assert.equal(data.length % 5, 0);
      assert.ok(data.length > 50);
    });

    it('finds phases, plans and requirements of the whole project by words', async () => {
      const found = await client.ask<{ name: string; location: Location }[]>('workspace/symbol', {
        query: 'forms',
      });
      assert.deepEqual(
        found.map(({ name, location }) => [name, location.uri]),
        [['01-02: Forms', uriOf(forms)]],
      );
      assert.ok(root);
    });
  });
}
