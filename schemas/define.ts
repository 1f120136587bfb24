import type * as z from 'zod/mini';
import type { Code } from './codes';

/**
 * One message of the wire, declared once as a value: types are inferred from it, validators are its
 * schemas, `docs/protocol.md` and `schemas/generated/protocol.schema.json` are written from it.
 */
export interface RequestSpec<
  P extends z.ZodMiniType = z.ZodMiniType,
  R extends z.ZodMiniType = z.ZodMiniType,
> {
  readonly kind: 'request';
  readonly method: string;
  /** Who asks whom. */
  readonly direction: 'client→sidecar' | 'sidecar→client';
  /** One sentence: what goes in, what comes out. */
  readonly doc: string;
  readonly params: P;
  readonly result: R;
  /** The codes this request can fail with, besides `request.*`, `cancelled` and `internal.unexpected`. */
  readonly errors: readonly Code[];
  /** `read` may run beside anything; `write` requests of one connection keep their order. */
  readonly runs: 'read' | 'write';
}

export interface NotificationSpec<P extends z.ZodMiniType = z.ZodMiniType> {
  readonly kind: 'notification';
  readonly method: string;
  readonly direction: 'client→sidecar' | 'sidecar→client';
  readonly doc: string;
  readonly params: P;
}

export type ParamsOf<S extends { params: z.ZodMiniType }> = z.infer<S['params']>;
export type ResultOf<S extends { result: z.ZodMiniType }> = z.infer<S['result']>;

/** Declares a request. */
export function request<P extends z.ZodMiniType, R extends z.ZodMiniType>(
  spec: Omit<RequestSpec<P, R>, 'kind'>,
): RequestSpec<P, R> {
  return { kind: 'request', ...spec };
}

/** Declares a notification. */
export function notification<P extends z.ZodMiniType>(
  spec: Omit<NotificationSpec<P>, 'kind'>,
): NotificationSpec<P> {
  return { kind: 'notification', ...spec };
}
