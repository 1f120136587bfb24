import { strict as assert } from 'node:assert';
import { chooseFolder } from '../../../client/folder';
import { pageHtml } from '../../../client/panels/page';
import { problem, problemOf } from '../../../client/problems';

describe('choosing the folder', () => {
  const folder = (name: string, scheme = 'file') => ({ name, uri: { scheme } });
  async function check(
    names: readonly ReturnType<typeof folder>[],
    trusted: boolean,
    git: readonly string[],
    expected: { folder: string | undefined; blocked: string | undefined; others: number },
  ): Promise<void> {
    let looked = 0;
    const found = await chooseFolder(names, trusted, async ({ name }) => (looked++, git.includes(name)));
    assert.deepEqual({ ...found, folder: found.folder?.name }, expected);
    if (!trusted) assert.equal(looked, 0, 'a window that is not trusted is not looked at');
  }

  it('takes the first in a git repository', () =>
    check([folder('a'), folder('b'), folder('c')], true, ['b', 'c'], {
      folder: 'b',
      blocked: undefined,
      others: 2,
    }));
  it('says that there is none', () =>
    check([folder('a')], true, [], { folder: 'a', blocked: 'notGit', others: 0 }));
  it('says that no folder is open', () =>
    check([], true, [], { folder: undefined, blocked: 'noFolder', others: 0 }));
  it('says that the window is restricted', () =>
    check([folder('a')], false, ['a'], { folder: 'a', blocked: 'restricted', others: 0 }));
  it('says that the workspace is virtual', () =>
    check([folder('a', 'vscode-vfs')], true, ['a'], { folder: undefined, blocked: 'virtual', others: 0 }));
});

describe('problems', () => {
  const known = { code: 'run.unknown', args: { run: 'r' } } as const;
  const check = (thrown: unknown, code: string) => assert.equal(problemOf(thrown).code, code);

  it('are found in whatever carries them', () => {
    check(problem('run.unknown', { run: 'r' }), 'run.unknown');
    check(Object.assign(new Error('rpc'), { data: known }), 'run.unknown');
    check(Object.assign(new Error('rpc'), { data: { problem: known } }), 'run.unknown');
    check({ problem: known }, 'run.unknown');
  });
  it('are not taken from strangers', () => {
    check(Object.assign(new Error('x'), { data: { code: 'toString', args: {} } }), 'internal.unexpected');
    check('text', 'internal.unexpected');
    check(Object.assign(new Error('x'), { name: 'AbortError' }), 'cancelled');
  });
});

describe('the page of a webview', () => {
  const html = pageHtml({
    title: '<b>"Run"</b>',
    language: 'en',
    source: 'https://source',
    nonce: 'abc',
    script: 'https://source/board.js',
    styles: ['https://source/codicon.css'],
  });

  it('lets nothing in but its own bundle', () => {
    const policy = /content="([^"]*default-src[^"]*)"/.exec(html)?.[1] ?? '';
    assert.match(policy, /default-src 'none'; script-src 'nonce-abc'; /);
    assert.match(policy, /connect-src 'none'; form-action 'none'; base-uri 'none'; frame-src 'none'$/);
    assert.doesNotMatch(policy, /unsafe|https:[ ;]|\*/);
  });
  it('runs one script, and none inline', () => {
    assert.deepEqual(html.match(/<script[^>]*>[^<]*/g), [
      '<script nonce="abc" src="https://source/board.js">',
    ]);
  });
  it('escapes what it is given', () => {
    assert.doesNotMatch(html, /<b>/);
  });
});
