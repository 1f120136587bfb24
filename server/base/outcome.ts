import type { Code, CodeArgs, Problem } from '../../schemas/codes';

/** An expected result: either a value or a problem a person can read. Broken invariants throw instead. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export const ok = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failed = (code: Code, args: CodeArgs = {}): Outcome<never> => ({
  ok: false,
  problem: { code, args },
});

/** A problem on its way up a call stack; the wire and the journal carry only its `problem`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(
    readonly problem: Problem,
    options?: ErrorOptions,
  ) {
    super(`${problem.code} ${JSON.stringify(problem.args)}`, options);
  }
}

/** The one factory for thrown problems. */
export function problem(code: Code, args: CodeArgs = {}, cause?: unknown): ProblemError {
  return new ProblemError({ code, args }, cause === undefined ? undefined : { cause });
}

/** What to record or show for anything that was thrown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  if (thrown instanceof Error && thrown.name === 'AbortError') return { code: 'cancelled', args: {} };
  if (thrown instanceof Error && isDiskFull(thrown))
    return {
      code: 'data.diskFull',
      args: { path: String((thrown as { path?: unknown }).path ?? 'the data folder') },
    };
  return {
    code: 'internal.unexpected',
    args: { detail: thrown instanceof Error ? thrown.message : String(thrown) },
  };
}

/** Whatever was being written, wherever it was thrown: no room is left. */
function isDiskFull(thrown: Error): boolean {
  const { code } = thrown as { code?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT';
}
