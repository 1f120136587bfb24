/**
 * The second bundle: everything that talks to the sidecar. It is loaded on first need, so that an editor that
 * merely has Symphony installed pays for neither the protocol library nor the schemas.
 * Invariant: nothing here is imported by the first bundle except types.
 */
import { attach } from './link';
import { LiveSession } from './session';
import type { Session, SessionHost } from './types';

declare const __BUILD__: { version: string; stamp: number };

/** Opens a session; it connects by itself, and again after every loss, until it is closed. */
export function openSession(host: SessionHost): Session {
  return new LiveSession(host, __BUILD__, attach);
}
