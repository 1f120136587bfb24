import type { EventOf, Question } from '../../schemas/journal/events';
import type { FileDecision } from './state';

export interface OpenQuestion {
  readonly node: string;
  readonly question: Question;
}

/** The questions a run waits for, oldest first. */
export class Questions {
  private readonly byId = new Map<string, OpenQuestion>();
  private readonly perNode = new Map<string, number>();
  private listed: readonly OpenQuestion[] | undefined;

  get size(): number {
    return this.byId.size;
  }

  /** How many nodes wait for at least one answer. */
  get nodesWaiting(): number {
    return this.perNode.size;
  }

  waits(node: string): boolean {
    return this.perNode.has(node);
  }

  list(): readonly OpenQuestion[] {
    return (this.listed ??= [...this.byId.values()]);
  }

  open(node: string, question: Question): void {
    if (this.byId.has(question.id)) throw new Error(`question ${question.id} is open already`);
    this.byId.set(question.id, { node, question });
    this.perNode.set(node, (this.perNode.get(node) ?? 0) + 1);
    this.listed = undefined;
  }

  /** Closes a question and returns the node that asked; undefined when it is not open. */
  close(id: string): string | undefined {
    const open = this.byId.get(id);
    if (!open) return undefined;
    this.byId.delete(id);
    const left = this.perNode.get(open.node)! - 1;
    if (left === 0) this.perNode.delete(open.node);
    else this.perNode.set(open.node, left);
    this.listed = undefined;
    return open.node;
  }

  /** Takes over what `list` gave. */
  load(open: readonly OpenQuestion[]): void {
    for (const { node, question } of open) this.open(node, question);
  }

  clear(): void {
    this.byId.clear();
    this.perNode.clear();
    this.listed = undefined;
  }

  /** Forgets what a node asked: its attempt is over, nobody waits for the answer. */
  drop(node: string): void {
    if (!this.perNode.has(node)) return;
    for (const [id, open] of this.byId) if (open.node === node) this.close(id);
  }
}

/** The newest decision per changeset and path, in the order the files were first decided. */
export class Decisions {
  private readonly byFile = new Map<string, FileDecision>();
  private listed: readonly FileDecision[] | undefined;

  list(): readonly FileDecision[] {
    return (this.listed ??= [...this.byFile.values()]);
  }

  /** Takes over what `list` gave. */
  load(decisions: readonly FileDecision[]): void {
    for (const one of decisions) this.byFile.set(`${one.changeset}\n${one.path}`, one);
  }

  take({ changeset, path, decision, written }: EventOf<'FileDecided'>): void {
    this.byFile.set(`${changeset}\n${path}`, { changeset, path, decision, written });
    this.listed = undefined;
  }
}
