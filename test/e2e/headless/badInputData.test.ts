/** Data folders, locks and sockets that are in the way: one clear message, nothing lost, and a way on. */
import { strict as assert } from 'node:assert';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import type { Problem } from '../../../schemas';
import { says } from '../../unit/llm/servers';
import {
  answersStill,
  assertClear,
  completes,
  dataFolder,
  decide,
  edit,
  eventually,
  isAlive,
  makeReadOnly,
  modelAt,
  startModel,
  treeState,
  World,
  type ScriptedProvider,
} from './badInputWorld';
import type { WireClient } from './client';

const ask = { path: 'a.txt', instruction: 'Change it.' };
const isRoot = process.getuid?.() === 0;

describe('bad input: data, locks and sockets', function () {
  this.timeout(120_000);
  let world: World;
  let model: ScriptedProvider;

  before(async () => {
    world = new World();
    model = await startModel({ ask: edit('a.txt', 'old', 'new') });
  });
  after(async () => {
    await world.end();
    await model.close();
  });
  beforeEach(() => {
    model.asked.length = 0;
    model.trouble.clear();
  });

  const repository = (): string => world.repository({ 'a.txt': 'old\n' });
  const open = (root: string, state = world.state): Promise<WireClient> =>
    world.open({ root, state, ...modelAt(model) });

  async function works(client: WireClient, root: string): Promise<void> {
    const { run } = await client.ask('runAsk', ask);
    await completes(client, run);
    assert.deepEqual(await decide(client, run), { 'a.txt': { result: 'written', problem: null } });
    assert.equal(readFileSync(path.join(root, 'a.txt'), 'utf8'), 'new\n');
  }

  /** Attaching fails with one clear problem. */
  async function refusedAt(attaching: Promise<unknown>): Promise<Problem> {
    const thrown = await attaching.then(
      () => assert.fail('attached'),
      (reason: unknown) => reason as Error & { problem?: Problem },
    );
    if (thrown.problem === undefined) throw thrown;
    return thrown.problem;
  }

  it('the disk is full: the run stops and says so, and goes on when there is room again', async function () {
    const state = world.folder('small');
    try {
      if (!isRoot) throw new Error('only root can mount');
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', state], { stdio: 'pipe' });
    } catch (thrown) {
      console.log(`      skipped: no small disk can be made here (${String(thrown).split('\n')[0]})`);
      return this.skip();
    }
    const ballast = path.join(state, 'ballast');
    // dd ends with an error when the disk is full; smaller blocks fill what is left.
    const fill = (): void =>
      [1 << 16, 1 << 12, 1 << 8].forEach((size) =>
        spawnSync('dd', ['if=/dev/zero', `of=${ballast}.${size}`, `bs=${size}`]),
      );
    const free = (): void =>
      readdirSync(state)
        .filter((name) => name.startsWith('ballast'))
        .forEach((name) => rmSync(path.join(state, name)));
    const root = repository();
    try {
      const client = await open(root, state);
      const before = treeState(root);
      // The disk fills up while the second answer is on its way.
      const play = edit('a.txt', 'old', 'new')[1]!;
      let filled = false;
      model.trouble.set('ask 1', (response, seen) => {
        if (!filled) fill();
        filled = true;
        says('compatible', play)(response, seen);
      });
      const { run } = await client.ask('runAsk', ask);
      const shown = async () => (await client.ask('runShow', { run })).summary;
      await eventually(async () => (await shown()).problem !== null, 'the trouble is told');
      assertClear((await shown()).problem, 'data.diskFull', [state]);
      await answersStill(client);
      assert.deepEqual(treeState(root), before);

      free();
      if ((await shown()).state === 'failed') await client.ask('runCommand', { run, command: 'retry' });
      await completes(client, run);
      assert.equal((await shown()).problem, null);
      assert.deepEqual(model.asked, ['ask 0', 'ask 1', 'ask 2'], 'nothing is asked twice');
      assert.equal((await decide(client, run))['a.txt']?.result, 'written');

      // A run that cannot even begin is refused as a whole.
      fill();
      const thrown = await client.ask('runAsk', ask).then(
        () => assert.fail('begun on a full disk'),
        (reason: unknown) => (reason as { data: { problem: Problem } }).data.problem,
      );
      assertClear(thrown, 'data.diskFull', []);
      free();
      await answersStill(client);
      assert.equal((await client.ask('runList', {})).runs.length, 1);
      await client.ask('sidecarStop', {});
      await eventually(() => !isAlive(client.pid), 'it has ended');
      world.forget(client);
    } finally {
      free();
      execFileSync('umount', ['--lazy', state]);
    }
  });

  it('a file stands where the data folder should be', async () => {
    const root = repository();
    const before = treeState(root);
    const home = path.join(world.folder('file'), 'home');
    mkdirSync(path.join(home, 'roots'), { recursive: true });
    writeFileSync(path.join(home, 'workspaces'), 'mine');
    assertClear(await refusedAt(open(root, home)), 'data.readOnly', [home]);
    assert.equal(readFileSync(path.join(home, 'workspaces'), 'utf8'), 'mine');
    assert.deepEqual(treeState(root), before);
    // Done what it says, it works.
    rmSync(path.join(home, 'workspaces'));
    await works(await open(root, home), root);
  });

  it('the data folder itself is a file', async () => {
    const home = path.join(world.plain({ file: 'mine' }), 'file');
    assertClear(await refusedAt(open(repository(), home)), 'data.readOnly', [home]);
    assert.equal(readFileSync(home, 'utf8'), 'mine');
  });

  it('the data folder is read-only', async function () {
    const home = world.folder('readonly');
    const undo = makeReadOnly(home);
    if (undo === undefined) return this.skip();
    try {
      assertClear(await refusedAt(open(repository(), home)), 'data.readOnly', [home]);
    } finally {
      undo();
    }
  });

  it('a second window is on the same folder: both see the same, either may act', async () => {
    const root = repository();
    const [one, other] = await Promise.all([open(root), open(root)]);
    assert.equal(one.pid, other.pid, 'one sidecar for both');
    model.trouble.set('ask 1', () => undefined);
    const { run } = await one.ask('runAsk', ask);
    await eventually(() => model.asked.includes('ask 1'), 'the agent is at work');
    assert.equal((await other.ask('runCommand', { run, command: 'pause' })).state, 'paused');
    assert.equal((await one.ask('runShow', { run })).summary.state, 'paused');
    assert.equal((await one.ask('runCommand', { run, command: 'resume' })).state, 'running');
    assert.equal((await other.ask('runCommand', { run, command: 'cancel' })).state, 'cancelling');
    assert.equal(await one.until(run, ['cancelled']), 'cancelled');
    model.trouble.clear();
    model.asked.length = 0;
    await works(other, root);
    const last = (client: WireClient) => client.events.at(-1)?.position ?? 0;
    await eventually(() => last(one) === last(other), 'both have caught up');
    assert.deepEqual(one.events, other.events);
    assert.deepEqual(
      one.events.map(({ position }) => position),
      one.events.map((_, index) => index + 1),
    );
    // One window closes; the other goes on.
    world.forget(one);
    await answersStill(other);
  });

  it('lock, endpoint and socket of a dead process are left: the next start takes their place', async () => {
    const root = repository();
    const first = await open(root);
    const { address } = first.attachment.endpoint;
    const folder = dataFolder(world.state, first);
    process.kill(first.pid, 'SIGKILL');
    await eventually(() => !isAlive(first.pid), 'it is dead');
    world.forget(first);
    assert.ok(existsSync(address) && existsSync(path.join(folder, 'endpoint.json')), 'they are left');
    assert.equal(Number(readFileSync(path.join(folder, 'lock.db.owner'), 'utf8')), first.pid);
    const next = await open(root);
    assert.notEqual(next.pid, first.pid);
    assert.ok(!existsSync(address), 'the stale socket is gone');
    await works(next, root);
  });

  it('another program listens at the announced address and cannot prove itself: it is not talked to', async () => {
    const root = repository();
    const first = await open(root);
    const folder = dataFolder(world.state, first);
    const endpoint = path.join(folder, 'endpoint.json');
    process.kill(first.pid, 'SIGKILL');
    await eventually(() => !isAlive(first.pid), 'it is dead');
    world.forget(first);
    rmSync(first.attachment.endpoint.address);
    const heard: string[] = [];
    const squatter: Server = createServer((socket) => {
      socket.on('data', (bytes) => heard.push(bytes.toString('utf8')));
      socket.on('error', () => undefined);
      const proof = 'ab'.repeat(32);
      socket.write(
        `${JSON.stringify({ type: 'challenge', protocol: 1, oldestProtocol: 1, build: { version: '9', stamp: 9 }, nonce: proof, proof })}\n`,
      );
    });
    await new Promise<void>((resolve) => squatter.listen(first.attachment.endpoint.address, resolve));
    try {
      const announced = JSON.parse(readFileSync(endpoint, 'utf8')) as { pid: number };
      assert.equal(announced.pid, first.pid);
      const next = await open(root);
      assert.notEqual(next.attachment.endpoint.address, first.attachment.endpoint.address);
      await works(next, root);
      const token = readFileSync(path.join(folder, 'token'), 'utf8').trim();
      assert.ok(heard.length > 0, 'the squatter was met');
      assert.ok(!heard.join('').includes(token), 'the token was not given away');
      assert.doesNotMatch(heard.join(''), /jsonrpc|proof/);
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
  });

  it('the data folder is too deep for a socket', async () => {
    const deep = path.join(world.folder('deep'), ...Array.from({ length: 12 }, () => 'a-rather-long-name'));
    mkdirSync(deep, { recursive: true });
    const root = repository();
    const client = await open(root, deep);
    const { address } = client.attachment.endpoint;
    assert.ok(Buffer.byteLength(address) <= 103, address);
    assert.equal(statSync(path.dirname(address)).mode & 0o077, 0, 'nobody else can enter its folder');
    await works(client, root);
    await client.ask('sidecarStop', {});
    await eventually(() => !isAlive(client.pid), 'it has ended');
    world.forget(client);
    assert.ok(!existsSync(path.dirname(address)), 'the folder made for it is gone');
  });

  it('is asked for something that is no request', async () => {
    const client = await open(repository());
    const thrown = await client.ask('runShow', { run: 7 } as never).then(
      () => assert.fail('answered'),
      (reason: unknown) => (reason as { data: { problem: Problem } }).data.problem,
    );
    assertClear(thrown, 'request.invalid', ['run/show']);
    await answersStill(client);
  });
});
