import {
  createConnection,
  DidChangeWatchedFilesNotification,
  LSPErrorCodes,
  ResponseError,
  type CancellationToken,
  type Connection,
} from 'vscode-languageserver';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { codes, fillText } from '../../schemas';
import { ProblemError, silentLog, type Clock, type Context } from '../base';
import type { PlanningFiles } from '../planning';
import { initializeResult, traitsOf, type ClientTraits } from './capabilities';
import { Documents } from './documents';
import { Publisher } from './publisher';
import { LanguageService } from './service';

/** What the server needs of the machine. */
export interface LspHost {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly clock: Clock;
  readonly version: string;
  /** The planning files of a project as they lie on the disk. */
  filesOf(root: string): PlanningFiles;
  /** A line for whoever looks for a fault; the protocol has the output for itself. */
  trouble(text: string): void;
}

interface Session {
  readonly traits: ClientTraits;
  readonly documents: Documents;
  readonly service: LanguageService;
  readonly publisher: Publisher;
}

/** Serves one client until it goes; answers the exit code the protocol asks for. */
export function runLanguageServer(host: LspHost): Promise<number> {
  return new Promise((resolve) => {
    let session: Session | undefined;
    const end = (code: number): void => {
      session?.publisher.stop();
      resolve(code);
    };
    // The library’s own watchdog would end the process; this one only says so.
    const watchDog = { shutdownReceived: false, initialize: () => undefined, exit: end };
    const logger = {
      error: (text: string) => host.trouble(text),
      warn: (text: string) => host.trouble(text),
      info: () => undefined,
      log: () => undefined,
    };
    const connection = createConnection(() => {
      const inner = createProtocolConnection(
        new StreamMessageReader(host.input),
        new StreamMessageWriter(host.output),
        logger,
      );
      inner.onClose(() => end(watchDog.shutdownReceived ? 0 : 1));
      return inner;
    }, watchDog);
    host.input.once('end', () => end(watchDog.shutdownReceived ? 0 : 1));
    connection.onInitialize((params) => {
      const traits = traitsOf(params);
      const documents = new Documents((root) => host.filesOf(root), traits.encoding);
      documents.setFolders(traits.folders);
      const publisher = new Publisher(documents, {
        clock: host.clock,
        docs: traits.docs,
        trouble: (thrown) => host.trouble(textOf(thrown)),
        publish: (uri, version, diagnostics) =>
          void connection.sendDiagnostics({
            uri,
            diagnostics: [...diagnostics],
            ...(version === null ? {} : { version }),
          }),
      });
      session = { traits, documents, publisher, service: new LanguageService(documents, traits) };
      bindDocuments(connection, session, traits.folders);
      bindRequests(connection, session, host);
      return initializeResult(traits, host.version);
    });
    connection.listen();
  });
}

function bindDocuments(connection: Connection, session: Session, first: readonly string[]): void {
  const { documents, publisher, traits } = session;
  const folders = new Set(first);
  connection.onInitialized(() => {
    if (traits.canRegisterWatchers) {
      const watchers = [{ globPattern: '**/.planning/**' }, { globPattern: '**/*.melody.json' }];
      void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }).then(
        () => publisher.watched(),
        () => undefined,
      );
    }
    if (traits.canChangeFolders)
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        for (const { uri } of removed) folders.delete(uri);
        for (const { uri } of added) folders.add(uri);
        documents.setFolders([...folders]);
        publisher.changed();
      });
    publisher.changed();
  });
  connection.onDidOpenTextDocument(({ textDocument: { uri, version, text } }) => {
    documents.open(uri, version, text);
    publisher.changed();
  });
  connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
    if (documents.change(uri, version, contentChanges)) publisher.changed();
  });
  connection.onDidSaveTextDocument(() => publisher.changed());
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    documents.close(uri);
    publisher.changed();
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) documents.changedOnDisk(uri);
    publisher.changed();
  });
}

function bindRequests(connection: Connection, { service }: Session, host: LspHost): void {
  const { clock } = host;
  /** Runs one request: cancelled when asked, refused with a sentence, and never the end of the server. */
  const answer =
    <P, R>(nothing: R, work: (ctx: Context, params: P) => Promise<R>) =>
    async (params: P, token: CancellationToken): Promise<R | ResponseError> => {
      const abort = new AbortController();
      const stop = token.onCancellationRequested(() => abort.abort());
      // A request can be cancelled before it is begun.
      if (token.isCancellationRequested) abort.abort();
      try {
        // What came in meanwhile is read first, a cancellation among it.
        await clock.sleep(0);
        abort.signal.throwIfAborted();
        return await work({ signal: abort.signal, log: silentLog }, params);
      } catch (thrown) {
        if (abort.signal.aborted)
          return new ResponseError(LSPErrorCodes.RequestCancelled, codes.cancelled.message);
        if (thrown instanceof ProblemError) {
          const { code, args } = thrown.problem;
          const text = `${fillText(codes[code].message, args)} ${codes[code].fix}`;
          return new ResponseError(LSPErrorCodes.RequestFailed, text);
        }
        host.trouble(textOf(thrown));
        return nothing;
      } finally {
        stop.dispose();
      }
    };
  connection.onHover(answer(null, (ctx, p) => service.hover(ctx, p.textDocument.uri, p.position)));
  connection.onDefinition(answer(null, (ctx, p) => service.definition(ctx, p.textDocument.uri, p.position)));
  connection.onReferences(
    answer(null, (ctx, p) =>
      service.references(ctx, p.textDocument.uri, p.position, p.context.includeDeclaration),
    ),
  );
  connection.onDocumentSymbol(answer(null, (ctx, p) => service.symbols(ctx, p.textDocument.uri)));
  connection.onWorkspaceSymbol(answer(null, (ctx, p) => service.workspaceSymbols(ctx, p.query)));
  connection.onFoldingRanges(answer(null, (ctx, p) => service.folds(ctx, p.textDocument.uri)));
  connection.onCompletion(answer(null, (ctx, p) => service.completion(ctx, p.textDocument.uri, p.position)));
  connection.onCodeAction(answer(null, (ctx, p) => service.actions(ctx, p.textDocument.uri, p.range)));
  connection.onCodeLens(answer(null, (ctx, p) => service.lenses(ctx, p.textDocument.uri)));
  connection.onPrepareRename(
    answer(null, (ctx, p) => service.prepareRename(ctx, p.textDocument.uri, p.position)),
  );
  connection.onRenameRequest(
    answer(null, (ctx, p) => service.rename(ctx, p.textDocument.uri, p.position, p.newName)),
  );
  connection.languages.semanticTokens.on(
    answer({ data: [] }, (ctx, p) => service.tokens(ctx, p.textDocument.uri)),
  );
}

const textOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
