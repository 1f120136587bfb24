import type { Socket } from 'node:net';
import type { Build, Endpoint } from '../../schemas/wire';
import type { NodeCommand } from './node';

/** What it takes to find, start and prove a sidecar. */
export interface AttachOptions {
  /** The workspace folder. */
  readonly root: string;
  readonly build: Build;
  readonly client: 'editor' | 'cli' | 'test';
  readonly node: NodeCommand;
  /** The sidecar's program, `dist/sidecar.cjs`. */
  readonly sidecar: string;
  readonly env: Readonly<Record<string, string>>;
  /** Start one when none answers. */
  readonly start: boolean;
  readonly signal: AbortSignal;
  readonly log: (message: string, facts?: object) => void;
}

/** A proven connection, right after the handshake; JSON-RPC begins on `socket`. */
export interface Attachment {
  readonly socket: Socket;
  readonly epoch: string;
  readonly workspace: string;
  readonly build: Build;
  readonly endpoint: Endpoint;
}

export type Attach = (options: AttachOptions) => Promise<Attachment>;
