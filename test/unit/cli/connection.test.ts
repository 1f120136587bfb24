import { strict as assert } from 'node:assert';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli, type CliHost } from '../../../server/cli/index';
import { openSidecar } from '../../../server/cli/wire';
import { fakeServer } from '../../sidecar/fake-server';
import { fakeService } from '../../sidecar/fake-service';
import { waitUntil } from '../../sidecar/processes';
import { fakeSidecar, realSidecar, sources } from '../../sidecar/workbench';

describe('a command line and its sidecar', () => {
  let root: string;
  beforeEach(() => (root = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-cli-')))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const options = (state: string, stamp: number) => ({
    root,
    build: { version: '1.0.0', stamp },
    client: 'cli' as const,
    node: sources,
    sidecar: realSidecar,
    env: { PATH: process.env.PATH, SYMPHONY_HOME: state },
    start: true,
    signal: new AbortController().signal,
    log: () => undefined,
  });

  it('replaces an older idle sidecar by one of its own', async () => {
    const fake = fakeService({ root });
    const older = await fakeServer(fake.service, { root });
    const newer = await openSidecar(options(older.state, 6));
    assert.equal(await older.server.stopped, 'handedOver');
    assert.notEqual(newer.attachment.endpoint.pid, process.pid);
    await newer.call('sidecarStop', {});
    await newer.closed;
    await waitUntil(() => newer.attachment.socket.destroyed);
    await older.dispose();
  });

  it('uses an older sidecar that works as it is', async () => {
    const fake = fakeService({ root });
    fake.state.busy = true;
    const older = await fakeServer(fake.service, { root });
    const same = await openSidecar(options(older.state, 6));
    assert.equal(same.attachment.epoch, 'epoch-1');
    assert.deepEqual(await same.call('runList', {}), { runs: [] });
    same.close();
    await older.dispose();
  });

  it('follows a run across the death of a sidecar and hands the keys over again', async () => {
    let keys = 0;
    const usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
    const fake = fakeService({
      root,
      models: async () => ({
        chosen: null,
        providers: [{ name: 'p', label: 'P', state: 'needsKey', variable: 'P_API_KEY', models: [] }],
      }),
      provideSecrets: async () => void keys++,
      ask: async () => {
        fake.append({ type: 'NodeStarted', node: 'agent:ask', attempt: 1 });
        return 'run-1';
      },
      run: async (_ctx, run) => ({
        summary: {
          run,
          title: 'Ask',
          kind: 'ask',
          state: 'completed',
          model: 'p/m',
          createdAt: 0,
          endedAt: 1,
          nodes: { total: 1, completed: 1, running: 0, failed: 0 },
          usage,
          questions: [],
          problem: null,
          changeset: null,
        },
        plans: [],
      }),
    });
    const first = await fakeServer(fake.service, { root, build: { version: '0.0.0', stamp: 0 } });
    let out = '';
    const host: CliHost = {
      terminal: {
        out: (text) => void (out += text),
        error: (text) => void (out += text),
        interactive: false,
        question: async () => '',
      },
      env: { SYMPHONY_HOME: first.state, P_API_KEY: 'k', SYMPHONY_FAKE: 'lockHeld', PATH: process.env.PATH },
      cwd: root,
      build: { version: '0.0.0', stamp: 0 },
      node: sources,
      sidecar: fakeSidecar,
      signal: new AbortController().signal,
      serve: async () => 0,
    };
    const running = runCli(['ask', 'a.ts', 'do it'], host);
    await waitUntil(() => out.includes('agent ask  started'));
    await first.server.stop('failed');
    fake.append({ type: 'NodeCompleted', node: 'agent:ask', attempt: 1, output: null });
    const second = await fakeServer(fake.service, {
      root,
      state: first.state,
      build: { version: '0.0.0', stamp: 0 },
    });
    await waitUntil(() => out.includes('agent ask  done'));
    fake.append({ type: 'RunCompleted' });
    assert.equal(await running, 0);
    assert.equal(keys, 2);
    assert.equal(out.split('agent ask  done').length, 2, 'told once');
    await second.dispose();
    await first.dispose();
  });
});
