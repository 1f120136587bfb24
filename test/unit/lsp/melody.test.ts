import { strict as assert } from 'node:assert';
import type {
  CodeAction,
  CompletionItem,
  DocumentSymbol,
  Hover,
  Location,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol';
import { readMelody } from '../../../server/melody';
import { Client, edited, uriOf } from './client';
import { melody } from './project';

const file = 'flows/m.melody.json';

describe('a Melody in an editor', () => {
  let client: Client;
  before(async () => {
    client = await Client.start({});
    await client.open(file, melody);
  });
  after(async () => {
    assert.equal(await client.stop(), 0);
    assert.deepEqual(client.trouble, []);
  });

  const allActions = (of: string): Promise<CodeAction[]> =>
    client.ask<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri: uriOf(of) },
      range: { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } },
      context: { diagnostics: [] },
    });

  it('has every finding of the reader at its key or value', async () => {
    const shown = await client.diagnostics(file);
    assert.deepEqual(
      shown.map(({ code, range }) => [code, range.start.line, range.end.character - range.start.character]),
      [['melody.fieldUnknown', 4, '"modle"'.length]],
    );
  });

  it('offers to remove an unknown key, and keeps everything else', async () => {
    const [action] = await allActions(file);
    const result = edited(melody, action!.edit!.changes![uriOf(file)]!);
    assert.equal(result, melody.replace('"modle": 1,', ''));
    assert.deepEqual(readMelody(result, file).findings, []);
  });

  it('offers to add a version', async () => {
    const text = melody.replace('"version": 1, ', '').replace(' "modle": 1,', '');
    await client.open('flows/old.melody.json', text);
    const actions = await allActions('flows/old.melody.json');
    assert.deepEqual(
      actions.map(({ title }) => title),
      ['Add "version": 1'],
    );
    const result = edited(text, actions[0]!.edit!.changes![uriOf('flows/old.melody.json')]!);
    assert.deepEqual(readMelody(result, file).findings, []);
    assert.ok(result.includes('// kept'));
  });

  it('says what nodes and ports are', async () => {
    const hover = await client.at<Hover>('hover', file, '"topic.va|lue"');
    assert.match((hover.contents as { value: string }).value, /Node topic.*input.*Port `value: text`/s);
  });

  it('goes from an edge to its node and from a subworkflow to its file', async () => {
    const found = await client.at<Location[]>('definition', file, '"wri|te.in"');
    assert.deepEqual(
      found.map(({ range }) => range.start.line),
      [4],
    );
    const sub = melody
      .replace('"kind": "instrument"', '"kind": "subworkflow"')
      .replace('"model": "x/y"', '"melody": "../b.melody.json"');
    await client.open('flows/sub.melody.json', sub);
    const other = await client.at<Location[]>('definition', 'flows/sub.melody.json', '../b|.melody');
    assert.deepEqual(
      other.map(({ uri }) => uri),
      [uriOf('b.melody.json')],
    );
  });

  it('renames a node with every edge that names it', async () => {
    const references = await client.at<Location[]>('references', file, '"id": "wri|te"', {
      context: { includeDeclaration: true },
    });
    assert.equal(references.length, 3);
    const edit = await client.at<WorkspaceEdit>('rename', file, '"id": "wri|te"', { newName: 'pen' });
    const result = edited(melody, edit.changes![uriOf(file)] as TextEdit[]);
    assert.equal(result, melody.replaceAll('"write', '"pen'));
    await assert.rejects(
      client.at('rename', file, '"id": "wri|te"', { newName: 'topic' }),
      /topic is there already/,
    );
    await assert.rejects(client.at('rename', file, '"id": "wri|te"', { newName: 'a b' }), /not written like/);
  });

  for (const [at, offers] of [
    ['"kind": "in|put"', 'approval'],
    ['"kind": "da|ta"', 'conditional'],
    ['"type": "te|xt"', 'list<text>'],
    ['"to": "wri|te.in"', 'out.value'],
    ['"from": "to|pic.value"', 'write.text'],
  ] as const) {
    it(`offers ${offers} at ${at}`, async () => {
      const items = await client.at<CompletionItem[]>('completion', file, at);
      const labels = items.map(({ label }) => label);
      assert.ok(labels.includes(offers), labels.join(' '));
    });
  }

  it('outlines its nodes', async () => {
    const symbols = await client.ask<DocumentSymbol[]>('textDocument/documentSymbol', {
      textDocument: { uri: uriOf(file) },
    });
    assert.deepEqual(
      symbols.map(({ name, detail }) => [name, detail]),
      [
        ['topic', 'input'],
        ['write', 'instrument'],
        ['out', 'output'],
      ],
    );
  });
});
