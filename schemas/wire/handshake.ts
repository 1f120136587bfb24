import * as z from 'zod/mini';

/**
 * The talk before JSON-RPC begins: four lines of JSON, each ended by `\n`, each at most 4,096 bytes,
 * the whole within a second. Both sides prove that they hold the token of the 0600 token file without
 * sending it, so that neither a squatter on the socket nor another user learns or gains anything.
 *
 * 1. client  → `hello`     its nonce, protocol, build
 * 2. sidecar → `challenge` its nonce and `HMAC-SHA256(token, "sidecar" ‖ clientNonce ‖ sidecarNonce)`
 * 3. client  → `proof`     `HMAC-SHA256(token, "client" ‖ clientNonce ‖ sidecarNonce)`
 * 4. sidecar → `welcome`   or `refusal`
 */
export const protocolVersion = 1;
/** The oldest protocol this build still speaks. */
export const oldestProtocol = 1;

export const handshakeLimits = { lineBytes: 4096, milliseconds: 1000 } as const;

/** Builds are totally ordered by `(version, stamp)`, so that two of them never shut each other down in a loop. */
export const build = z.object({
  version: z.string(),
  /** Milliseconds since the epoch at which the bundle was made; 0 for a development build. */
  stamp: z.int(),
});
export type Build = z.infer<typeof build>;

const nonce = z.string().check(z.regex(/^[0-9a-f]{64}$/));

export const hello = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  build,
  /** `peer` is one who comes to the bus. */
  client: z.enum(['editor', 'cli', 'test', 'peer']),
  nonce,
});
export const challenge = z.object({
  type: z.literal('challenge'),
  protocol: z.int(),
  oldestProtocol: z.int(),
  build,
  nonce,
  proof: nonce,
});
export const proof = z.object({ type: z.literal('proof'), proof: nonce });
export const welcome = z.object({
  type: z.literal('welcome'),
  /** Names one life of a sidecar; it changes with every start. */
  epoch: z.string(),
  workspace: z.string(),
});
export const refusal = z.object({ type: z.literal('refusal'), code: z.string(), detail: z.string() });

/** What the sidecar writes beside its token so that clients find it (0600). */
export const endpoint = z.object({
  layout: z.literal(1),
  /** Unix socket path or Windows pipe name. */
  address: z.string(),
  pid: z.int(),
  epoch: z.string(),
  build,
  /** The workspace folder this sidecar serves, as a real path. */
  root: z.string(),
});
export type Endpoint = z.infer<typeof endpoint>;
