import { problem } from '../../base';
import { hasLoneSurrogates } from '../text/bytes';
import { type Block, endOf, serialise } from '../text/nodes';
import { parseMarkdown } from '../text/parse';
import { type Splice, applySplices, invertSplices } from '../text/splice';

export interface Intent {
  readonly file: string;
  /** What is being set, for the message of a refusal. */
  readonly what: string;
  /** Whether the edited blocks say what was asked for. */
  readonly holds: (blocks: readonly Block[]) => boolean;
}

/**
 * Returns the splices if they do what was asked and nothing else: the edited text is parsed again, must
 * hold the intended value, and every line outside the splices must still mean what it meant. Throws
 * `planning.valueRefused` otherwise, for example when a value would open a comment.
 */
export function proved(
  blocks: readonly Block[],
  splices: readonly Splice[],
  intent: Intent,
): readonly Splice[] {
  const refused = (detail: string): never => {
    throw problem('planning.valueRefused', { file: intent.file, field: intent.what, detail });
  };
  if (splices.some((splice) => hasLoneSurrogates(splice.text))) refused('it is not valid Unicode');
  const text = serialise(blocks);
  const edited = parseMarkdown(applySplices(text, splices));
  if (!intent.holds(edited)) refused('it would not be read back as it is written');
  const before = outline(blocks, splices);
  const after = outline(edited, invertSplices(text, splices));
  if (before.length !== after.length || before.some((kind, index) => kind !== after[index])) {
    refused('it would change the meaning of other lines');
  }
  return splices;
}

/** Throws `planning.valueRefused` for a value that is not one line. */
export function oneLine(value: string, file: string, what: string): string {
  // eslint-disable-next-line no-control-regex -- control characters would make the line unreadable
  if (/[\0-\x1f]/.test(value)) {
    throw problem('planning.valueRefused', { file, field: what, detail: 'it is more than one line of text' });
  }
  return value.trim();
}

/** Kinds of all lines that no splice touches, in order. */
function outline(blocks: readonly Block[], splices: readonly Splice[]): string[] {
  const sorted = [...splices].sort((a, b) => a.start - b.start);
  const kinds: string[] = [];
  let next = 0;
  const visit = (block: Block): void => {
    if (block.children.length > 0) {
      for (const child of block.children) visit(child);
      return;
    }
    const end = endOf(block);
    while (next < sorted.length && sorted[next]!.end < block.start) next += 1;
    const splice = sorted[next];
    const touched = splice !== undefined && splice.start <= end && splice.end >= block.start;
    if (!touched) kinds.push(block.kind);
  };
  for (const block of blocks) visit(block);
  return kinds;
}
