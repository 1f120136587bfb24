import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import type { Context } from '../base';
import { allowedVariables } from './environment';
import type { CommandRequest, CommandResult, Sandbox } from './types';

/** What an attempt to get out showed. */
export interface Probe {
  readonly name: 'control' | 'read' | 'write' | 'network' | 'environment' | 'signal' | 'limits';
  readonly passed: boolean;
  readonly detail: string;
}

/**
 * Tries to get out of a sandbox with one command, and checks from outside what it achieved. The positive
 * control (reading and writing inside must work) keeps a sandbox that runs nothing from passing for a
 * tight one. `folder` is private to the caller and not below a folder the sandbox replaces.
 */
export async function probeSandbox(
  ctx: Context,
  run: (ctx: Context, request: CommandRequest) => Promise<CommandResult>,
  folder: string,
): Promise<Probe[]> {
  const base = await mkdtemp(path.join(folder, 'probe-'));
  const secret = randomBytes(12).toString('hex');
  const worktree = path.join(base, 'worktree');
  const home = path.join(base, 'home');
  const outside = path.join(base, 'outside');
  let connections = 0;
  const listener = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  const victim = spawn('/bin/sleep', ['30'], { stdio: 'ignore', env: {} });
  const ended = new Promise<void>((resolve) => victim.once('exit', () => resolve()));
  victim.once('error', () => undefined);
  try {
    for (const each of [worktree, home, outside]) await mkdir(each);
    await writeFile(path.join(outside, 'canary'), secret);
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(0, '127.0.0.1', resolve);
    });
    const { port } = listener.address() as AddressInfo;
    const command = script({ outside, port, victim: victim.pid ?? 0 });
    const result = await run(ctx, {
      command,
      worktree,
      cwd: '',
      home,
      timeoutMs: 15_000,
      outputBytes: 400_000,
    });
    const wrote = await readFile(path.join(worktree, 'probe'), 'utf8').catch(() => '');
    return judge(result.output, {
      wrote: wrote === 'inside\n',
      secret,
      planted: existsSync(path.join(outside, 'planted')),
      connections,
      victimAlive: victim.pid !== undefined && victim.exitCode === null && victim.signalCode === null,
    });
  } finally {
    listener.close();
    victim.kill('SIGKILL');
    if (victim.pid !== undefined) await ended;
    await rm(base, { recursive: true, force: true });
  }
}

/** The level that probes allow: everything blocked, at least files and network blocked, or nothing to rely on. */
export function levelOf(probes: readonly Probe[]): Sandbox['level'] {
  const passed = (...names: Probe['name'][]) =>
    names.every((name) => probes.some((probe) => probe.name === name && probe.passed));
  if (!passed('control')) return 'none';
  if (passed('read', 'write', 'network', 'environment', 'signal', 'limits')) return 'isolated';
  return passed('read', 'write', 'network') ? 'partly' : 'none';
}

/** Attempts, each in a subshell so that one cannot stop the others; quoting is safe for any path. */
function script({ outside, port, victim }: { outside: string; port: number; victim: number }): string {
  const canary = quote(path.join(outside, 'canary'));
  const planted = quote(path.join(outside, 'planted'));
  const dial = `require('node:net').connect(${port},'127.0.0.1').on('connect',()=>{console.log('CONNECTED');process.exit()}).on('error',()=>{console.log('REFUSED');process.exit()})`;
  return [
    'echo inside > probe; echo home > "$HOME/probe" && echo CONTROL $(cat probe) $(cat "$HOME/probe")',
    `(cat ${canary}; cat /proc/1/root${canary.replace(/^'/, "'")}) 2>/dev/null`,
    'cat /etc/shadow >/dev/null 2>&1 && echo SHADOW',
    `(echo x > ${planted}) 2>/dev/null`,
    '(: > /usr/.symphony-probe) 2>/dev/null && echo WROTE-USR && rm -f /usr/.symphony-probe',
    `if command -v node >/dev/null; then node -e ${quote(dial)}; elif command -v bash >/dev/null; then bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' 2>/dev/null && echo CONNECTED || echo REFUSED; fi`,
    `kill -9 ${victim} 2>/dev/null`,
    'echo LIMITS $(ulimit -c) $(ulimit -f)',
    'echo ENVIRONMENT; for file in /proc/[0-9]*/environ; do tr "\\0" "\\n" < "$file"; echo; done 2>/dev/null',
  ].join('\n');
}

function judge(
  output: string,
  seen: { wrote: boolean; secret: string; planted: boolean; connections: number; victimAlive: boolean },
): Probe[] {
  const [body = '', environment] = output.split('ENVIRONMENT\n');
  const foreign = new Set(
    (environment ?? '')
      .split('\n')
      .map((line) => /^([^=\s]+)=/.exec(line)?.[1])
      .filter((name) => name !== undefined)
      .filter((name) => !allowedVariables.includes(name) && !/^(GIT_\w+|PWD|OLDPWD|SHLVL|_)$/.test(name)),
  );
  const dialled = /CONNECTED|REFUSED/.test(body);
  const probe = (name: Probe['name'], passed: boolean, detail: string): Probe => ({ name, passed, detail });
  return [
    probe(
      'control',
      seen.wrote && body.includes('CONTROL inside home'),
      'a command cannot work in its worktree',
    ),
    probe(
      'read',
      !output.includes(seen.secret) && !body.includes('SHADOW'),
      'a command can read files outside its worktree',
    ),
    probe('write', !seen.planted && !body.includes('WROTE-USR'), 'a command can write outside its worktree'),
    probe(
      'network',
      dialled && seen.connections === 0 && !body.includes('CONNECTED'),
      dialled
        ? 'a command can reach the network'
        : 'whether a command reaches the network could not be tried',
    ),
    probe(
      'environment',
      environment !== undefined && foreign.size === 0,
      `a command can read variables of other processes (${[...foreign].slice(0, 3).join(', ')})`,
    ),
    probe('signal', seen.victimAlive, 'a command can end other processes'),
    probe('limits', /LIMITS 0 \d+/.test(body), 'the sizes of files a command writes are not limited'),
  ];
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
