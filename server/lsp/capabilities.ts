import type { InitializeParams, InitializeResult } from 'vscode-languageserver';
import { lensCommands } from './features/lenses';
import { tokenLegend } from './features/tokens';
import type { PositionEncoding } from './text/textDoc';

/** What a client is, as far as answers depend on it. */
export interface ClientTraits {
  readonly encoding: PositionEncoding;
  /** Renames files that a workspace edit names. */
  readonly canMoveFiles: boolean;
  readonly canRegisterWatchers: boolean;
  readonly canChangeFolders: boolean;
  readonly folders: readonly string[];
  /** Commands a lens may call. */
  readonly commands: ReadonlySet<string>;
  /** The page that explains codes. */
  readonly docs: string | undefined;
}

/** Reads what a client says of itself; `initializationOptions` may hold `commands` and `docs`. */
export function traitsOf(params: InitializeParams): ClientTraits {
  const { workspace, general } = params.capabilities;
  const offered: unknown = general?.positionEncodings;
  const options: unknown = params.initializationOptions;
  const given = typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {};
  const commands = Array.isArray(given['commands']) ? given['commands'].map(String) : lensCommands;
  const folders = params.workspaceFolders?.map(({ uri }) => uri);

  const root = params.rootUri;
  const edits = workspace?.workspaceEdit;
  return {
    encoding: Array.isArray(offered) && offered.includes('utf-8') ? 'utf-8' : 'utf-16',
    canMoveFiles: edits?.documentChanges === true && edits.resourceOperations?.includes('rename') === true,
    canRegisterWatchers: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    canChangeFolders: workspace?.workspaceFolders === true,
    folders: folders ?? (root ? [root] : []),
    commands: new Set(commands),
    docs: typeof given['docs'] === 'string' ? given['docs'] : undefined,
  };
}

/** Exactly what this server does. */
export function initializeResult({ encoding }: ClientTraits, version: string): InitializeResult {
  return {
    capabilities: {
      positionEncoding: encoding,
      textDocumentSync: { openClose: true, change: 2, save: { includeText: false } },
      hoverProvider: true,
      definitionProvider: true,
      referencesProvider: true,
      documentSymbolProvider: true,
      workspaceSymbolProvider: true,
      foldingRangeProvider: true,
      completionProvider: { triggerCharacters: ['-', '@', '<', '"', '.', ' '] },
      codeActionProvider: { codeActionKinds: ['quickfix'] },
      renameProvider: { prepareProvider: true },
      codeLensProvider: { resolveProvider: false },
      semanticTokensProvider: {
        legend: { tokenTypes: [...tokenLegend.tokenTypes], tokenModifiers: [...tokenLegend.tokenModifiers] },
        full: true,
        range: false,
      },
      workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
    },
    serverInfo: { name: 'symphony', version },
  };
}
