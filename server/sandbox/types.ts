import type { Context } from '../base';

/** What a command may see; made by the host, never from a tool's arguments or a workspace file. */
export interface CommandRequest {
  /** Run by `/bin/sh -c` inside the sandbox, with `cwd` as working directory. */
  readonly command: string;
  /** The agent's worktree: the only writable project folder. */
  readonly worktree: string;
  /** Folder below the worktree, '' for its top. */
  readonly cwd: string;
  /** A private home folder, writable, kept per worktree. */
  readonly home: string;
  readonly timeoutMs: number;
  /** Output kept: the head and tail of at most this many bytes. */
  readonly outputBytes: number;
}

export interface CommandResult {
  /** Exit code; 124 when it ran out of time, 137 when it was killed. */
  readonly exitCode: number;
  /** Standard output and error as they came, cut in the middle when too long, invalid UTF-8 replaced. */
  readonly output: string;
  readonly timedOut: boolean;
  readonly truncated: boolean;
  readonly milliseconds: number;
}

/** How commands are kept in. `level` is what probes showed at start, not what was configured. */
export interface Sandbox {
  readonly level: 'isolated' | 'partly' | 'none';
  readonly detail: string;
  run(ctx: Context, request: CommandRequest): Promise<CommandResult>;
}
