import { execFile } from 'node:child_process';
import { problem } from '../problems';

/** How to start a program of ours: the executable, and what its environment needs besides the usual. */
export interface NodeCommand {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What was found when a runtime was asked for `node:sqlite`. */
export type Probe = (
  runtime: NodeCommand,
) => Promise<{ ok: true; version: string } | { ok: false; why: string }>;

/** The oldest Node on PATH that is taken; older ones have `node:sqlite` only behind a flag. */
const oldestOnPath = 24;

/**
 * Chooses the Node.js that runs the sidecar: the one the person named, else the editor's own, else the one on
 * PATH. A named one that does not work is an error, not a reason to take another silently.
 * @throws sidecar.noNode naming everything that was tried
 */
export async function chooseNode(
  setting: string,
  editor: string,
  probe: Probe = probeRuntime,
): Promise<NodeCommand> {
  const named: NodeCommand = { command: setting, env: {} };
  const own: NodeCommand = { command: editor, env: { ELECTRON_RUN_AS_NODE: '1' } };
  const onPath: NodeCommand = { command: 'node', env: {} };
  const tried: string[] = [];
  for (const runtime of setting === '' ? [own, onPath] : [named]) {
    const found = await probe(runtime);
    if (found.ok && (runtime !== onPath || majorOf(found.version) >= oldestOnPath)) return runtime;
    tried.push(`${runtime.command}: ${found.ok ? found.version : found.why}`);
  }
  throw problem('sidecar.noNode', { tried: tried.join('; ') });
}

const majorOf = (version: string): number => Number.parseInt(version.replace(/^v/, ''), 10) || 0;

/**
 * The environment of a program of ours: the person's own without what belongs to the editor's processes.
 * `NODE_OPTIONS` would load somebody's hooks into the sidecar; `VSCODE_*` and `ELECTRON_*` would make it take
 * itself for a part of the editor.
 */
export function programEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/i.test(entry[0]),
  );
  return Object.fromEntries(kept);
}

/** Asks a runtime, in a process of its own without inherited flags, whether it knows `node:sqlite`. */
export const probeRuntime: Probe = (runtime) =>
  new Promise((resolve) => {
    execFile(
      runtime.command,
      ['-e', "require('node:sqlite'); process.stdout.write(process.version)"],
      { env: { ...programEnvironment(process.env), ...runtime.env }, timeout: 5000, windowsHide: true },
      (error, stdout, stderr) => {
        if (!error && /^v\d+/.test(stdout)) resolve({ ok: true, version: stdout.trim() });
        else resolve({ ok: false, why: reasonOf(error, stderr) });
      },
    );
  });

function reasonOf(error: (Error & { code?: unknown }) | null, stderr: string): string {
  if (error?.code === 'ENOENT' || error?.code === 'EACCES') return error.code;
  const line = stderr.split('\n').find((text) => /Error/.test(text));
  return (line ?? error?.message ?? 'no version').slice(0, 200);
}
