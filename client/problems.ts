import { codes, type Code, type CodeArgs, type Problem } from '../schemas/codes';

/** A problem on its way up a call stack. It crosses from one bundle to the other, so nobody asks `instanceof`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

/** The client's factory of thrown problems. */
export const problem = (code: Code, args: CodeArgs = {}): ProblemError => new ProblemError({ code, args });

/** What to show for anything that was thrown, whichever bundle or process threw it. */
export function problemOf(thrown: unknown): Problem {
  const carried = carriedProblem(thrown);
  if (carried) return carried;
  if (thrown instanceof Error && /^(AbortError|Canceled|CancellationError)$/.test(thrown.name)) {
    return { code: 'cancelled', args: {} };
  }
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal.unexpected', args: { detail } };
}

/** The problem inside an error: our own (`problem`) or a JSON-RPC one (`data`, or `data.problem`). */
function carriedProblem(thrown: unknown): Problem | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { problem: own, data } = thrown as { problem?: unknown; data?: unknown };
  const inner =
    typeof data === 'object' && data !== null ? (data as { problem?: unknown }).problem : undefined;
  return [own, data, inner].find(isProblem);
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { code, args } = value as { code?: unknown; args?: unknown };
  return typeof code === 'string' && Object.hasOwn(codes, code) && typeof args === 'object' && args !== null;
}
