/**
 * The journal knows more of a run than the one who appends to it: somebody else owns the run now.
 * Trying again cannot help; the loser lets go of the run.
 */
export class SeqConflict extends Error {
  override readonly name = 'SeqConflict';
  constructor(
    readonly run: string,
    readonly expected: number,
    readonly found: number,
  ) {
    super(`run ${run}: appending after seq ${expected}, but the journal holds seq ${found}`);
  }
}

/** An event is durable that cannot follow the ones before: recording it again would make it worse. */
export class BrokenFold extends Error {
  override readonly name = 'BrokenFold';
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
