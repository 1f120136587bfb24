import type { Code, CodeArgs, Problem } from '../codes';

/** Attaching failed in a way a person can be told; `problem` is what to show. */
export class AttachError extends Error {
  override readonly name = 'AttachError';
  readonly problem: Problem;

  constructor(code: Code, args: CodeArgs = {}, options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(args)}`, options);
    this.problem = { code, args };
  }
}
