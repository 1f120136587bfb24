import { strict as assert } from 'node:assert';
import type { Hover, InitializeResult } from 'vscode-languageserver-protocol';
import { CancellationTokenSource } from 'vscode-languageserver-protocol';
import fc from 'fast-check';
import { changedDoc, TextDoc } from '../../../server/lsp/text/textDoc';
import { pathOfUri, planningPlace, resolvePath, uriOfPath } from '../../../server/lsp/text/uri';
import { generateTree } from '../../planning/generator';
import { Client, uriOf } from './client';
import { melody, project } from './project';

const roadmap = '.planning/ROADMAP.md';

describe('the language server', () => {
  it('counts columns in UTF-8 where a client offers it, else in UTF-16', async () => {
    for (const [positionEncodings, character] of [
      [['utf-8', 'utf-16'], 30],
      [['utf-16'], 24],
    ] as const) {
      const client = await Client.start(project, { general: { positionEncodings: [...positionEncodings] } });
      await client.open('.planning/phases/02-отчёт/02-CONTEXT.md', 'Отчёт 😀 nach REP-01 und AUTH-01\n');
      const line = 0;
      const before = 'Отчёт 😀 nach REP-01 und ';
      assert.equal(
        positionEncodings[0] === 'utf-8' ? Buffer.byteLength(before) : before.length,
        character + (positionEncodings[0] === 'utf-8' ? 2 : 1),
      );
      const position = { line, character: character + 3 };
      const hover = await client.ask<Hover>('textDocument/hover', {
        textDocument: { uri: uriOf('.planning/phases/02-отчёт/02-CONTEXT.md') },
        position,
      });
      assert.equal(hover.range!.start.character, character + (positionEncodings[0] === 'utf-8' ? 2 : 1));
      await client.stop();
    }
  });

  it('takes texts in pieces, and shows the editor’s text instead of the disk’s', async () => {
    const client = await Client.start(project);
    await client.open(roadmap);
    assert.ok((await client.diagnostics(roadmap)).some(({ code }) => code === 'planning.requirementUnknown'));
    const line = project['ROADMAP.md'].split('\n').findIndex((text) => text.includes('AUTH-99'));
    const at = project['ROADMAP.md'].split('\n')[line]!.indexOf(', AUTH-99');
    await client.change(roadmap, 2, [
      { range: { start: { line, character: at }, end: { line, character: at + 9 } }, text: '' },
    ]);
    assert.ok(
      (await client.diagnostics(roadmap, 2)).every(({ code }) => code !== 'planning.requirementUnknown'),
    );
    await client.connection.sendNotification('textDocument/didClose', {
      textDocument: { uri: uriOf(roadmap) },
    });
    const deadline = performance.now() + 4000;
    const isBack = () =>
      client.published
        .get(uriOf(roadmap))
        ?.diagnostics.some(({ code }) => code === 'planning.requirementUnknown');
    while (!isBack() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(isBack(), 'the disk counts again');
    await client.stop();
  });

  it('tells exactly what it can do, and stops as asked', async () => {
    const client = await Client.start({});
    const again = await client
      .ask<InitializeResult>('initialize', { processId: null, rootUri: null, capabilities: {} })
      .catch(() => undefined);
    assert.equal(again?.capabilities.positionEncoding ?? 'utf-16', 'utf-16');
    assert.equal(await client.stop(), 0);
    const rude = await Client.start({});
    await rude.connection.sendNotification('exit');
    assert.equal(await rude.ended, 1);
    rude.connection.dispose();
  });

  it('drops what is cancelled', async () => {
    const client = await Client.start(project, {}, 300);
    await client.open(roadmap);
    const source = new CancellationTokenSource();
    const asked = client.connection.sendRequest('workspace/symbol', { query: '' }, source.token);
    source.cancel();
    await assert.rejects(asked, /Cancelled/);
    assert.equal(await client.stop(), 0);
  });

  it('answers quickly whatever a file holds', async () => {
    const client = await Client.start(project);
    const hostile: Readonly<Record<string, string>> = {
      '.planning/EMPTY.md': '',
      '.planning/phases/01-auth/01-03-PLAN.md': '---\n'.repeat(5000),
      '.planning/phases/01-auth/01-04-PLAN.md': '<tasks><task>'.repeat(20_000),
      '.planning/phases/01-auth/01-05-PLAN.md': '\0\x01\ufffd\ud800binary'.repeat(10_000),
      '.planning/BIG.md': `${'x'.repeat(120)}\n`.repeat(75_000),
      '.planning/LINE.md': 'AUTH-01 '.repeat(130_000),
      '.planning/CONFLICT.md': '<<<<<<< a\n# A\n=======\n# B\n>>>>>>> b\n',
      '.planning/config.json': '['.repeat(100_000),
      'deep.melody.json': '['.repeat(100_000),
      'broken.melody.json': melody.slice(0, 300),
      'many.melody.json': `{"version":1,"id":"m","name":"M","nodes":[${'{},'.repeat(20_000)}{}],"edges":[]}`,
    };
    for (const [file, text] of Object.entries(hostile)) {
      const began = performance.now();
      await client.open(file, text);
      const found = await client.diagnostics(file, 1, 5000);
      await everything(client, file, { line: 0, character: 3 });
      const spent = performance.now() - began;
      assert.ok(spent < 5000, `${file}: ${spent} ms`);
      if (/BIG|LINE|CONFLICT|melody|config/.test(file)) assert.ok(found.length > 0, file);
      await client.connection.sendNotification('textDocument/didClose', {
        textDocument: { uri: uriOf(file) },
      });
    }
    assert.deepEqual(client.trouble, []);
    assert.equal(await client.stop(), 0);
  }).timeout(40_000);

  it('survives whatever is typed', async () => {
    const made = generateTree(7);
    const files = Object.fromEntries([...made.files]);
    const texts = [...made.files.keys()].filter((path) =>
      /(?:ROADMAP|STATE|REQUIREMENTS|PLAN|config)\.(?:md|json)$/.test(path),
    );
    const client = await Client.start({ ...files });
    const step = fc.record({
      file: fc.nat(),
      from: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(40),
      text: fc.oneof(
        fc.constantFrom(
          '\r',
          '\n',
          '\r\n',
          '---\n',
          '<task>',
          '</task>',
          '| a | b |\n',
          '```\n',
          '- [x] ',
          '{',
          '"',
          '<details>',
          '\ufeff',
          'Phase 3',
          '**Depends on**: Phase 1, 2\n',
          'wave: 9\n',
          'A-01',
        ),
        fc.string({ maxLength: 12, unit: 'binary' }),
      ),
    });
    const open = new Map<string, { doc: TextDoc; version: number }>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        for (const { file, from, length, text } of steps) {
          const path = [...texts, 'a.melody.json'][file % (texts.length + 1)]!;
          const name = path.endsWith('.melody.json') ? path : `.planning/${path}`;
          const known = open.get(name);
          if (!known) {
            const first =
              path === 'a.melody.json' ? await client.open(name, melody) : await client.open(name);
            open.set(name, { doc: new TextDoc('', first, 'utf-16'), version: 1 });
          }
          const { doc, version } = open.get(name)!;
          const start = Math.floor(from * doc.text.length);
          const change = { range: doc.range(start, start + length), text };
          await client.change(name, version + 1, [change]);
          open.set(name, { doc: changedDoc(doc, [change], version + 1), version: version + 1 });
          await everything(client, name, doc.positionAt(start));
        }
      }),
      { numRuns: 40 },
    );
    assert.deepEqual(client.trouble, []);
    await client.stop();
  }).timeout(60_000);

  it('answers in time on a tree of 200 phases', async () => {
    const made = generateTree(3, { phases: 200 });
    const client = await Client.start(Object.fromEntries([...made.files]));
    const text = await client.open(roadmap);
    await client.diagnostics(roadmap, 1, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const times: number[] = [];
    for (let version = 2; version < 42; version++) {
      const began = performance.now();
      await client.change(roadmap, version, [
        { range: { start: { line: 0, character: 3 }, end: { line: 0, character: 3 } }, text: 'x' },
      ]);
      await client.diagnostics(roadmap, version);
      // The first ones warm the program up.
      if (version >= 22) times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    const [median, late] = [times[10]!, times[18]!];
    console.log(
      `      ${text.split('\n').length} lines of ROADMAP: median ${median.toFixed(0)} ms, p95 ${late.toFixed(0)} ms, 5 ms of them waiting`,
    );
    // The machine may be busy; the measured bound is 50.
    assert.ok(median < 150, `${median} ms`);
    assert.equal(await client.stop(), 0);
  }).timeout(40_000);
});

/** Every request there is, at one place. */
async function everything(
  client: Client,
  file: string,
  position: { line: number; character: number },
): Promise<void> {
  const textDocument = { uri: uriOf(file) };
  const range = { start: position, end: position };
  const context = { diagnostics: [], includeDeclaration: true };
  await Promise.all([
    ...[
      'hover',
      'definition',
      'references',
      'documentSymbol',
      'foldingRange',
      'completion',
      'codeLens',
      'semanticTokens/full',
      'codeAction',
    ].map((method) => client.ask(`textDocument/${method}`, { textDocument, position, range, context })),
    client.ask('textDocument/prepareRename', { textDocument, position }).catch(refusedOnly),
    client.ask('textDocument/rename', { textDocument, position, newName: 'AUTH-77' }).catch(refusedOnly),
    client.ask('workspace/symbol', { query: 'a' }),
  ]);
}

function refusedOnly(thrown: unknown): void {
  assert.match(String(thrown), /cannot be renamed/);
}

describe('texts and addresses', () => {
  it('know every offset by its position and back, in both encodings', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'ä', '字', '😀', '\n', '\r', '\r\n', '\ud800', '\udc80') }),
        fc.constantFrom('utf-16', 'utf-8'),
        (text, encoding) => {
          const doc = new TextDoc('', text, encoding);
          for (let offset = 0; offset <= text.length; offset++) {
            const inside =
              /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(offset - 1, offset + 1)) ||
              text.slice(offset - 1, offset + 1) === '\r\n';
            if (!inside) assert.equal(doc.offsetAt(doc.positionAt(offset)), offset);
          }
        },
      ),
    );
  });

  for (const [uri, path] of [
    ['file:///a/b%20c/%D0%BE.md', '/a/b c/о.md'],
    ['file:///c%3A/x.md', 'C:/x.md'],
    ['file:///C:/x.md', 'C:/x.md'],
    ['file://server/share/x.md', '//server/share/x.md'],
    ['untitled:Untitled-1', undefined],
    ['file:///%E0%A4%A', undefined],
  ] as const) {
    it(`reads ${uri}`, () => {
      assert.equal(pathOfUri(uri), path);
      if (path !== undefined) assert.equal(pathOfUri(uriOfPath(path)), path);
    });
  }

  it('find the project of a file and the file a path leads to', () => {
    assert.deepEqual(planningPlace('/a/b/.planning/phases/x.md'), {
      root: '/a/b',
      file: '.planning/phases/x.md',
    });
    assert.equal(planningPlace('/a/planning/x.md'), undefined);
    assert.equal(resolvePath('/a/b', '../c/./d.json'), '/a/c/d.json');
  });
});
