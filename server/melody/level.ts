import type { MelodyEdge, MelodyNode } from '../../schemas/melody';
import { graphOf, orderOf, type Graph, type Order } from './graph';
import { portsOf, type In, type Out, type Ports } from './ports';
import type { Path } from './types';

/** A node that has a body. */
export type Owner = Extract<MelodyNode, { readonly kind: 'loop' | 'map' }>;

/** An edge both of whose ends were found. */
export interface Link {
  readonly edge: MelodyEdge;
  /** Its place in the list of edges. */
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly out: Out | undefined;
  readonly in: In | undefined;
}

/** The nodes and edges of one level: the Melody’s own, or those in one body. */
export class Level {
  /** The first node of each id, malformed ones included, so that their edges are not called dangling. */
  readonly byId = new Map<string, number>();
  /** Filled by the rule that looks at the ends of edges. */
  links: Link[] = [];
  /** Edges that could not be followed, told already: their ends count as connected, so that one slip is told once. */
  readonly lost: { readonly from: string; readonly to: string }[] = [];
  readonly #ports: (Ports | undefined)[];
  #graph: Graph | undefined;
  #order: Order | undefined;

  constructor(
    readonly path: Path,
    readonly owner: { readonly node: Owner; readonly path: Path } | undefined,
    readonly depth: number,
    /** undefined: malformed, and told already. */
    readonly nodes: readonly (MelodyNode | undefined)[],
    readonly edges: readonly (MelodyEdge | undefined)[],
    ids: readonly unknown[],
  ) {
    this.#ports = new Array<Ports | undefined>(nodes.length);
    ids.forEach((id, index) => {
      if (typeof id === 'string' && !this.byId.has(id)) this.byId.set(id, index);
    });
  }

  nodePath = (index: number): Path => [...this.path, 'nodes', index];
  edgePath = (index: number): Path => [...this.path, 'edges', index];

  /** The ports of a node; undefined where the node is malformed. */
  ports(index: number): Ports | undefined {
    const node = this.nodes[index];
    return node === undefined ? undefined : (this.#ports[index] ??= portsOf(node));
  }

  /** The node and port an end of an edge names, as far as they are there. */
  endOf(end: string): { readonly node: number | undefined; readonly port: In | undefined } {
    const dot = end.lastIndexOf('.');
    const node = this.byId.get(end) ?? this.byId.get(end.slice(0, Math.max(0, dot)));
    const ports = node === undefined ? undefined : this.ports(node);
    return { node, port: ports?.inputs.get(end.slice(dot + 1)) };
  }

  nameOf = (index: number): string => this.nodes[index]?.id ?? `nodes[${index}]`;

  /** What waits for what, by whatever kind of edge. */
  get graph(): Graph {
    return (this.#graph ??= graphOf(
      this.nodes.length,
      this.links.map(({ from }) => from),
      this.links.map(({ to }) => to),
    ));
  }

  get order(): Order {
    return (this.#order ??= orderOf(this.graph));
  }
}
