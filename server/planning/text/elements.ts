import { type Block, serialise } from './nodes';

/** A tag with what stands between it and its end. Content is prose and code, not XML. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** 1-based line of the opening tag. */
  readonly line: number;
  readonly content: string;
  /** Where the content begins in the decoded text. */
  readonly start: number;
  readonly closed: boolean;
  readonly children: readonly Element[];
}

/** Which known tags count inside which; in all other places they are content. */
const childrenOf: Readonly<Record<string, readonly string[] | 'all'>> = {
  '': 'all',
  tasks: ['task', 'feature'],
  task: 'all',
  checkpoint: 'all',
  feature: ['name', 'files', 'behavior', 'implementation', 'verify', 'done', 'action'],
  verify: ['automated', 'human-check', 'manual'],
  options: ['option'],
  option: ['name', 'pros', 'cons'],
  threat_model: ['trust_boundaries', 'threats', 'high_severity_blockers'],
};

/** No plan nests deeper; further tags are content. */
const deepest = 40;

interface Open {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly line: number;
  readonly start: number;
  readonly children: Element[];
}

/** The elements at the top level of a file, in order. */
export function elementsOf(blocks: readonly Block[]): Element[] {
  const text = serialise(blocks);
  const root: Open = { name: '', attributes: {}, line: 1, start: 0, children: [] };
  const stack: Open[] = [root];
  const top = (): Open => stack.at(-1)!;
  const close = (end: number, closed: boolean): void => {
    const { start, ...done } = stack.pop()!;
    top().children.push({ ...done, start, content: text.slice(start, end), closed });
  };
  const closeDownTo = (depth: number, end: number): void => {
    while (stack.length > depth + 1) close(end, false);
    close(end, true);
  };
  for (const block of blocks) {
    if (block.kind !== 'tag') continue;
    for (const leaf of block.leaves) {
      if (leaf.role !== 'tag') continue;
      const tag = /^<(\/?)([A-Za-z][\w-]*)(.*?)(\/?)>$/s.exec(leaf.text);
      if (!tag) continue;
      const name = tag[2]!;
      if (tag[1] === '/') {
        const depth = stack.findLastIndex((open) => open.name === name);
        if (depth > 0) closeDownTo(depth, leaf.start);
        continue;
      }
      if (name === 'task' && stack.some((open) => open.name === 'task') && atLineStart(block, leaf.start)) {
        // A new task begins although the last one was not closed.
        const depth = stack.findIndex((open) => open.name === 'task');
        while (stack.length > depth) close(leaf.start, false);
      }
      const allowed = childrenOf[top().name] ?? [];
      if ((allowed !== 'all' && !allowed.includes(name)) || stack.length > deepest) continue;
      const start = leaf.start + leaf.text.length;
      stack.push({ name, attributes: attributesOf(tag[3]!), line: block.line, start, children: [] });
      if (tag[4] === '/') close(start, true);
    }
  }
  while (stack.length > 1) close(text.length, false);
  return root.children;
}

/** All elements of a name, at any depth, in order. */
export function elementsNamed(elements: readonly Element[], name: string): Element[] {
  return elements.flatMap((one) => (one.name === name ? [one] : elementsNamed(one.children, name)));
}

/** `&lt;`, `&gt;`, `&amp;`, quotes and numeric references as characters. */
export function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos));/gi,
    (whole, dec, hex, name) => {
      if (name) return named[(name as string).toLowerCase()] ?? whole;
      const point = dec ? Number(dec) : parseInt(hex as string, 16);
      return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)
        ? String.fromCodePoint(point)
        : whole;
    },
  );
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function atLineStart(block: Block, start: number): boolean {
  return block.leaves.find((one) => one.role !== 'indent')?.start === start;
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const match of text.matchAll(/([A-Za-z_][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g)) {
    attributes[match[1]!] = match[2] ?? match[3] ?? match[4] ?? '';
  }
  return attributes;
}
