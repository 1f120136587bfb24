import * as vscode from 'vscode';
import type { BufferEdit, OpenBuffer } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { problem } from '../problems';
import { openDocument, sha256Of } from './contents';

/** A document with unsaved changes, and its version when its text was taken. */
export interface Held {
  readonly buffer: OpenBuffer;
  readonly document: vscode.TextDocument;
  readonly version: number;
}

/**
 * The open documents with unsaved changes among some files. What is not listed is taken to be as on disk.
 * @throws review.encoding where the editor could not save a file without changing bytes nobody touched
 */
export async function heldBuffers(ctx: Ctx, paths: Iterable<string>): Promise<Held[]> {
  const held: Held[] = [];
  for (const path of new Set(paths)) {
    const document = openDocument(ctx.uri(path));
    if (!document?.isDirty) continue;
    await assertSurvives(path, document);
    const { version, encoding } = document;
    held.push({ buffer: { path, text: document.getText(), encoding }, document, version });
  }
  return held;
}

/**
 * Refuses a document whose file would not survive a save by the editor: it knows one line end a file, and bytes that
 * its encoding cannot tell apart are lost.
 */
async function assertSurvives(path: string, { uri, encoding }: vscode.TextDocument): Promise<void> {
  const bytes = await readIfThere(uri);
  if (!bytes) return;
  const text = await vscode.workspace.decode(bytes, { encoding });
  const again = await vscode.workspace.encode(text, { encoding });
  if (hasMixedEnds(text) || !sameButMark(bytes, again)) throw problem('review.encoding', { path, encoding });
}

/** Whether lines of a text end in different ways. */
export function hasMixedEnds(text: string): boolean {
  const ends = new Set<string>();
  for (const [end] of text.matchAll(/\r\n|\r|\n/g)) {
    ends.add(end);
    if (ends.size > 1) return true;
  }
  return false;
}

/** Decoding may take a byte order mark away, which the editor puts back when it saves. */
function sameButMark(a: Uint8Array, b: Uint8Array): boolean {
  const bare = (bytes: Uint8Array): Uint8Array => {
    const [one, two, three] = bytes;
    if (one === 0xef && two === 0xbb && three === 0xbf) return bytes.subarray(3);
    return (one === 0xff && two === 0xfe) || (one === 0xfe && two === 0xff) ? bytes.subarray(2) : bytes;
  };
  return Buffer.compare(bare(a), bare(b)) === 0;
}

/** Edits of the sidecar as ranges of a text; offsets count UTF-16 code units of the text as it was sent. */
export function toTextEdits(document: vscode.TextDocument, edits: readonly BufferEdit[]): vscode.TextEdit[] {
  return edits.map(({ start, end, text }) =>
    vscode.TextEdit.replace(new vscode.Range(document.positionAt(start), document.positionAt(end)), text),
  );
}

/**
 * Applies edits to an open document as one step that Ctrl+Z takes back. The document stays unsaved: it held changes
 * of the person's own, and when those are saved is theirs to say.
 * @returns false where the document was written into since its text was sent, or the editor refused
 */
export async function applyEdits(
  { document, version }: Held,
  edits: readonly BufferEdit[],
): Promise<boolean> {
  if (document.isClosed || document.version !== version) return false;
  const edit = new vscode.WorkspaceEdit();
  edit.set(document.uri, toTextEdits(document, edits));
  return vscode.workspace.applyEdit(edit);
}

/**
 * Saves a document unless its file is not what it was when we looked: the editor itself overwrites an outside change
 * silently where the number of bytes is the same.
 * @param hash SHA-256 of the bytes the document was based on
 */
export async function saveGuarded(document: vscode.TextDocument, hash: string): Promise<boolean> {
  const bytes = await readIfThere(document.uri);
  if (!bytes || sha256Of(bytes) !== hash) return false;
  return document.save();
}

/** The bytes of a file, or undefined where there is none. */
export async function readIfThere(uri: vscode.Uri): Promise<Uint8Array | undefined> {
  try {
    return await vscode.workspace.fs.readFile(uri);
  } catch {
    return undefined;
  }
}
