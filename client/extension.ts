import * as vscode from 'vscode';
import { Ctx } from './ctx';
import { registerCommands } from './features/commands';
import { Data } from './features/data';
import { editorModels } from './features/languageModels';
import { watchModel } from './features/models';
import { registerPitTree } from './features/pitTree';
import { registerPlanTree } from './features/planTree';
import { tellEnds } from './features/progress';
import { Questions } from './features/questions';
import { registerRunsTree } from './features/runsTree';
import { storedKeys } from './features/secrets';
import { userSettings } from './features/settings';
import { registerStatus } from './features/status';
import { TextDocuments } from './features/textDocuments';
import { tellTrouble } from './features/trouble';
import { Boards } from './panels/board';
import { ReviewPages } from './panels/review';
import { reviewActions } from './review/page';
import { registerReview, type ReviewParts } from './review';

/** The table of codes: the second bundle takes it from here instead of carrying a copy. */
export * from '../schemas/codes';

let ctx: Ctx | undefined;

/** What tests inside the extension host may look at; outside of tests nothing is exported. */
export interface Inspection {
  readonly ctx: Ctx;
  readonly data: Data;
  readonly boards: Boards;
  /** The parts of the review, loaded if they are not yet. */
  readonly review: ReviewParts;
  /** The trees of the views *Plan*, *Runs* and *Changes*. */
  readonly trees: readonly vscode.TreeDataProvider<unknown>[];
  /** How long registering everything took. */
  readonly milliseconds: number;
}

/**
 * Registers everything and starts nothing: the sidecar, the protocol library and git wait for the first view or
 * command that needs them, and for a trusted workspace.
 */
export function activate(extension: vscode.ExtensionContext): Inspection | undefined {
  const began = performance.now();
  const made = new Ctx(extension);
  ctx = made;
  made.supply({
    settings: () => userSettings(made),
    secrets: () => storedKeys(made),
    models: editorModels,
    failed: (problem) => void tellTrouble(made, problem),
  });
  const data = new Data(made);
  const documents = new TextDocuments(made);
  const boards = new Boards(made, data);
  const review = registerReview(made, data, documents);
  const trees = [registerPlanTree(made, data), registerRunsTree(made, data), review.changes.provider];
  const pit = registerPitTree(made);
  const pages = new ReviewPages(made, data, reviewActions(review));
  registerStatus(made, data);
  watchModel(made);
  tellEnds(made, data);
  const questions = new Questions(made, data, documents, boards);
  registerCommands({ ctx: made, data, boards, review, pages, questions, documents, pit });
  const look = () => void data.refreshIfLooked();
  made.add(vscode.workspace.onDidGrantWorkspaceTrust(look));
  made.add(vscode.workspace.onDidChangeWorkspaceFolders(look));
  void made.look();
  const milliseconds = performance.now() - began;
  made.log.debug(`Activated in ${milliseconds.toFixed(1)} ms.`);
  return extension.extensionMode === vscode.ExtensionMode.Test
    ? {
        ctx: made,
        data,
        boards,
        trees,
        milliseconds,
        get review() {
          return review.open().parts;
        },
      }
    : undefined;
}

/** Says goodbye to the sidecar, which goes on with its work. */
export async function deactivate(): Promise<void> {
  await ctx?.close();
  ctx = undefined;
}
