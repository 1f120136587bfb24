import type { BoardView } from '../../schemas';
import type { ServiceBoardPatch } from './service';

/**
 * Lets the patches of a board follow its snapshot. Patches that appear while the snapshot is on its
 * way are held back, because a client cannot apply what it has no revision for.
 */
export class BoardWatch {
  private readonly held = new Map<string, ServiceBoardPatch[]>();
  private readonly watched = new Set<string>();

  constructor(private readonly send: (patch: ServiceBoardPatch) => void) {}

  /** Takes the snapshot of `run`; `whenSent` is called with what to do after it has left. */
  async snapshot(
    run: string,
    take: () => Promise<BoardView>,
    whenSent: (then: () => void) => void,
  ): Promise<BoardView> {
    if (!this.held.has(run)) this.held.set(run, []);
    try {
      const view = await take();
      this.watched.add(run);
      whenSent(() => this.release(run, view.revision));
      return view;
    } catch (thrown) {
      this.release(run, Number.POSITIVE_INFINITY);
      throw thrown;
    }
  }

  notice(patch: ServiceBoardPatch): void {
    const held = this.held.get(patch.run);
    if (held !== undefined) held.push(patch);
    else if (this.watched.has(patch.run)) this.send(patch);
  }

  private release(run: string, revision: number): void {
    const held = this.held.get(run) ?? [];
    this.held.delete(run);
    for (const patch of held) if (patch.from >= revision) this.send(patch);
  }
}
