import type { Json } from '../base';
import { pathOf, type NodeRecord } from './node';

/** An outcome that may be taken over by equal work on equal inputs, and the attempt it comes from. */
export interface Reusable {
  readonly output: Json;
  readonly attempt: number;
}

/** Outcomes of earlier generations, by the node of the workflow (whatever the round) and its inputs. */
export class Reuse {
  private readonly known = new Map<string, Reusable[]>();

  /** Keeps the outcomes of a node and of all inside it; of the node itself only if `own`. */
  keep(node: NodeRecord, own: boolean): void {
    for (const round of node.rounds) for (const inner of round.records) this.keep(inner, true);
    if (!own || node.state !== 'completed' || node.inputHash === undefined) return;
    const key = keyOf(node, node.inputHash);
    const outcome = { output: node.output!, attempt: node.attempt };
    const others = this.known.get(key);
    if (others) others.push(outcome);
    else this.known.set(key, [outcome]);
  }

  /** Everything known, as JSON. */
  all(): [string, Reusable[]][] {
    return [...this.known];
  }

  /** Takes over what `all` gave. */
  load(known: readonly (readonly [string, readonly object[]])[]): void {
    for (const [key, outcomes] of known) this.known.set(key, [...outcomes] as Reusable[]);
  }

  find(node: NodeRecord, inputHash: string): Reusable | undefined {
    return this.known.get(keyOf(node, inputHash))?.[0];
  }

  /** An outcome was taken over; each is once. */
  taken(node: NodeRecord, inputHash: string): void {
    this.known.get(keyOf(node, inputHash))?.shift();
  }
}

const keyOf = (node: NodeRecord, inputHash: string): string => `${pathOf(node)}\n${inputHash}`;
