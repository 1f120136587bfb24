import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  DocumentSymbol,
  FoldingRange,
  Hover,
  Location,
  Position,
  Range,
  SemanticTokens,
  SymbolInformation,
  WorkspaceEdit,
} from 'vscode-languageserver';
import type { Context } from '../base';
import type { ClientTraits } from './capabilities';
import { melodyActions, planningActions } from './diagnostics';
import type { Documents, Subject } from './documents';
import { melodyCompletion, planningCompletion } from './features/completion';
import { melodyHover, planningHover } from './features/hover';
import { planningLenses } from './features/lenses';
import * as go from './features/navigate';
import * as rename from './features/rename';
import {
  melodyFolds,
  melodySymbols,
  planningFolds,
  planningSymbols,
  projectSymbols,
} from './features/symbols';
import { planningTokens } from './features/tokens';
import type { MelodySource } from './melody/source';
import type { Source } from './planning/source';
import type { ProjectView } from './planning/view';
import { uriOfPath } from './text/uri';

/** Longer texts are checked and nothing else: no person writes them, and no key press may wait for them. */
const longest = 8_000_000;

/** Every request of the protocol as a function of documents; it knows no connection. */
export class LanguageService {
  constructor(
    private readonly documents: Documents,
    private readonly traits: ClientTraits,
  ) {}

  hover(ctx: Context, uri: string, at: Position): Promise<Hover | null> {
    return this.about(ctx, uri, null, {
      planning: (view, source) => planningHover(view, source, source.doc.offsetAt(at)) ?? null,
      melody: (source) => melodyHover(source, source.doc.offsetAt(at)) ?? null,
    });
  }

  definition(ctx: Context, uri: string, at: Position): Promise<Location[]> {
    return this.about(ctx, uri, [], {
      planning: (view, source) => go.planningDefinition(view, source, source.doc.offsetAt(at)),
      melody: (source) => go.melodyDefinition(source, source.doc.offsetAt(at)),
    });
  }

  references(ctx: Context, uri: string, at: Position, declaration: boolean): Promise<Location[]> {
    return this.about(ctx, uri, [], {
      planning: (view, source) => go.planningReferences(view, source, source.doc.offsetAt(at), declaration),
      melody: (source) => go.melodyReferences(source, source.doc.offsetAt(at), declaration),
    });
  }

  symbols(ctx: Context, uri: string): Promise<DocumentSymbol[]> {
    return this.about(ctx, uri, [], {
      planning: (_view, source) => planningSymbols(source),
      melody: melodySymbols,
    });
  }

  folds(ctx: Context, uri: string): Promise<FoldingRange[]> {
    return this.about(ctx, uri, [], {
      planning: (_view, source) => planningFolds(source),
      melody: melodyFolds,
    });
  }

  completion(ctx: Context, uri: string, at: Position): Promise<CompletionItem[]> {
    return this.about(ctx, uri, [], {
      planning: (view, source) => planningCompletion(view, source, source.doc.offsetAt(at)),
      melody: (source) => melodyCompletion(source, source.doc.offsetAt(at)),
    });
  }

  actions(ctx: Context, uri: string, range: Range): Promise<CodeAction[]> {
    const { docs } = this.traits;
    return this.about(ctx, uri, [], {
      planning: (view, source) => planningActions(view, source, range, docs),
      melody: (source) => melodyActions(source, range, docs),
    });
  }

  lenses(ctx: Context, uri: string): Promise<CodeLens[]> {
    return this.about(ctx, uri, [], {
      planning: (view, source) => planningLenses(view, source, this.traits.commands),
      melody: () => [],
    });
  }

  tokens(ctx: Context, uri: string): Promise<SemanticTokens> {
    return this.about(ctx, uri, { data: [] }, { planning: planningTokens, melody: () => ({ data: [] }) });
  }

  /** Where the id to rename stands, and how it is written. Throws `planning.renameRefused`. */
  prepareRename(
    ctx: Context,
    uri: string,
    at: Position,
  ): Promise<{ range: Range; placeholder: string } | null> {
    return this.about<{ range: Range; placeholder: string } | null>(ctx, uri, null, {
      planning: (view, source) => rename.planningRenameRange(view, source, source.doc.offsetAt(at)),
      melody: (source) => rename.melodyRenameRange(source, source.doc.offsetAt(at)),
    });
  }

  /** One edit of all files an id stands in. Throws `planning.renameRefused`. */
  rename(ctx: Context, uri: string, at: Position, name: string): Promise<WorkspaceEdit | null> {
    const { canMoveFiles } = this.traits;
    return this.about<WorkspaceEdit | null>(ctx, uri, null, {
      planning: (view, source) =>
        workspaceEdit(
          view,
          rename.planningRename(view, source, source.doc.offsetAt(at), name.trim(), canMoveFiles),
          canMoveFiles,
        ),
      melody: (source) => ({
        changes: { [uri]: rename.melodyRename(source, source.doc.offsetAt(at), name.trim()) },
      }),
    });
  }

  /** Phases, plans and requirements of all projects, and nodes of open Melodies. */
  async workspaceSymbols(ctx: Context, query: string): Promise<SymbolInformation[]> {
    const found: SymbolInformation[] = [];
    for (const project of this.documents.projects) {
      found.push(...projectSymbols(await project.view(), query));
      ctx.signal.throwIfAborted();
    }
    const low = query.toLowerCase();
    for (const { melody, doc } of this.documents.all) {
      for (const item of melody?.items ?? []) {
        if (found.length >= 1000) return found;
        if (!item.id.toLowerCase().includes(low)) continue;
        const { offset, length } = item.name;
        found.push({
          name: item.id,
          kind: 6,
          location: { uri: doc.uri, range: doc.range(offset, offset + length) },
        });
      }
    }
    return found;
  }

  private async about<T>(ctx: Context, uri: string, nothing: T, work: Work<T>): Promise<T> {
    const subject: Subject | undefined = await this.documents.subject(uri);
    ctx.signal.throwIfAborted();
    if (!subject || subject.source.text.length > longest) return nothing;
    return subject.kind === 'melody'
      ? work.melody(subject.source)
      : work.planning(subject.view, subject.source);
  }
}

interface Work<T> {
  planning(view: ProjectView, source: Source): T;
  melody(source: MelodySource): T;
}

/** Texts first, while files still have their names; then files, and their folder last. */
function workspaceEdit(
  view: ProjectView,
  { edits, moves }: rename.Renaming,
  versioned: boolean,
): WorkspaceEdit {
  if (!versioned)
    return {
      changes: Object.fromEntries(edits.map(({ source, edits: list }) => [source.doc.uri, [...list]])),
    };
  const uriOf = (path: string): string =>
    view.sources.get(path)?.doc.uri ?? uriOfPath(`${view.root}/${path}`);
  return {
    documentChanges: [
      ...edits.map(({ source, edits: list }) => ({
        textDocument: { uri: source.doc.uri, version: source.doc.version },
        edits: [...list],
      })),
      ...moves.map(({ from, to }) => ({
        kind: 'rename' as const,
        oldUri: uriOf(from),
        newUri: uriOfPath(`${view.root}/${to}`),
        options: { overwrite: false, ignoreIfExists: false },
      })),
    ],
  };
}
