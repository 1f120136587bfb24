import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ClientRequestName } from '../schemas/wire';
import { chooseFolder, type Blocked } from './folder';
import { problemOf } from './problems';
import { problemText } from './texts';
import type { Params, Result, Session, SessionBundle, SessionHost } from './session/types';

/** Why nothing can be asked of a sidecar now; a state with a way out, never an error to stumble over. */
export class BlockedError extends Error {
  constructor(readonly blocked: Blocked) {
    super(blocked);
  }
}

/** What of the host the features supply once they exist. */
export type HostParts = Pick<SessionHost, 'settings' | 'secrets' | 'models' | 'failed'>;

/** Owns everything that must be let go of, and the one session of the window. */
export class Ctx implements vscode.Disposable {
  readonly log: vscode.LogOutputChannel;
  private readonly owned: vscode.Disposable[] = [];
  private readonly opened = new vscode.EventEmitter<Session>();
  private readonly blockedChanged = new vscode.EventEmitter<Blocked | undefined>();
  private live: Session | undefined;
  private parts: HostParts | undefined;
  private chosen: vscode.WorkspaceFolder | undefined;
  private why: Blocked | undefined;
  private looked = false;
  /** Whether other folders are open besides the one Symphony works in. */
  several = false;

  /** Fires when the window's session comes to be; it lives until the window closes. */
  readonly onSession = this.opened.event;
  readonly onBlocked = this.blockedChanged.event;

  constructor(readonly extension: vscode.ExtensionContext) {
    this.log = this.add(vscode.window.createOutputChannel('Symphony', { log: true }));
    this.add(this.opened);
    this.add(this.blockedChanged);
  }

  /** Registers `item` and returns it, so that creation and registration are one expression. */
  add<T extends vscode.Disposable>(item: T): T {
    this.owned.push(item);
    return item;
  }

  /** How many things are owned; opening and closing a board must leave it as it was. */
  get size(): number {
    return this.owned.length;
  }

  /** Supplies the session's needs; once, at activation. */
  supply(parts: HostParts): void {
    this.parts = parts;
  }

  /** The workspace folder Symphony works in, once `look` has found it. */
  get folder(): vscode.WorkspaceFolder | undefined {
    return this.chosen;
  }

  /** Why there can be no session, or undefined. */
  get blocked(): Blocked | undefined {
    return this.why;
  }

  /** The session if there is one; asking does not start it. */
  get session(): Session | undefined {
    return this.live;
  }

  /** Chooses the folder anew and says in the `symphony.blocked` context what stands in the way. Starts nothing. */
  async look(): Promise<Blocked | undefined> {
    const found = await chooseFolder(
      vscode.workspace.workspaceFolders ?? [],
      vscode.workspace.isTrusted,
      inGit,
    );
    // Views ask, asking looks, and a change makes views ask: only a real change may be announced.
    const same = this.looked && nameOf(this.chosen) === nameOf(found.folder) && this.why === found.blocked;
    this.looked = true;
    this.chosen = found.folder;
    this.why = found.blocked;
    this.several = found.others > 0;
    if (same) return found.blocked;
    if (this.several && found.folder) {
      this.log.info(`Several folders are open; Symphony works in ${found.folder.name}.`);
    }
    await vscode.commands.executeCommand('setContext', 'symphony.blocked', found.blocked ?? 'none');
    this.blockedChanged.fire(found.blocked);
    return found.blocked;
  }

  /**
   * Asks the sidecar, starting it on first need.
   * @throws BlockedError where there must be none, else an error that carries a problem
   */
  async call<N extends ClientRequestName>(
    name: N,
    params: Params<N>,
    token?: vscode.CancellationToken,
  ): Promise<Result<N>> {
    const session = await this.start();
    return session.call(name, params, token);
  }

  /** The session, loaded and opened if need be. Never in a window that is not trusted. */
  async start(): Promise<Session> {
    const blocked = this.live ? this.why : await this.look();
    if (blocked) throw new BlockedError(blocked);
    if (this.live) return this.live;
    const { parts, chosen } = this;
    if (!parts || !chosen) throw new BlockedError('noFolder');
    const bundle = loadSession();
    this.live = this.add(
      bundle.openSession({
        ...parts,
        root: chosen.uri.fsPath,
        dist: __dirname,
        log: this.log,
        nodePath: () => vscode.workspace.getConfiguration('symphony').get<string>('nodePath', '').trim(),
      }),
    );
    this.opened.fire(this.live);
    return this.live;
  }

  /** A path below the folder as the wire wants it, or undefined for a file elsewhere. */
  relative(uri: vscode.Uri): string | undefined {
    if (!this.chosen || uri.scheme !== this.chosen.uri.scheme) return undefined;
    const found = path.relative(this.chosen.uri.fsPath, uri.fsPath).split(path.sep).join('/');
    return found === '' || found === '..' || found.startsWith('../') || path.isAbsolute(found)
      ? undefined
      : found;
  }

  /** The file of a path of the wire. */
  uri(relative: string): vscode.Uri {
    if (!this.chosen) throw new BlockedError('noFolder');
    return vscode.Uri.joinPath(this.chosen.uri, relative);
  }

  /** Ends the connection politely and lets go of everything. */
  async close(): Promise<void> {
    await this.live?.close();
    this.dispose();
  }

  dispose(): void {
    for (const item of this.owned.splice(0).reverse()) item.dispose();
  }

  /** Writes a failure to the log and returns the sentence for the person. */
  explain(thrown: unknown): string {
    const found = problemOf(thrown);
    this.log.error(`${found.code} ${JSON.stringify(found.args)}`);
    return problemText(found);
  }
}

const nameOf = (folder: vscode.WorkspaceFolder | undefined): string => folder?.uri.toString() ?? '';

/** The second bundle, beside this one. The name is computed so that the bundler leaves it alone. */
function loadSession(): SessionBundle {
  return createRequire(__filename)(path.join(__dirname, 'session.cjs')) as SessionBundle;
}

/** Whether a folder lies in a git work tree, by looking for `.git` upwards; no process is started. */
async function inGit(folder: vscode.WorkspaceFolder): Promise<boolean> {
  for (let uri = folder.uri; ; uri = vscode.Uri.joinPath(uri, '..')) {
    const found = await vscode.workspace.fs.stat(vscode.Uri.joinPath(uri, '.git')).then(
      () => true,
      () => false,
    );
    if (found) return true;
    if (vscode.Uri.joinPath(uri, '..').path === uri.path) return false;
  }
}
