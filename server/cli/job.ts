import type { Build } from '../../schemas';
import type { Environment, NodeProgram } from '../../schemas/link';
import type { Printer, Terminal } from './output';
import type { Sidecar } from './wire';

/** What the command line needs of the machine; given, so that tests can stand in for it. */
export interface CliHost {
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly cwd: string;
  readonly build: Build;
  readonly node: NodeProgram;
  readonly sidecar: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Lets the person change a text in their editor; undefined where they left it empty or the editor failed. `name` is a file name for it. */
  edit?(text: string, name: string): Promise<string | undefined>;
  /** Runs a sidecar in this terminal and answers its exit code. */
  serve(root: string): Promise<number>;
}

/** What every command works with. */
export interface Job {
  readonly host: CliHost;
  readonly print: Printer;
  readonly root: string;
  /** Attaches; `start: false` only looks. */
  open(options?: { start: boolean }): Promise<Sidecar>;
}
