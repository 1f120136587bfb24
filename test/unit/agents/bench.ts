import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { worktreeTools, type Tool } from '../../../server/agents';
import { silentLog, type Json } from '../../../server/base';
import type { Sandbox } from '../../../server/sandbox';
import { Steps } from './fakes';

export const ctx = { signal: new AbortController().signal, log: silentLog };

/** A worktree with tools for each test of a suite, beside a secret no tool may reach. */
export class Bench {
  base = '';
  worktree = '';
  steps = new Steps();
  tools = new Map<string, Tool>();
  commands: string[] = [];
  sandbox: Sandbox = {
    level: 'isolated',
    detail: 'd',
    run: async (_ctx, { command }) => {
      this.commands.push(command);
      return { exitCode: 2, output: 'out', timedOut: false, truncated: false, milliseconds: 1 };
    },
  };

  constructor() {
    beforeEach(async () => {
      this.base = await mkdtemp(path.join(tmpdir(), 'symphony-tools-'));
      this.worktree = path.join(this.base, 'worktree');
      await mkdir(path.join(this.worktree, 'src'), { recursive: true });
      await writeFile(path.join(this.base, 'secret'), 'canary');
      this.commands = [];
      this.fresh();
    });
    afterEach(() => rm(this.base, { recursive: true, force: true }));
  }

  /** New tools over the same worktree, as after a restart. */
  fresh(sandbox = this.sandbox): void {
    this.steps = new Steps();
    const { worktree, base: home, steps } = this;
    const list = worktreeTools({ worktree, home, sandbox, node: steps.context() });
    this.tools = new Map(list.map((tool) => [tool.spec.name, tool]));
  }

  use = (tool: string, input: Json) => this.tools.get(tool)!.run(ctx, input);
  put = (name: string, bytes: string | Buffer) => writeFile(path.join(this.worktree, name), bytes);
  bytes = (name: string) => readFile(path.join(this.worktree, name));
  read = (name: string) => this.use('read_files', { files: [{ path: name }] });
}
