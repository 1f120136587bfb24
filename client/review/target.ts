import type * as vscode from 'vscode';
import type { ReviewUnit } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { placeOfUri } from './files';
import { touches, type At, type Part } from './lines';
import type { Ropes } from './ropes';
import type { ReviewState, ReviewedFile } from './state';

/** A document that shows something under review: one side of a change, or the file itself. */
export interface Shown {
  readonly changeset: string;
  /** The path of the change, also where the document has its former one. */
  readonly path: string;
  readonly side: Part | 'file';
  readonly file: ReviewedFile;
}

/** What a decision in an editor is about. */
export interface Target {
  readonly changeset: string;
  readonly path: string;
  readonly unit: ReviewUnit;
}

/** Finds out what a document, or the lines of one, mean for a review. */
export class Targets {
  constructor(
    private readonly ctx: Ctx,
    private readonly state: ReviewState,
    private readonly ropes: Ropes,
  ) {}

  /** What a document shows; of several changesets the one named in its address, else the first undecided one. */
  shown({ uri }: Pick<vscode.TextDocument, 'uri'>): Shown | undefined {
    const place = placeOfUri(uri);
    const path = place?.path ?? this.ctx.relative(uri);
    if (path === undefined) return undefined;
    const found = this.state
      .filesAt(path, place?.changeset)
      .filter(({ file }) => !place || file[place.side] === (place.hash ?? null));
    const file = found.find(({ units }) => units.some(isUndecided)) ?? found[0];
    if (!file) return undefined;
    const { changeset } = file.changeset;
    return { changeset, path: file.file.path, side: place?.side ?? 'file', file };
  }

  /** Where the units of a document are in it, in its order. In a file itself only undecided ones have a place. */
  places(
    document: vscode.TextDocument,
    shown = this.shown(document),
  ): readonly (At & { changed: boolean })[] {
    if (!shown) return [];
    if (shown.side === 'file')
      return this.ropes.places(document).filter(({ changeset }) => changeset === shown.changeset);
    const side = shown.side === 'baseline' ? 'before' : 'after';
    return shown.file.units
      .filter(({ kind }) => kind === 'lines')
      .map((unit) => ({ ...unit[side], unit, changed: false }))
      .sort((a, b) => a.start - b.start);
  }

  /** The units at the cursor or the selection of an editor; a file without lines has one unit for all of it. */
  at(editor: vscode.TextEditor): Target[] {
    const shown = this.shown(editor.document);
    if (!shown) return [];
    const { changeset, path, file } = shown;
    const places = this.places(editor.document, shown);
    if (places.length === 0 && shown.side !== 'file')
      return file.units.map((unit) => ({ changeset, path, unit }));
    const met = places.filter((place) =>
      editor.selections.some(({ start, end }) => touches(place, start.line, end.line)),
    );
    return met.map(({ unit }) => ({ changeset, path, unit }));
  }
}

export const isUndecided = ({ state }: Pick<ReviewUnit, 'state'>): boolean => state === 'undecided';
