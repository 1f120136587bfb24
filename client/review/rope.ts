import { ChangeSet, Text } from '@codemirror/state';

/** Lines of a document, from `start` up to but not including `end`, counted from 0. */
export interface Lines {
  readonly start: number;
  readonly end: number;
}

/** A place in a document that is followed while its surroundings change. */
export interface Mark extends Lines {
  readonly id: string;
}

/** Where a mark is now. `changed`: its lines are no longer those it was made for. */
export interface MarkPlace extends Mark {
  readonly changed: boolean;
}

/** What replaced a stretch of a document; lines and characters are counted from 0, before the edit. */
export interface Edit {
  readonly range: {
    readonly start: { readonly line: number; readonly character: number };
    readonly end: { readonly line: number; readonly character: number };
  };
  readonly text: string;
}

/** What edits did to marks. */
export interface Moved {
  /** Marks a person wrote into. */
  readonly changed: readonly string[];
  /** Marks whose lines are again those they were made for, for example after an undo. */
  readonly healed: readonly string[];
}

interface Followed {
  readonly id: string;
  from: number;
  to: number;
  /** The lines the mark was made for; an empty text for a place between two lines. */
  readonly holds: string;
  changed: boolean;
}

/** A stretch of the old text and what stands there in the new one. */
interface Stretch {
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}

/**
 * The text of an open document and the places in it that wait for a decision. Each key press moves them; what it
 * costs depends on the number of marks and not on the length of the text.
 *
 * Line separators are kept apart: inside there are lines and nothing else, so that a CRLF document has the same
 * places as an LF one, and nothing written from here could mix them.
 */
export class Rope {
  private text: Text;
  private followed: Followed[];

  /** @param marks in the order of the document, not overlapping; those that lie outside of it count as changed */
  constructor(lines: readonly string[], marks: readonly Mark[]) {
    this.text = Text.of(lines.length === 0 ? [''] : lines);
    this.followed = marks.map((mark) => this.follow(mark)).sort((a, b) => a.from - b.from || a.to - b.to);
  }

  get lineCount(): number {
    return this.text.lines;
  }

  /** The text with one line separator throughout. */
  toString(separator = '\n'): string {
    return this.text.sliceString(0, undefined, separator);
  }

  /**
   * Follows the edits of one change event.
   * @param edits relative to the text before all of them, not overlapping, in any order
   */
  apply(edits: readonly Edit[]): Moved {
    if (edits.length === 0) return { changed: [], healed: [] };
    const changes = ChangeSet.of(
      edits.map(({ range: { start, end }, text }) => ({
        from: this.offset(start.line, start.character),
        to: this.offset(end.line, end.character),
        insert: Text.of(text.split(/\r\n|\r|\n/)),
      })),
      this.text.length,
    );
    this.text = changes.apply(this.text);
    const stretches: Stretch[] = [];
    changes.iterChangedRanges((fromA, toA, fromB, toB) => stretches.push({ fromA, toA, fromB, toB }));
    return this.move(stretches);
  }

  /** Where every mark is now, in the order of the document. */
  places(): MarkPlace[] {
    return this.followed.map((mark) => {
      const start = this.text.lineAt(mark.from).number - 1;
      return { id: mark.id, start, end: this.lineAfter(mark, start), changed: mark.changed };
    });
  }

  private follow({ id, start, end }: Mark): Followed {
    const count = this.text.lines;
    const outside = start < 0 || end < start || end > count;
    const from = this.lineStart(Math.min(Math.max(start, 0), count));
    const to = this.lineStart(Math.min(Math.max(end, start, 0), count));
    return { id, from, to, holds: this.text.sliceString(from, to), changed: outside };
  }

  /** Where a line begins; the end of the text for the one behind the last. */
  private lineStart(line: number): number {
    return line >= this.text.lines ? this.text.length : this.text.line(line + 1).from;
  }

  private offset(line: number, character: number): number {
    if (line >= this.text.lines) return this.text.length;
    const { from, to } = this.text.line(line + 1);
    return Math.min(from + character, to);
  }

  private lineAfter({ from, to }: Followed, start: number): number {
    if (to === from) return start;
    const last = this.text.lineAt(to);
    return to === last.from ? last.number - 1 : last.number;
  }

  /** Walks marks and stretches together; both are sorted. */
  private move(stretches: readonly Stretch[]): Moved {
    const changed: string[] = [];
    const healed: string[] = [];
    let next = 0;
    let moved = 0;
    for (const mark of this.followed) {
      for (let at = stretches[next]; at && at.toA < mark.from; at = stretches[++next])
        moved = at.toB - at.toA;
      const touching: Stretch[] = [];
      for (let i = next, at = stretches[i]; at && at.fromA <= mark.to; at = stretches[++i]) touching.push(at);
      if (touching.length === 0) {
        mark.from += moved;
        mark.to += moved;
        continue;
      }
      const before = mark.changed;
      this.moveTouched(mark, touching, moved);
      if (mark.changed && !before) changed.push(mark.id);
      if (!mark.changed && before) healed.push(mark.id);
    }
    return { changed, healed };
  }

  /** An edit at the border of a mark may belong to either side: what leaves the mark’s lines as they were, wins. */
  private moveTouched(mark: Followed, touching: readonly Stretch[], moved: number): void {
    const { from: oldFrom, to: oldTo, holds } = mark;
    const from = mapped(oldFrom, touching, moved);
    const to = mapped(oldTo, touching, moved);
    const choices = [
      [from.high, to.low],
      [from.low, to.low],
      [from.high, to.high],
      [from.low, to.high],
    ] as const;
    const whole = choices.find(([start, end]) => start <= end && this.isWhole(start, end, holds));
    const torn = oldFrom === oldTo && touching.some((stretch) => this.tears(stretch, oldFrom));
    [mark.from, mark.to] = whole ?? [from.low, Math.max(from.low, to.high)];
    mark.changed = torn || whole === undefined;
  }

  /**
   * Whether an edit swallowed the place between two lines, or put lines exactly there: they would stand before the
   * proposed ones or behind them, and a person has to say which.
   */
  private tears({ fromA, toA, fromB, toB }: Stretch, position: number): boolean {
    if (fromA < position && position < toA) return true;
    const inserted = fromA === toA && fromA === position;
    return inserted && this.text.lineAt(fromB).number !== this.text.lineAt(toB).number;
  }

  /** Whether whole lines, and these very ones, lie there. */
  private isWhole(from: number, to: number, holds: string): boolean {
    if (to - from !== holds.length || to > this.text.length) return false;
    if (from !== this.text.lineAt(from).from && from !== this.text.length) return false;
    if (to !== this.text.lineAt(to).from && to !== this.text.length) return false;
    return holds === '' || this.text.sliceString(from, to) === holds;
  }
}

/** Where a place of the old text is in the new one, before (`low`) and behind (`high`) what was put at it. */
function mapped(
  position: number,
  touching: readonly Stretch[],
  moved: number,
): { readonly low: number; readonly high: number } {
  let shift = moved;
  for (const { fromA, toA, fromB, toB } of touching) {
    if (position < fromA) break;
    if (position <= toA) return { low: fromB, high: toB };
    shift = toB - toA;
  }
  return { low: position + shift, high: position + shift };
}
