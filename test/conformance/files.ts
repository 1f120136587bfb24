import { strict as assert } from 'node:assert';
import type { JournalFiles } from '../../server/storage';

/** What every disk under a journal must do. `make` gives one, and an empty folder on it. */
export function filesConformance(
  make: () => Promise<{ readonly files: JournalFiles; readonly folder: string }>,
): void {
  let files: JournalFiles;
  let at: (name: string) => string;
  beforeEach(async () => {
    const made = await make();
    files = made.files;
    at = (name) => `${made.folder}/${name}`;
  });

  function write(name: string, text: string): void {
    const small = files.openSmall(at(name));
    small.write(Buffer.from(text));
    small.close();
  }
  function read(name: string): string {
    const small = files.openSmall(at(name));
    const text = Buffer.from(small.read(1000)).toString();
    small.close();
    return text;
  }

  it('knows how large a file is, and which is not there', () => {
    assert.equal(files.size(at('a')), undefined);
    assert.equal(files.size(at('no folder/a')), undefined);
    write('a', '');
    assert.equal(files.size(at('a')), 0);
    write('a', 'four');
    assert.equal(files.size(at('a')), 4);
  });

  it('overwrites a small file from its beginning, while others read it', () => {
    const small = files.openSmall(at('a'));
    assert.equal(small.read(10).length, 0);
    small.write(Buffer.from('12345678'));
    small.write(Buffer.from('abcd'));
    assert.equal(Buffer.from(small.read(100)).toString(), 'abcd5678');
    assert.equal(Buffer.from(small.read(2)).toString(), 'ab');
    assert.equal(read('a'), 'abcd5678');
    small.close();
    assert.equal(read('a'), 'abcd5678');
  });

  it('renames in place of what is there', async () => {
    write('a', 'new');
    write('b', 'the older one');
    files.rename(at('a'), at('b'));
    await files.syncFolder(at('.'));
    assert.deepEqual([files.size(at('a')), read('b')], [undefined, 'new']);
    assert.throws(() => files.rename(at('a'), at('c')), { code: 'ENOENT' });
  });

  it('copies bytes that change no more with their origin', () => {
    write('a', 'same');
    write('b', 'something longer');
    files.copy(at('a'), at('b'));
    assert.equal(files.sameBytes(at('a'), at('b')), true);
    write('a', 'sane');
    assert.deepEqual([read('b'), files.sameBytes(at('a'), at('b'))], ['same', false]);
    write('c', 'same and more');
    assert.equal(files.sameBytes(at('b'), at('c')), false);
    assert.throws(() => files.copy(at('none'), at('d')), { code: 'ENOENT' });
  });

  it('removes what is there, and minds nothing that is not', () => {
    write('a', 'x');
    files.remove(at('a'));
    files.remove(at('a'));
    assert.equal(files.size(at('a')), undefined);
  });

  it('makes a file its owner’s alone, and leaves its bytes', () => {
    write('a', 'mine');
    files.protect(at('a'));
    assert.equal(read('a'), 'mine');
  });
}
