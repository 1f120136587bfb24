import * as vscode from 'vscode';
import type { LineSpan } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { composed, encodingOf, sidesOf } from './contents';
import type { ReviewFiles } from './files';
import type { ReviewState } from './state';
import { VirtualFiles } from './virtualFiles';

/**
 * Addresses `symphony-decided:/<path>?<changeset>`: a file as decided so far, its baseline with what was kept. The
 * editor compares documents in place with it, so that what is left to decide, and nothing else, has bars.
 */
export const decidedScheme = 'symphony-decided';

export const decidedUri = (changeset: string, path: string): vscode.Uri =>
  vscode.Uri.from({ scheme: decidedScheme, path: `/${path}`, query: changeset });

interface Made {
  readonly bytes: Uint8Array;
  readonly mtime: number;
  readonly spans: ReadonlyMap<string, LineSpan>;
}

/** Read-only files made up of baselines and decisions; they change as decisions do. */
export class Originals extends VirtualFiles {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  private readonly made = new Map<string, Made>();
  private readonly watched = new Map<string, vscode.Uri>();
  private clock = 1;
  readonly onDidChangeFile = this.changed.event;

  constructor(
    private readonly ctx: Ctx,
    private readonly files: ReviewFiles,
    private readonly state: ReviewState,
  ) {
    super();
    ctx.add(this.changed);
    ctx.add(
      vscode.workspace.registerFileSystemProvider(decidedScheme, this, {
        isCaseSensitive: true,
        isReadonly: true,
      }),
    );
    ctx.add(
      state.onChange(({ changeset, paths }) => {
        const stale = [...this.watched.values()].filter(
          ({ query, path }) => query === changeset && (!paths || paths.includes(path.slice(1))),
        );
        this.clock++;
        for (const uri of stale) this.made.delete(uri.toString());
        if (stale.length > 0)
          this.changed.fire(stale.map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
      }),
    );
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.make(uri)).bytes;
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { bytes, mtime } = await this.make(uri);
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime,
      size: bytes.byteLength,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  /** Where units are in such a file, as it was last read; nothing where nobody has read it yet. */
  spans(changeset: string, path: string): ReadonlyMap<string, LineSpan> {
    return this.made.get(decidedUri(changeset, path).toString())?.spans ?? new Map();
  }

  private async make(uri: vscode.Uri): Promise<Made> {
    const key = uri.toString();
    this.watched.set(key, uri);
    const known = this.made.get(key);
    if (known) return known;
    const mtime = this.clock;
    const path = uri.path.slice(1);
    const [found] = this.state.filesAt(path, uri.query);
    if (!found) throw vscode.FileSystemError.FileNotFound(uri);
    const encoding = encodingOf(this.ctx.uri(path));
    const sides = await sidesOf(this.files, found, encoding);
    const { lines, spans } = composed(sides, found.units, ({ state }) =>
      state === 'kept' ? 'proposal' : 'baseline',
    );
    const made = { bytes: await vscode.workspace.encode(lines.join(''), { encoding }), mtime, spans };
    if (mtime === this.clock) this.made.set(key, made);
    return made;
  }
}
