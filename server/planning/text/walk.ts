import { type Block, contentOf, leaf } from './nodes';

/** A top-level block with where it stands. */
export interface Standing {
  readonly block: Block;
  readonly index: number;
  /** Texts of the headings around it, outermost first. */
  readonly headings: readonly string[];
  /** How many `<details>` are open around it. */
  readonly details: number;
}

/** The top-level blocks in order, each with its headings and `<details>`. */
export function* walk(blocks: readonly Block[]): Generator<Standing> {
  let around: { readonly level: number; readonly text: string }[] = [];
  let details = 0;
  for (const [index, block] of blocks.entries()) {
    if (block.kind === 'heading') {
      const level = leaf(block, 'marker')!.text.length;
      around = [
        ...around.filter((heading) => heading.level < level),
        { level, text: contentOf(block).trim() },
      ];
    }
    yield { block, index, headings: around.map((heading) => heading.text), details };
    if (block.kind === 'details') details = Math.max(0, details + detailsBalance(block));
  }
}

/** Opened less closed `<details>` of a line. */
export function detailsBalance(block: Block): number {
  let balance = 0;
  for (const { role, text } of block.leaves) {
    if (role !== 'tag') continue;
    if (/^<details/i.test(text)) balance += 1;
    else if (/^<\/details/i.test(text)) balance -= 1;
  }
  return balance;
}
