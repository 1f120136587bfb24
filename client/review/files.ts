import * as vscode from 'vscode';
import type { ChangedFile } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { VirtualFiles } from './virtualFiles';

/**
 * Addresses `symphony-review:/<path>?<side>.<sha256>.<changeset>`. Both sides of a change have one path, or the editor would
 * show every change as a renaming; its ending chooses the language, the hash chooses the bytes.
 */
export const reviewScheme = 'symphony-review';

/** What stands for “does not exist” in an address. */
const nothing = 'none';

/** Bytes kept in memory at most; what was looked at longest ago goes first. */
const keptBytes = 32_000_000;

/** One side of a proposed change, as its address says. */
export interface ReviewPlace {
  readonly side: 'baseline' | 'proposal';
  readonly path: string;
  /** Undefined where there is no file on that side. */
  readonly hash: string | undefined;
  /** Undefined in addresses that only name bytes. */
  readonly changeset: string | undefined;
}

/** The address of one side of a proposed change. */
export function reviewUri(
  side: 'baseline' | 'proposal',
  file: Pick<ChangedFile, 'path' | 'from' | 'baseline' | 'proposal'>,
  changeset?: string,
): vscode.Uri {
  const path = side === 'baseline' ? (file.from ?? file.path) : file.path;
  return contentUri(side, path, file[side], changeset);
}

/** The address of bytes that are known by their hash, under a file's path so that its language is known. */
export const contentUri = (
  side: 'baseline' | 'proposal',
  path: string,
  hash: string | null,
  changeset?: string,
): vscode.Uri =>
  vscode.Uri.from({
    scheme: reviewScheme,
    path: `/${path}`,
    query: [side, hash ?? nothing, ...(changeset === undefined ? [] : [changeset])].join('.'),
  });

/** What an address says, or undefined for one of another kind. */
export function placeOfUri(uri: vscode.Uri): ReviewPlace | undefined {
  if (uri.scheme !== reviewScheme) return undefined;
  const [side, hash = nothing, changeset] = uri.query.split('.');
  if (side !== 'baseline' && side !== 'proposal') return undefined;
  return { side, path: uri.path.slice(1), hash: hash === nothing ? undefined : hash, changeset };
}

/** Serves `symphony-review:` addresses; being a file system, it lets the editor decode the bytes as it would the file’s. */
export function registerReviewFiles(ctx: Ctx): ReviewFiles {
  const files = new ReviewFiles(async (hash) => {
    const { base64 } = await ctx.call('reviewContent', { hash });
    return Buffer.from(base64, 'base64');
  });
  ctx.add(
    vscode.workspace.registerFileSystemProvider(reviewScheme, files, {
      isCaseSensitive: true,
      isReadonly: true,
    }),
  );
  return files;
}

/** Exact bytes by hash, read-only. They never change, so there is nothing to watch and all may be kept. */
export class ReviewFiles extends VirtualFiles {
  private readonly kept = new Map<string, Uint8Array>();
  private size = 0;
  /** Told of every reading; a diff that is shown again after a restart is one. */
  onRead: (() => void) | undefined;
  readonly onDidChangeFile = new vscode.EventEmitter<vscode.FileChangeEvent[]>().event;

  constructor(private readonly fetch: (hash: string) => Promise<Uint8Array>) {
    super();
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const [, hash = ''] = uri.query.split('.');
    this.onRead?.();
    if (hash === nothing) return new Uint8Array();
    if (!/^[0-9a-f]{64}$/.test(hash)) throw vscode.FileSystemError.FileNotFound(uri);
    try {
      return await this.bytes(hash);
    } catch {
      throw vscode.FileSystemError.Unavailable(uri);
    }
  }

  /** The bytes a hash names. */
  async bytes(hash: string): Promise<Uint8Array> {
    return this.keep(hash, this.kept.get(hash) ?? (await this.fetch(hash)));
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { byteLength } = await this.readFile(uri);
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime: 0,
      size: byteLength,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  private keep(hash: string, bytes: Uint8Array): Uint8Array {
    if (!this.kept.delete(hash)) this.size += bytes.byteLength;
    this.kept.set(hash, bytes);
    for (const [oldest, old] of this.kept) {
      if (this.size <= keptBytes || oldest === hash) break;
      this.kept.delete(oldest);
      this.size -= old.byteLength;
    }
    return bytes;
  }
}
