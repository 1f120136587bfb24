import { PassThrough } from 'node:stream';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type Diagnostic,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver-protocol/node';
import { systemClock } from '../../../server/base/node';
import { runLanguageServer } from '../../../server/lsp';
import { decodeText, type PlanningFiles } from '../../../server/planning';
import { tree } from '../planning/tree';

export const root = '/project';
export const uriOf = (file: string): string =>
  `file://${root}/${file.split('/').map(encodeURIComponent).join('/')}`;

/** An editor that speaks to the server over streams, on a project in memory. */
export class Client {
  readonly published = new Map<string, PublishDiagnosticsParams>();
  readonly trouble: string[] = [];
  readonly ended: Promise<number>;
  private readonly texts = new Map<string, string>();

  private constructor(
    readonly connection: ProtocolConnection,
    readonly files: PlanningFiles,
    start: (trouble: (text: string) => void) => Promise<number>,
  ) {
    this.ended = start((text) => void this.trouble.push(text));
    connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      this.published.set(params.uri, params);
    });
    connection.listen();
  }

  /** Starts a server for files below `.planning` and shakes hands. */
  static async start(
    content: Readonly<Record<string, string | Uint8Array>>,
    capabilities: ClientCapabilities = {
      workspace: { workspaceEdit: { documentChanges: true, resourceOperations: ['rename'] } },
    },
    /** Milliseconds the disk takes to list the files. */
    slow = 0,
  ): Promise<Client> {
    const [toServer, toClient] = [new PassThrough(), new PassThrough()];
    const quick = tree(content);
    const list = () => systemClock.sleep(slow).then(() => quick.list());
    const files = slow === 0 ? quick : { ...quick, list };
    const connection = createProtocolConnection(
      new StreamMessageReader(toClient),
      new StreamMessageWriter(toServer),
    );
    const client = new Client(connection, files, (trouble) =>
      runLanguageServer({
        input: toServer,
        output: toClient,
        clock: systemClock,
        version: '0',
        filesOf: (folder) => (folder === root ? files : tree({})),
        trouble,
      }),
    );
    await client.ask('initialize', {
      processId: null,
      rootUri: `file://${root}`,
      workspaceFolders: [{ uri: `file://${root}`, name: 'p' }],
      capabilities,
    });
    await connection.sendNotification('initialized', {});
    return client;
  }

  ask<R = unknown>(method: string, params: object): Promise<R> {
    return this.connection.sendRequest<R>(method, params);
  }

  /** Opens a file as it lies in the project, or with another text. */
  async open(file: string, text?: string): Promise<string> {
    const bytes = await this.files.read(file);
    const shown = text ?? decodeText(bytes ?? new Uint8Array()).replace(/^\ufeff/, '');
    this.texts.set(file, shown);
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: uriOf(file), languageId: 'markdown', version: 1, text: shown },
    });
    return shown;
  }

  async change(file: string, version: number, contentChanges: readonly object[]): Promise<void> {
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: uriOf(file), version },
      contentChanges,
    });
  }

  /** Asks about the place in an open file where `marked` stands; `|` in it is the cursor. */
  at<R = unknown>(method: string, file: string, marked: string, more: object = {}): Promise<R> {
    const text = this.texts.get(file)!;
    const found = text.indexOf(marked.replace('|', ''));
    if (found < 0) throw new Error(`${file} does not hold ${marked}`);
    const offset = found + Math.max(0, marked.indexOf('|'));
    const before = text.slice(0, offset).split('\n');
    const position = { line: before.length - 1, character: before.at(-1)!.length };
    return this.ask<R>(`textDocument/${method}`, { textDocument: { uri: uriOf(file) }, position, ...more });
  }

  /** The diagnostics of a file once they have come for a version. */
  async diagnostics(file: string, version = 1, milliseconds = 4000): Promise<readonly Diagnostic[]> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const found = this.published.get(uriOf(file));
      if (found && (found.version ?? version) >= version) return found.diagnostics;
      if (performance.now() > deadline) throw new Error(`no diagnostics of ${file}`);
      await systemClock.sleep(5);
    }
  }

  async stop(): Promise<number> {
    await this.ask('shutdown', {});
    await this.connection.sendNotification('exit');
    const code = await this.ended;
    this.connection.dispose();
    return code;
  }
}

/** The text after the edits of one document. */
export function edited(
  text: string,
  edits: readonly {
    readonly range: { readonly start: Position; readonly end: Position };
    readonly newText: string;
  }[],
): string {
  const lines = text.split('\n');
  const offset = ({ line, character }: Position): number =>
    lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
  return edits
    .toSorted((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (now, { range, newText }) => now.slice(0, offset(range.start)) + newText + now.slice(offset(range.end)),
      text,
    );
}
interface Position {
  readonly line: number;
  readonly character: number;
}
