import { strict as assert } from 'node:assert';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createSandbox } from '../../../server/sandbox';
import { levelOf, probeSandbox } from '../../../server/sandbox/probe';
import { findPrograms } from '../../../server/sandbox/programs';
import { OutputTail } from '../../../server/sandbox/output';
import { seccompFilter } from '../../../server/sandbox/seccomp';
import { silentLog } from '../../../server/base';

const ctx = { signal: new AbortController().signal, log: silentLog };

describe('the level', () => {
  it('drops when nothing keeps commands in', async function () {
    if (process.platform === 'win32') this.skip();
    const base = await mkdtemp('/var/tmp/symphony-sandbox-');
    try {
      const open = await createSandbox({ log: silentLog, platform: 'darwin' });
      assert.equal(open.level, 'none');
      const probes = await probeSandbox(ctx, (at, request) => open.run(at, request), base);
      const failed = probes.filter(({ passed }) => !passed).map(({ name }) => name);
      for (const name of ['read', 'write', 'network', 'environment', 'signal', 'limits'])
        assert.ok(failed.includes(name as 'read'), `${name} noticed`);
      assert.equal(levelOf(probes), 'none');
    } finally {
      await rm(base, { recursive: true, force: true });
    }
  });

  const names = ['control', 'read', 'write', 'network', 'environment', 'signal', 'limits'] as const;
  for (const [failing, expected] of [
    ['', 'isolated'],
    ['limits', 'partly'],
    ['environment', 'partly'],
    ['network', 'none'],
    ['read', 'none'],
    ['control', 'none'],
  ] as const)
    it(`is ${expected} when ${failing || 'nothing'} fails`, () => {
      const probes = names.map((name) => ({ name, passed: name !== failing, detail: '' }));
      assert.equal(levelOf(probes), expected);
    });

  it('is none without a single probe', () => assert.equal(levelOf([]), 'none'));
});

describe('parts of the sandbox', () => {
  it('find programs wherever they are, and show no wide folder', async () => {
    const base = await mkdtemp('/var/tmp/symphony-programs-');
    try {
      const prefix = path.join(base, 'versions/v24');
      await mkdir(path.join(prefix, 'bin'), { recursive: true });
      await mkdir(path.join(prefix, 'lib/node_modules/npm/bin'), { recursive: true });
      await writeFile(path.join(prefix, 'bin/node'), '', { mode: 0o755 });
      await writeFile(path.join(prefix, 'lib/node_modules/npm/bin/npm-cli.js'), '', { mode: 0o755 });
      await symlink('../lib/node_modules/npm/bin/npm-cli.js', path.join(prefix, 'bin/npm'));
      const found = findPrograms(`${prefix}/bin:/usr/bin`, '/root');
      assert.deepEqual(found.folders, [prefix]);
      assert.ok(found.searchPath.startsWith(`${prefix}/bin:/usr/`));
      await writeFile(path.join(base, 'node'), '', { mode: 0o755 });
      assert.deepEqual(findPrograms(base, base).folders, [], 'a home folder is not shown');
    } finally {
      await rm(base, { recursive: true, force: true });
    }
  });

  it('keep head and tail of any stream', () => {
    for (const size of [1, 7, 1000]) {
      const tail = new OutputTail(100);
      const all = Buffer.from('a'.repeat(50) + 'b'.repeat(5000) + 'c'.repeat(50));
      for (let at = 0; at < all.length; at += size) tail.add(all.subarray(at, at + size));
      const { output, truncated } = tail.result();
      assert.ok(truncated);
      assert.equal(output, `${'a'.repeat(50)}\n… (5000 bytes left out) …\n${'c'.repeat(50)}`);
    }
    const whole = new OutputTail(100);
    whole.add(Buffer.from('a'.repeat(49) + '✓'));
    whole.add(Buffer.from('z'.repeat(40)));
    assert.equal(whole.result().output, 'a'.repeat(49) + '✓' + 'z'.repeat(40));
  });

  it('make a filter for the two architectures, whole instructions only', () => {
    for (const arch of ['x64', 'arm64']) {
      const filter = seccompFilter(arch)!;
      assert.equal(filter.length % 8, 0);
      // Every jump lands inside the program.
      for (let at = 0; at < filter.length; at += 8) {
        const jumps = (filter.readUInt16LE(at) & 7) === 5;
        if (jumps) assert.ok(at / 8 + 1 + Math.max(filter[at + 2]!, filter[at + 3]!) < filter.length / 8);
      }
    }
    assert.equal(seccompFilter('riscv64'), undefined);
  });
});
