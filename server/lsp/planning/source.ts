import {
  decodeForReading,
  type Block,
  type FileKind,
  fileKindOf,
  parseDocument,
  parseMarkdownText,
} from '../../planning';
import { TextDoc, type PositionEncoding } from '../text/textDoc';
import { uriOfPath } from '../text/uri';
import { mentionsOf, type Mention } from './mentions';

/** One file of a planning tree as features see it; what costs time is made when it is first asked for. */
export class Source {
  #blocks: readonly Block[] | undefined;
  #lines: readonly Block[] | undefined;
  #mentions: readonly Mention[] | undefined;
  readonly kind: FileKind;

  constructor(
    /** Below the project, `.planning/ROADMAP.md`. */
    readonly path: string,
    readonly doc: TextDoc,
  ) {
    this.kind = fileKindOf(path);
  }

  get text(): string {
    return this.doc.text;
  }

  get blocks(): readonly Block[] {
    return (this.#blocks ??=
      this.kind === 'data'
        ? parseDocument(this.path, new Uint8Array()).blocks
        : parseMarkdownText(this.text));
  }

  /** Blocks of one line, those inside others too, in order. */
  get lines(): readonly Block[] {
    return (this.#lines ??= flat(this.blocks));
  }

  get mentions(): readonly Mention[] {
    return (this.#mentions ??= mentionsOf(this));
  }

  /** The mentions that begin in a span, in order. */
  mentionsIn(start: number, end: number): readonly Mention[] {
    const { mentions } = this;
    let [low, high] = [0, mentions.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (mentions[middle]!.start < start) low = middle + 1;
      else high = middle;
    }
    let to = low;
    while (to < mentions.length && mentions[to]!.start < end) to++;
    return mentions.slice(low, to);
  }

  /** The line an offset is on. */
  lineAt(offset: number): Block | undefined {
    const lines = this.lines;
    let [low, high] = [0, lines.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (lines[middle]!.start <= offset) low = middle;
      else high = middle - 1;
    }
    return lines[low];
  }
}

/** A source of bytes from the disk. The BOM goes, as it does in editors, so that columns agree. */
export function diskSource(
  root: string,
  path: string,
  bytes: Uint8Array,
  encoding: PositionEncoding,
): Source {
  const text = decodeForReading(bytes);
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
  return new Source(path, new TextDoc(uriOfPath(`${root}/${path}`), plain, encoding));
}

function flat(blocks: readonly Block[]): Block[] {
  return blocks.flatMap((block) => (block.children.length > 0 ? flat(block.children) : [block]));
}
