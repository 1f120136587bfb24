import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { silentLog } from '../../../server/base';
import { openBlobs, openPolicy, planningFiles } from '../../../server/storage';
import { storageFailure } from '../../../server/storage/failures';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();
const posix = process.platform !== 'win32';

describe('blobs', () => {
  it('are private files named by their hash, and nothing else is left', async () => {
    const blobs = await openBlobs({ folder: folder.at('blobs'), log: silentLog });
    const hash = await blobs.put(Buffer.from('x'));
    const inside = folder.at('blobs', hash.slice(0, 2));
    assert.deepEqual(readdirSync(inside), [hash.slice(2)]);
    if (posix)
      assert.equal(statSync(folder.at('blobs', hash.slice(0, 2), hash.slice(2))).mode & 0o777, 0o600);
  });

  it('are never given out damaged, and heal when stored again', async () => {
    const blobs = await openBlobs({ folder: folder.at('blobs'), log: silentLog });
    const hash = await blobs.put(Buffer.from('good'));
    const file = folder.at('blobs', hash.slice(0, 2), hash.slice(2));
    writeFileSync(file, 'evil');
    const { args } = await problemFrom('data.corrupt', () => blobs.get(hash));
    assert.equal(readFileSync(String(args['backup']), 'utf8'), 'evil');
    await blobs.put(Buffer.from('good'));
    assert.equal(Buffer.from((await blobs.get(hash))!).toString(), 'good');
    writeFileSync(file, 'cut');
    await blobs.put(Buffer.from('good'));
    assert.equal(Buffer.from((await blobs.get(hash))!).toString(), 'good');
  });

  it('say that they cannot be written', async () => {
    writeFileSync(folder.at('file'), '');
    await problemFrom('data.readOnly', () =>
      openBlobs({ folder: folder.at('file', 'blobs'), log: silentLog }),
    );
  });
});

describe('failures of the system', () => {
  const check = (thrown: object, expected: string) => {
    const found = storageFailure(Object.assign(new Error('failed'), thrown), 'file', () => 'backup');
    assert.match(String(found), new RegExp(expected));
  };
  it('are named where a person can act', () => {
    check({ code: 'ENOSPC' }, 'data.diskFull.*file');
    check({ code: 'EROFS' }, 'data.readOnly');
    check({ code: 'EACCES' }, 'data.readOnly');
    check({ code: 'ERR_SQLITE_ERROR', errcode: 13 }, 'data.diskFull');
    check({ code: 'ERR_SQLITE_ERROR', errcode: 8 | (4 << 8) }, 'data.readOnly');
    check({ code: 'ERR_SQLITE_ERROR', errcode: 11 }, 'data.corrupt.*backup');
    check({ code: 'ERR_SQLITE_ERROR', errcode: 26 }, 'data.corrupt');
    check({ code: 'ERR_SQLITE_ERROR', errcode: 1 }, 'Error: failed');
    check({ code: 'ENOENT' }, 'Error: failed');
  });
});

describe('the policy', () => {
  const [one, two] = ['1'.repeat(64), '2'.repeat(64)] as const;
  it('begins empty and keeps what is approved', async () => {
    const policy = openPolicy(folder.at('policy.json'));
    assert.deepEqual([...(await policy.approved())], []);
    await Promise.all([policy.approve([one]), policy.approve([two, one]), policy.approve([])]);
    assert.deepEqual([...(await openPolicy(folder.at('policy.json')).approved())], [one, two]);
    if (posix) assert.equal(statSync(folder.at('policy.json')).mode & 0o777, 0o600);
  });

  it('approves nothing when it cannot be read', async () => {
    const policy = openPolicy(folder.at('policy.json'));
    for (const garbage of ['', '{}', '[]', 'null', '{"version":1,"approved":["rm"]}', '{"version":1}']) {
      writeFileSync(folder.at('policy.json'), garbage);
      await problemFrom('data.corrupt', () => policy.approved());
      await problemFrom('data.corrupt', () => policy.approve([one]));
      assert.equal(readFileSync(folder.at('policy.json'), 'utf8'), garbage);
    }
    writeFileSync(folder.at('policy.json'), '{"version":2,"approved":{}}');
    await problemFrom('data.newer', () => policy.approved());
    writeFileSync(folder.at('policy.json'), '{"version":1,"approved":[]}');
    await assert.rejects(policy.approve(['rm -rf']));
    await policy.approve([one]);
    assert.deepEqual([...(await policy.approved())], [one]);
  });
});

describe('planning files', () => {
  const write = (name: string, text = name) => {
    mkdirSync(folder.at('root', name, '..'), { recursive: true });
    writeFileSync(folder.at('root', name), text);
  };
  const text = async (name: string) => {
    const bytes = await planningFiles(folder.at('root')).read(name);
    return bytes && Buffer.from(bytes).toString();
  };

  it('are listed sorted and read as they are', async () => {
    write('.planning/ROADMAP.md');
    write('.planning/phases/01 ä/01-01-PLAN.md', '\ufeffa\r\n');
    write('README.md');
    assert.deepEqual(await planningFiles(folder.at('root')).list(), [
      '.planning/ROADMAP.md',
      '.planning/phases/01 ä/01-01-PLAN.md',
    ]);
    assert.equal(await text('.planning/phases/01 ä/01-01-PLAN.md'), '\ufeffa\r\n');
    for (const none of [
      '.planning/none',
      '.planning',
      '.planning/phases',
      'README.md',
      '.planning/../README.md',
      '.planning/ROADMAP.md/x',
    ])
      assert.equal(await text(none), undefined, none);
  });

  it('are none where there is no folder', async () => {
    mkdirSync(folder.at('root'));
    assert.deepEqual(
      [await planningFiles(folder.at('root')).list(), await text('.planning/x')],
      [[], undefined],
    );
  });

  it('never lie outside', async function () {
    if (!posix) return this.skip();
    write('.planning/STATE.md');
    mkdirSync(folder.at('outside'));
    writeFileSync(folder.at('outside', 'secret'), 'secret');
    symlinkSync(folder.at('outside'), folder.at('root', '.planning', 'folder'));
    symlinkSync(folder.at('outside', 'secret'), folder.at('root', '.planning', 'file'));
    execFileSync('mkfifo', [folder.at('root', '.planning', 'pipe')]);
    assert.deepEqual(await planningFiles(folder.at('root')).list(), ['.planning/STATE.md']);
    for (const name of ['folder/secret', 'file', 'pipe'])
      assert.equal(await text(`.planning/${name}`), undefined, name);
    mkdirSync(folder.at('linked'));
    symlinkSync(folder.at('outside'), folder.at('linked', '.planning'));
    assert.deepEqual(await planningFiles(folder.at('linked')).list(), []);
    assert.equal(await planningFiles(folder.at('linked')).read('.planning/secret'), undefined);
  });

  it('are refused when they are huge', async () => {
    write('.planning/big', 'x'.repeat(8 * 1024 * 1024 + 1));
    const { args } = await problemFrom('planning.unreadable', () => text('.planning/big'));
    assert.equal(args['file'], '.planning/big');
    assert.ok(existsSync(folder.at('root', '.planning/big')));
  });
});
