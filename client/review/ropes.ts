import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { align, find, nearest } from './align';
import { sidesOf } from './contents';
import type { ReviewFiles } from './files';
import { editorLines, type At } from './lines';
import { Rope, type Mark } from './rope';
import type { ReviewState, ReviewedFile } from './state';

/** A unit that waits for a decision and where it is in an open document. */
export interface Placed extends At {
  readonly changeset: string;
  readonly path: string;
  /** A person wrote into its lines: keeping or dropping it needs a merge. */
  readonly changed: boolean;
}

interface Followed {
  readonly rope: Rope;
  readonly units: ReadonlyMap<string, Pick<Placed, 'changeset' | 'path' | 'unit'>>;
  /** Units whose lines were not found when the document was looked at. */
  readonly lost: ReadonlySet<string>;
}

/** Follows the undecided units through every open document of a file under review, while people type. */
export class Ropes implements vscode.Disposable {
  private readonly followed = new Map<string, Followed>();
  private readonly moved = new vscode.EventEmitter<vscode.TextDocument>();
  /** Fires when units of a document moved, were written into, or are known at last. */
  readonly onMove = this.moved.event;

  constructor(
    private readonly ctx: Ctx,
    private readonly files: ReviewFiles,
    private readonly state: ReviewState,
  ) {
    ctx.add(this);
    ctx.add(vscode.workspace.onDidOpenTextDocument((document) => this.begin(document)));
    ctx.add(
      vscode.workspace.onDidCloseTextDocument((document) => this.followed.delete(document.uri.toString())),
    );
    ctx.add(vscode.workspace.onDidChangeTextDocument((event) => this.apply(event)));
    ctx.add(
      state.onChange(({ paths }) => {
        for (const document of vscode.workspace.textDocuments) {
          const at = ctx.relative(document.uri);
          if (at !== undefined && (!paths || paths.includes(at))) this.begin(document);
        }
      }),
    );
  }

  /** The undecided units in a document, in its order; empty while nothing is known. */
  places(document: vscode.TextDocument): readonly Placed[] {
    const { rope, units, lost } = this.followed.get(document.uri.toString()) ?? {};
    if (!rope || !units || !lost) return [];
    return rope.places().flatMap(({ id, start, end, changed }) => {
      const unit = units.get(id);
      return unit ? [{ ...unit, start, end, changed: changed || lost.has(id) }] : [];
    });
  }

  dispose(): void {
    this.moved.dispose();
  }

  private begin(document: vscode.TextDocument): void {
    this.look(document).catch((thrown: unknown) => this.ctx.explain(thrown));
  }

  /** Looks for the units of a document anew. While that is under way, what was known before goes on being followed. */
  private async look(document: vscode.TextDocument): Promise<void> {
    const at = this.ctx.relative(document.uri);
    if (at === undefined || document.isClosed) return;
    const key = document.uri.toString();
    const found = this.state.filesAt(at).filter(({ units }) => units.some(isOpen));
    if (found.length === 0) {
      if (this.followed.delete(key)) this.moved.fire(document);
      return;
    }
    const sides = await Promise.all(found.map((each) => sidesOf(this.files, each, document.encoding)));
    if (document.isClosed) return;
    const now = editorLines(document.getText());
    const marks: Mark[] = [];
    const units = new Map<string, Pick<Placed, 'changeset' | 'path' | 'unit'>>();
    const lost = new Set<string>();
    found.forEach((each, i) => {
      const inPlace = each.reviewed.mode === 'inPlace';
      const base = editorLines((inPlace ? sides[i]!.proposal : sides[i]!.baseline).join(''));
      const runs = align(base, now);
      for (const unit of each.units.filter(isOpen)) {
        const id = `${each.changeset.changeset}|${unit.unit}`;
        const span = inPlace ? unit.after : unit.before;
        const place = find(runs, span, base.length, now.length);
        if (!place) lost.add(id);
        marks.push({ id, ...(place ?? emptyAt(nearest(runs, span.start))) });
        units.set(id, { changeset: each.changeset.changeset, path: each.file.path, unit });
      }
    });
    this.followed.set(key, { rope: new Rope(now, marks), units, lost });
    this.moved.fire(document);
  }

  private apply({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const known = this.followed.get(document.uri.toString());
    if (!known || contentChanges.length === 0) return;
    const { changed, healed } = known.rope.apply(contentChanges);
    // The editor reads a file anew when somebody writes it, we ourselves first of all: nobody typed that, so the
    // document is looked at again. So it is where what we followed is not what is there.
    const read = !document.isDirty && changed.length > 0;
    if (read || known.rope.lineCount !== document.lineCount) this.begin(document);
    else if (changed.length > 0 || healed.length > 0 || contentChanges.some(movesLines))
      this.moved.fire(document);
  }
}

const isOpen = ({ kind, state }: ReviewedFile['units'][number]): boolean =>
  kind === 'lines' && state === 'undecided';

const emptyAt = (line: number): { start: number; end: number } => ({ start: line, end: line });

const movesLines = ({ range, text }: vscode.TextDocumentContentChangeEvent): boolean =>
  range.start.line !== range.end.line || /[\r\n]/.test(text);
