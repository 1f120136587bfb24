import { codes, type Code, type CodeArgs } from '../../schemas';
import { pathText, placeText, type SourceMap } from './place';
import type { Finding, Path, Place } from './types';

/** More than these are not shown: whoever has them all corrects the first ones first. */
const mostFindings = 1000;

interface Noted {
  readonly code: Code;
  readonly args: CodeArgs;
  readonly path: Path;
  readonly inside?: number | undefined;
  readonly onKey?: boolean | undefined;
}

/** What narrows a place down. */
export interface Spot {
  /** Counts characters into the string that stands at the path. */
  readonly inside?: number | undefined;
  /** The key is meant, not its value. */
  readonly onKey?: boolean | undefined;
}

/** Gathers what rules find; places are looked up at the end, and only if there is something to place. */
export class Findings {
  readonly #noted: Noted[] = [];
  /** Nodes and edges by their paths, for messages that point to another place. */
  constructor(
    readonly file: string,
    private readonly source: () => SourceMap | undefined,
  ) {}

  get empty(): boolean {
    return this.#noted.length === 0;
  }

  get hasErrors(): boolean {
    return this.#noted.some(({ code }) => codes[code].severity === 'error');
  }

  add(code: Code, args: CodeArgs, path: Path, spot: Spot = {}): void {
    this.#noted.push({ code, args, path, ...spot });
  }

  /** Where a path lies, in words, as a part of another finding’s sentence. */
  where(path: Path): string {
    const source = this.source();
    return source === undefined ? pathText(path) : `line ${source.at(source.offsetOf(path)).line}`;
  }

  /** All findings in the order of the text (without one: of the rules); equal input gives equal lists. */
  all(): readonly Finding[] {
    if (this.#noted.length === 0) return [];
    const source = this.source();
    const placed = this.#noted.map((noted, rank) => {
      const { path, inside, onKey } = noted;
      const offset = onKey === true ? source?.keyOffset(path) : source?.offsetOf(path, inside);
      return { noted, offset: offset ?? 0, rank };
    });
    placed.sort((a, b) => a.offset - b.offset || a.rank - b.rank);
    const shown = placed.slice(0, mostFindings).map(({ noted, offset }): Finding => {
      const at = source?.at(offset) ?? { line: 0, column: 0 };
      return finding(noted.code, noted.args, { file: this.file, ...at, path: pathText(noted.path) });
    });
    const rest = placed.length - shown.length;
    if (rest > 0) shown.push(finding('melody.more', { file: this.file, count: rest }, wholeFile(this.file)));
    return shown;
  }
}

export const wholeFile = (file: string): Place => ({ file, line: 0, column: 0, path: '' });

/** One finding; every sentence can say where it is. */
export function finding(code: Code, args: CodeArgs, place: Place): Finding {
  return {
    severity: codes[code].severity,
    problem: { code, args: { place: placeText(place), ...args } },
    place,
  };
}
