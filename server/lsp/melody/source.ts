import { findNodeAtLocation, findNodeAtOffset, getNodePath, parseTree, type Node } from 'jsonc-parser';
import { readMelody, type Path, type ReadMelody } from '../../melody';
import type { TextDoc } from '../text/textDoc';

/** Beyond this a file is checked and nothing else: nobody writes it by hand. */
const longest = 4_000_000;

/** A node of a Melody as it stands in the text, whole or not. */
export interface MelodyItem {
  readonly id: string;
  /** Of the level it lies in: the path of the document or body around `nodes`. */
  readonly level: string;
  readonly path: Path;
  readonly tree: Node;
  /** The string that is its id. */
  readonly name: Node;
  readonly kind: string;
}

/** An end of an edge or a policy: a text that names a node, perhaps with a port. */
export interface MelodyEnd {
  readonly level: string;
  readonly node: string;
  readonly port: string | undefined;
  /** Of the node’s name inside the quotes. */
  readonly start: number;
  readonly end: number;
  readonly side: 'from' | 'to' | 'policy';
}

/** One `*.melody.json`; works on what can be read of a file that is being written. */
export class MelodySource {
  #read: ReadMelody | undefined;
  #tree: Node | undefined;
  #items: readonly MelodyItem[] | undefined;
  #ends: readonly MelodyEnd[] | undefined;

  constructor(
    readonly path: string,
    readonly doc: TextDoc,
  ) {}

  get text(): string {
    return this.doc.text;
  }

  get read(): ReadMelody {
    return (this.#read ??= readMelody(this.text, this.path));
  }

  get tree(): Node | undefined {
    if (this.#tree === undefined && this.text.length <= longest && !isTooDeep(this.read))
      this.#tree = parseTree(this.text, [], { allowTrailingComma: true });
    return this.#tree;
  }

  get items(): readonly MelodyItem[] {
    if (!this.#items) this.gather();
    return this.#items!;
  }

  get ends(): readonly MelodyEnd[] {
    if (!this.#ends) this.gather();
    return this.#ends!;
  }

  /** The innermost value at an offset and the way to it. */
  at(offset: number): { readonly node: Node; readonly path: Path } | undefined {
    const node = this.tree && findNodeAtOffset(this.tree, offset, true);
    return node && { node, path: getNodePath(node) as Path };
  }

  value(path: Path): Node | undefined {
    return this.tree && findNodeAtLocation(this.tree, [...path]);
  }

  item(level: string, id: string): MelodyItem | undefined {
    return this.items.find((item) => item.level === level && item.id === id);
  }

  private gather(): void {
    const items: MelodyItem[] = [];
    const ends: MelodyEnd[] = [];
    const waiting: { readonly node: Node | undefined; readonly path: Path }[] = [
      { node: this.tree, path: [] },
    ];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { node, path } = next;
      const level = path.join('/');
      property(node, 'nodes')?.children?.forEach((tree, index) => {
        const name = property(tree, 'id');
        const itemPath: Path = [...path, 'nodes', index];
        if (typeof name?.value === 'string')
          items.push({
            id: name.value,
            level,
            path: itemPath,
            tree,
            name,
            kind: String(property(tree, 'kind')?.value ?? ''),
          });
        const body = property(tree, 'body');
        if (body) waiting.push({ node: body, path: [...itemPath, 'body'] });
        const policy = property(tree, 'policy');
        for (const way of ['fallback', 'compensate'])
          addEnd(ends, property(property(policy, way), 'node'), level, 'policy', false);
      });
      for (const edge of property(node, 'edges')?.children ?? []) {
        const hasPorts = property(edge, 'kind')?.value === 'data';
        for (const side of ['from', 'to'] as const) addEnd(ends, property(edge, side), level, side, hasPorts);
      }
    }
    this.#items = items;
    this.#ends = ends;
  }
}

/** The value of a key of an object. */
export function property(node: Node | undefined, key: string): Node | undefined {
  if (node?.type !== 'object') return undefined;
  return node.children?.find((one) => one.children?.[0]?.value === key)?.children?.[1];
}

function addEnd(
  ends: MelodyEnd[],
  node: Node | undefined,
  level: string,
  side: MelodyEnd['side'],
  hasPorts: boolean,
): void {
  if (typeof node?.value !== 'string') return;
  // Ids may hold dots; the port is what follows the last one.
  const dot = hasPorts ? node.value.lastIndexOf('.') : -1;
  const name = dot < 0 ? node.value : node.value.slice(0, dot);
  const start = node.offset + 1;
  const port = dot < 0 ? undefined : node.value.slice(dot + 1);
  ends.push({ level, node: name, port, start, end: start + name.length, side });
}

const isTooDeep = ({ findings }: ReadMelody): boolean =>
  findings.some(({ problem }) => problem.code === 'melody.tooDeep' || problem.code === 'melody.tooLarge');
