import { strict as assert } from 'node:assert';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { createSandbox, type Sandbox } from '../../../server/sandbox';
import { silentLog } from '../../../server/base';

const ctx = { signal: new AbortController().signal, log: silentLog };
const hasBwrap = process.platform === 'linux' && existsSync('/usr/bin/bwrap');

describe('the sandbox', function () {
  let base: string;
  let worktree: string;
  let home: string;
  let outside: string;
  let sandbox: Sandbox;

  before(async function () {
    if (!hasBwrap) {
      console.log('      bubblewrap is not installed: the escape grid is skipped');
      this.skip();
    }
    // Not below /tmp, which the sandbox replaces: what is hidden by accident proves nothing.
    base = await mkdtemp('/var/tmp/symphony-sandbox-');
    [worktree, home, outside] = ['worktree', 'home', 'outside'].map((name) => path.join(base, name)) as [
      string,
      string,
      string,
    ];
    for (const folder of [worktree, home, outside]) await mkdir(folder);
    await writeFile(path.join(outside, 'canary'), 'canary-7c1');
    sandbox = await createSandbox({ log: silentLog, folder: base });
  });
  after(async () => {
    if (base !== undefined) await rm(base, { recursive: true, force: true });
  });

  const run = (command: string, changes: { timeoutMs?: number; outputBytes?: number; cwd?: string } = {}) =>
    sandbox.run(ctx, {
      command,
      worktree,
      cwd: '',
      home,
      timeoutMs: 10_000,
      outputBytes: 20_000,
      ...changes,
    });

  it('is isolated here, by measurement', () => {
    assert.equal(sandbox.level, 'isolated', sandbox.detail);
  });

  it('lets a command work: files, folders, home, node, git, its own loopback', async () => {
    const result = await run(
      'mkdir -p d && echo x > d/f && cat d/f && echo h > "$HOME/h" && node -p 1+1 && git --version && ' +
        `node -e "require('http').createServer((q,r)=>r.end('served')).listen(0,'127.0.0.1',async function(){console.log(await(await fetch('http://127.0.0.1:'+this.address().port)).text());process.exit()})"`,
    );
    assert.match(result.output, /^x\n2\ngit version .*\nserved\n$/);
    assert.equal(result.exitCode, 0);
    assert.equal(readFileSync(path.join(worktree, 'd/f'), 'utf8'), 'x\n');
  });

  const escapes: readonly [title: string, command: () => string][] = [
    ['read a file outside', () => `cat ${outside}/canary`],
    ['read it through a link', () => `ln -sf ${outside}/canary link && cat link`],
    ['read it through /proc', () => `cat /proc/1/root${outside}/canary /proc/self/root${outside}/canary`],
    ['read it by climbing', () => `cat ../outside/canary`],
    ['write a file outside', () => `echo x > ${outside}/planted`],
    ['write beside the worktree', () => `echo x > ../planted`],
    ['write through a hard link', () => `ln ${outside}/canary hard && echo x >> hard`],
    ['read accounts', () => 'cat /etc/shadow'],
    ['read the person’s home', () => 'ls /root/.ssh /home/*/.ssh /root/.npmrc'],
    ['write to /usr', () => 'echo x > /usr/bin/planted'],
    ['write to /etc', () => 'echo x > /etc/passwd'],
    ['mount', () => 'mount -t tmpfs none /mnt'],
    ['remount the system writable', () => 'mount -o remount,rw /usr'],
    ['make a new user namespace', () => 'unshare -U true'],
    ['make a device', () => 'mknod disk b 254 0'],
    [
      'trace another process',
      () =>
        'sleep 1 & python3 -c "import ctypes,sys;r=ctypes.CDLL(None).ptrace(16,$!,0,0);sys.exit(0 if r==0 else 1)" || false',
    ],
    ['open a raw socket', () => 'python3 -c "import socket;socket.socket(socket.AF_PACKET,socket.SOCK_RAW)"'],
    ['look up a name', () => 'getent hosts example.com'],
  ];
  for (const [title, command] of escapes)
    it(`does not let a command ${title}`, async () => {
      const result = await run(command());
      assert.notEqual(result.exitCode, 0, result.output);
      assert.doesNotMatch(result.output, /canary-7c1/);
      assert.equal(existsSync(path.join(outside, 'planted')), false);
      assert.equal(existsSync(path.join(base, 'planted')), false);
      assert.equal(readFileSync(path.join(outside, 'canary'), 'utf8'), 'canary-7c1');
    });

  it('reaches neither a listener of this computer nor a socket file', async () => {
    let connections = 0;
    const server = createServer(() => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const unix = createServer(() => connections++);
    await new Promise<void>((resolve) => unix.listen(path.join(outside, 's.sock'), resolve));
    const { port } = server.address() as AddressInfo;
    const dial = (where: string) =>
      `node -e "require('net').connect(${where}).on('connect',()=>console.log('IN')).on('error',e=>console.log(e.code))"`;
    const result = await run(`${dial(String(port))}; ${dial(`'${outside}/s.sock'`)}`);
    server.close();
    unix.close();
    assert.equal(connections, 0);
    assert.match(result.output, /ECONNREFUSED\nENOENT/);
  });

  it('sees no process, no variable and no signal target of this computer', async () => {
    const victim = spawn('/bin/sleep', ['30'], { env: { CANARY_VARIABLE: '1' }, stdio: 'ignore' });
    const result = await run(
      `kill -9 ${victim.pid} ${process.pid}; cat /proc/*/environ | tr '\\0' '\\n'; ls /proc | grep -c '^[0-9]'`,
    );
    assert.equal(victim.exitCode ?? victim.signalCode, null);
    victim.kill('SIGKILL');
    assert.doesNotMatch(result.output, /CANARY_VARIABLE|npm_|NODE_OPTIONS|SSH_|API_KEY/);
    const processes = Number(result.output.trim().split('\n').at(-1));
    assert.ok(processes <= 8, `${processes} processes visible`);
  });

  it('ends a command in time, with everything it started', async () => {
    const mark = `symphony-${process.pid}-mark`;
    const result = await run(`(exec -a ${mark} sleep 60) & (setsid sleep 60 &) ; sleep 60`, {
      timeoutMs: 300,
    });
    assert.equal(result.exitCode, 124);
    assert.equal(result.timedOut, true);
    assert.ok(result.milliseconds < 20_000, `${result.milliseconds} ms`);
  });

  it('leaves no process when the program that ran it is killed', async function () {
    const mark = `86${process.pid}`;
    const code = `
      const { createSandbox } = require(${JSON.stringify(path.resolve(__dirname, '../../../server/sandbox/index.ts'))});
      const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
      createSandbox({ log, folder: ${JSON.stringify(base)} }).then((sandbox) => {
        sandbox.run({ signal: new AbortController().signal, log }, { command: '(setsid sleep ${mark} &); sleep ${mark}',
          worktree: ${JSON.stringify(worktree)}, cwd: '', home: ${JSON.stringify(home)}, timeoutMs: 60000, outputBytes: 100 });
      });`;
    const owner = spawn(process.execPath, ['--import', 'tsx', '-e', code], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const sleeping = () =>
      readdirSync('/proc').filter((name) => {
        if (!/^\d+$/.test(name)) return false;
        try {
          return readFileSync(`/proc/${name}/cmdline`, 'utf8') === `sleep\0${mark}\0`;
        } catch {
          return false;
        }
      }).length;
    const until = async (count: number) => {
      for (let i = 0; i < 200 && sleeping() !== count; i++) await new Promise((wake) => setTimeout(wake, 25));
      return sleeping();
    };
    assert.equal(await until(2), 2, 'both run');
    owner.kill('SIGKILL');
    assert.equal(await until(0), 0, 'none is left');
  });

  it('does not wait for what a command leaves behind', async () => {
    const result = await run('sleep 60 & echo done');
    assert.equal(result.output, 'done\n');
    assert.ok(result.milliseconds < 2500);
  });

  it('stops when it is cancelled', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new DOMException('x', 'AbortError')), 100);
    await assert.rejects(
      sandbox.run(
        { signal: stop.signal, log: silentLog },
        { command: 'sleep 60', worktree, cwd: '', home, timeoutMs: 60_000, outputBytes: 100 },
      ),
      /x/,
    );
  });

  it('bounds output and gives exit codes', async () => {
    const flood = await run('echo first; yes | head -c 30000000; echo last; exit 3', { outputBytes: 1000 });
    assert.equal(flood.exitCode, 3);
    assert.equal(flood.truncated, true);
    assert.ok(flood.output.length < 1200);
    assert.match(flood.output, /^first\n[^]*bytes left out[^]*last\n$/);
    assert.equal((await run('kill -9 $$')).exitCode, 137);
    assert.equal((await run('nonsense-command')).exitCode, 127);
    assert.equal((await run('printf "\\377x"')).output, '\ufffdx');
  });

  it('limits file size, and keeps folders apart', async () => {
    assert.notEqual((await run('truncate -s 3G big')).exitCode, 0);
    await run('rm -f big; mkdir -p sub');
    assert.equal((await run('pwd', { cwd: 'sub' })).output.trim(), path.join(worktree, 'sub'));
    await assert.rejects(run('pwd', { cwd: '../outside' }), /outside the worktree/);
  });

  it('shows git of a linked worktree read-only, and only of one that is really linked', async () => {
    const repository = path.join(base, 'repository');
    const linked = path.join(base, 'linked');
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: base, env: { PATH: process.env['PATH'], HOME: base }, stdio: 'pipe' });
    git('init', '-q', repository);
    writeFileSync(path.join(repository, 'a'), 'a\n');
    git('-C', repository, 'add', '.');
    git('-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'first');
    git('-C', repository, 'worktree', 'add', '-q', linked);
    const inside = (command: string) =>
      sandbox.run(ctx, { command, worktree: linked, cwd: '', home, timeoutMs: 10_000, outputBytes: 5000 });
    const works = await inside('echo b >> a; git status --short; git log --oneline | cat; git diff --stat');
    assert.match(works.output, /^ M a\n[0-9a-f]+ first\n a \| 1 \+/);
    for (const attack of [
      'rm .git',
      'mv .git x',
      'echo "gitdir: /tmp/x" > .git',
      `echo x > ${repository}/.git/hooks/post-checkout`,
      `echo x > ${repository}/.git/worktrees/linked/commondir`,
      'git commit -qam x',
    ])
      assert.notEqual((await inside(attack)).exitCode, 0, attack);
    // A .git file that points at a folder which does not point back shows nothing.
    const forged = path.join(base, 'forged');
    await mkdir(forged);
    await writeFile(path.join(forged, '.git'), `gitdir: ${outside}\n`);
    const result = await sandbox.run(ctx, {
      command: `cat ${outside}/canary`,
      worktree: forged,
      cwd: '',
      home,
      timeoutMs: 10_000,
      outputBytes: 5000,
    });
    assert.notEqual(result.exitCode, 0);
  });
});
