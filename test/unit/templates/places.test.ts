import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openTemplateLibrary } from '../../../server/templateLibrary';
import { builtInTemplates } from '../../../server/templates';
import { templateOf } from './make';

describe('where templates lie', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-templates-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (place: string, id: string, text = JSON.stringify(templateOf([], { id }))) => {
    mkdirSync(path.join(folder, place), { recursive: true });
    writeFileSync(path.join(folder, place, `${id}.template.json`), text);
  };
  const open = async (trusted: boolean) => {
    const library = await openTemplateLibrary({ root: folder, trusted, user: path.join(folder, 'user') });
    const others = library.list().filter(({ origin }) => origin !== 'builtIn');
    return { library, found: others.map(({ id, origin }) => `${origin} ${id}`) };
  };

  it('a person’s own, and a trusted workspace’s', async () => {
    put('user', 'mine');
    put('.symphony/templates', 'ours');
    assert.deepEqual((await open(true)).found, ['user mine', 'workspace ours']);
    assert.deepEqual((await open(false)).found, ['user mine']);
  });

  it('a workspace cannot stand in for a built-in one', async () => {
    put('.symphony/templates', 'bug-fix');
    const { library } = await open(true);
    assert.equal(
      library.get('bug-fix'),
      builtInTemplates.find(({ id }) => id === 'bug-fix'),
    );
    assert.deepEqual(
      library.findings.map(({ problem }) => problem.code),
      ['template.idTaken'],
    );
  });

  it('links, folders and what is too large are left out', async () => {
    put('elsewhere', 'secret');
    mkdirSync(path.join(folder, 'user', 'folder.template.json'), { recursive: true });
    symlinkSync(
      path.join(folder, 'elsewhere/secret.template.json'),
      path.join(folder, 'user/link.template.json'),
    );
    put('user', 'large', ' '.repeat(4 * 1024 * 1024 + 1));
    put('user', 'good');
    assert.deepEqual((await open(true)).found, ['user good']);
  });

  it('no folder at all is none', async () => assert.deepEqual((await open(true)).found, []));
});
