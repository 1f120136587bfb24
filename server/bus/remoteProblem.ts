import { problem, problemOf, type ProblemError } from '../base';
import { codes, type Code, type CodeArgs } from '../../schemas/codes';
import type { Envelope } from './envelope';
import { pack, unpack } from './payload';

/** What goes into an error: the code and its arguments, nothing of the stack. */
export function packProblem(thrown: unknown): Buffer {
  const { code, args } = problemOf(thrown);
  try {
    return pack({ code, args });
  } catch {
    return pack({ code: 'internal.unexpected', args: { detail: 'the error could not be written' } });
  }
}

/** The problem of an error that came; one whose code is not known here is named with who sent it. */
export function readProblem(envelope: Envelope, from: string): ProblemError {
  const given = unpack(envelope.bytes, envelope.payloadStart, envelope.payloadEnd);
  const { code, args } = (typeof given === 'object' && given !== null ? given : {}) as {
    readonly code?: unknown;
    readonly args?: unknown;
  };
  if (typeof code === 'string' && Object.hasOwn(codes, code) && isArgs(args))
    return problem(code as Code, args);
  return problem('bus.remote', {
    peer: from,
    detail: typeof code === 'string' ? code.slice(0, 200) : 'no code',
  });
}

function isArgs(args: unknown): args is CodeArgs {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return false;
  return Object.values(args).every((value) => typeof value === 'string' || typeof value === 'number');
}
