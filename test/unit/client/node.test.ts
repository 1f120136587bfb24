import { strict as assert } from 'node:assert';
import {
  chooseNode,
  probeRuntime,
  programEnvironment,
  type NodeCommand,
  type Probe,
} from '../../../client/session/node';

const editor = '/editor/electron';

/** Chooses with runtimes that exist only here: each name and the version it reports, or why it fails. */
async function check(
  setting: string,
  found: Record<string, { version: string } | { why: string }>,
  expected: NodeCommand | { tried: string },
): Promise<void> {
  const probe: Probe = ({ command }) => {
    const runtime = found[command] ?? { why: 'ENOENT' };
    return Promise.resolve('version' in runtime ? { ok: true, ...runtime } : { ok: false, ...runtime });
  };
  const chosen = await chooseNode(setting, editor, probe).catch((thrown: unknown) => thrown);
  if ('tried' in expected) {
    assert.deepEqual((chosen as { problem: unknown }).problem, { code: 'sidecar.noNode', args: expected });
  } else assert.deepEqual(chosen, expected);
}

describe('choosing a Node.js', () => {
  it('takes the one the person named', () =>
    check('/opt/node', { '/opt/node': { version: 'v22.5.0' } }, { command: '/opt/node', env: {} }));

  it('does not replace a named one that fails', () =>
    check('/opt/node', { [editor]: { version: 'v24.1.0' } }, { tried: '/opt/node: ENOENT' }));

  it('takes the editor’s own where it has node:sqlite', () =>
    check('', { [editor]: { version: 'v24.1.0' } }, { command: editor, env: { ELECTRON_RUN_AS_NODE: '1' } }));

  it('falls back to a new enough one on PATH', () =>
    check(
      '',
      { [editor]: { why: 'no sqlite' }, node: { version: 'v24.0.1' } },
      { command: 'node', env: {} },
    ));

  it('names everything it tried', () =>
    check(
      '',
      { [editor]: { why: 'no sqlite' }, node: { version: 'v22.20.0' } },
      { tried: `${editor}: no sqlite; node: v22.20.0` },
    ));
});

describe('probing a runtime', () => {
  it('finds node:sqlite in a Node.js that has it', async () => {
    const [major] = process.versions.node.split('.').map(Number);
    const found = await probeRuntime({ command: process.execPath, env: {} });
    assert.equal(found.ok, (major ?? 0) >= 24, JSON.stringify(found));
  });

  it('says why there is none', async () => {
    assert.deepEqual(await probeRuntime({ command: '/nowhere/node', env: {} }), { ok: false, why: 'ENOENT' });
    assert.equal((await probeRuntime({ command: '/bin/true', env: {} })).ok, false);
  });
});

describe('the environment of a program', () => {
  it('leaves out what belongs to the editor', () => {
    const given = {
      PATH: '/bin',
      VSCODE_PID: '1',
      ELECTRON_RUN_AS_NODE: '1',
      NODE_OPTIONS: '-r x',
      GONE: undefined,
    };
    assert.deepEqual(programEnvironment(given), { PATH: '/bin' });
  });
});
