import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { attach, dataHome, type AttachOptions, type Attachment } from '../../schemas/link';
import { isGone, waitUntil } from './processes';

const project = path.resolve(__dirname, '../..');
const tsx = pathToFileURL(require.resolve('tsx', { paths: [project] })).href;

export const realSidecar = path.join(project, 'server/main.ts');
export const fakeSidecar = path.join(project, 'test/sidecar/fake.ts');
export const sources = { command: process.execPath, args: ['--import', tsx], env: {} };
export const build = { version: '0.0.0', stamp: 0 };

/** A workspace folder with a data folder of its own; `dispose` ends every sidecar attached to through it. */
export class Workbench {
  readonly folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-link-')));
  readonly root = path.join(this.folder, 'project');
  readonly state = path.join(this.folder, 'state');
  private readonly attached: Attachment[] = [];
  readonly pids = new Set<number>();

  constructor(private readonly variables: Readonly<Record<string, string>> = {}) {
    mkdirSync(this.root);
    mkdirSync(this.state);
  }

  options(more: Partial<AttachOptions> = {}): AttachOptions {
    return {
      root: this.root,
      build,
      client: 'test',
      node: sources,
      sidecar: realSidecar,
      env: { HOME: this.folder, PATH: process.env.PATH, SYMPHONY_HOME: this.state, ...this.variables },
      start: true,
      signal: new AbortController().signal,
      log: (_message, facts) => {
        const { pid } = (facts ?? {}) as { pid?: number };
        if (pid !== undefined) this.pids.add(pid);
      },
      ...more,
    };
  }

  fake(mode: string, more: Partial<AttachOptions> = {}): AttachOptions {
    const plain = this.options(more);
    return { ...plain, sidecar: fakeSidecar, env: { ...plain.env, SYMPHONY_FAKE: mode } };
  }

  /** Starts a fake that nobody waits for, and answers when it is announced. */
  async squat(mode: string): Promise<number> {
    const { node, sidecar, env } = this.fake(mode);
    const args = [...node.args!, sidecar, 'serve', '--root', this.root];
    const child = spawn(node.command, args, { env: env as NodeJS.ProcessEnv, stdio: 'ignore' });
    this.pids.add(child.pid!);
    await waitUntil(() => existsSync(dataHome(this.state, 'ws-fake').endpoint));
    return child.pid!;
  }

  async attach(options: AttachOptions = this.options()): Promise<Attachment> {
    const attachment = await attach(options);
    this.attached.push(attachment);
    this.pids.add(attachment.endpoint.pid);
    return attachment;
  }

  async dispose(): Promise<void> {
    for (const { socket } of this.attached) socket.destroy();
    for (const pid of this.pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
      await waitUntil(() => isGone(pid));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
