import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type InitializeResult,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver-protocol/node';
import { project } from '../unit/lsp/project';

const cli = path.resolve(__dirname, '../../server/cli.ts');
const tsx = pathToFileURL(createRequire(__filename).resolve('tsx')).href;

describe('symphony lsp --stdio', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lsp-'));
    for (const [file, text] of Object.entries(project)) {
      const at = path.join(folder, '.planning', file);
      mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, text);
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('holds a whole conversation with an editor, without a sidecar', async () => {
    const child = spawn(process.execPath, ['--import', tsx, cli, 'lsp', '--stdio'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    const published = new Map<string, PublishDiagnosticsParams>();
    connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      published.set(params.uri, params);
    });
    connection.listen();
    const rootUri = pathToFileURL(folder).href;
    const { capabilities } = await connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri,
      capabilities: {},
    });
    assert.deepEqual(capabilities.textDocumentSync, {
      openClose: true,
      change: 2,
      save: { includeText: false },
    });
    assert.equal(capabilities.positionEncoding, 'utf-16');
    await connection.sendNotification('initialized', {});
    const uri = `${rootUri}/.planning/ROADMAP.md`;
    await connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'markdown', version: 1, text: project['ROADMAP.md'] },
    });
    const wanted = [uri, `${rootUri}/.planning/STATE.md`];
    for (let tries = 0; tries < 500 && !wanted.every((one) => published.has(one)); tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(
      wanted.map((one) => published.get(one)?.diagnostics.map(({ code }) => code)),
      [
        [
          'planning.requirementUnknown',
          'planning.discrepancy',
          'planning.discrepancy',
          'planning.falseComplete',
          'planning.phaseReference',
        ],
        ['planning.discrepancy'],
      ],
    );
    const hover = await connection.sendRequest<{ contents: { value: string } }>('textDocument/hover', {
      textDocument: { uri },
      position: { line: 9, character: 10 },
    });
    assert.match(hover.contents.value, /Phase 1: Auth/);
    await connection.sendRequest('shutdown');
    await connection.sendNotification('exit');
    assert.equal(await ended, 0);
    assert.equal(errors, '');
    connection.dispose();
  }).timeout(30_000);

  it('ends when the editor is gone', async () => {
    const child = spawn(process.execPath, ['--import', tsx, cli, 'lsp', '--stdio'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.stdin.end();
    assert.equal(await ended, 1);
  }).timeout(30_000);
});
