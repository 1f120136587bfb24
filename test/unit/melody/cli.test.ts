import { strict as assert } from 'node:assert';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../../server/cli/index';
import { formatMelody } from '../../../server/melody';
import { layered, wrap } from './make';

const goldens = path.join(__dirname, 'golden');
const broken = `// Reviews a change.
{
  "version": 1, "id": "review", "name": "Review",
  "nodes": [
    { "id": "files", "kind": "input", "type": "list<file>" },
    { "id": "check", "kind": "instrument", "model": "a/b", "inputs": [{ "name": "file", "type": "file" }] },
    { "id": "later", "kind": "operator", "operator": "verify", "policy": { "compensate": { "node": "check" } } },
  ],
  "edges": [
    { "kind": "data", "from": "files.value", "to": "check.file" },
    { "kind": "control", "from": "later", "to": "later" },
    { "kind": "data", "from": "files.value", "to": "check.fiel", "transform": { "op": "filter", "keep": "itm" } },
  ],
}
`;

describe('symphony melody', () => {
  let root: string;
  beforeEach(() => (root = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-melody-')))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const put = (file: string, content: string | Uint8Array) => writeFileSync(path.join(root, file), content);
  const get = (file: string) => readFileSync(path.join(root, file), 'utf8');

  /** Runs one command line; no sidecar can be started here, because there is none. */
  async function run(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
    let [out, error] = ['', ''];
    const code = await runCli(['melody', ...args], {
      terminal: {
        out: (text) => void (out += text),
        error: (text) => void (error += text),
        interactive: false,
        question: () => Promise.reject(new Error('nobody is there')),
      },
      env: {},
      cwd: root,
      build: { version: '0.0.0', stamp: 0 },
      node: { command: '/nonexistent', env: {} },
      sidecar: '/nonexistent',
      signal: new AbortController().signal,
      serve: () => Promise.reject(new Error('nothing to serve')),
    });
    return { code, out, error };
  }

  /** Compares with a recorded output; UPDATE_GOLDEN=1 records anew. */
  function golden(name: string, text: string): void {
    const file = path.join(goldens, name);
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
    assert.equal(text, readFileSync(file, 'utf8'));
  }

  it('check shows everything that is wrong', async () => {
    put('broken.melody.json', broken);
    put('good.melody.json', formatMelody(layered(3, 2)));
    put('empty.melody.json', '');
    const { code, out, error } = await run(
      'check',
      'broken.melody.json',
      'good.melody.json',
      'empty.melody.json',
    );
    golden('check.txt', out);
    assert.deepEqual([code, error], [1, '']);
  });

  it('check --json says it to programs', async () => {
    put('broken.melody.json', broken);
    const { code, out } = await run('check', 'broken.melody.json', '--json');
    golden('check.json.txt', out);
    assert.equal(code, 1);
  });

  it('check of good files ends well', async () => {
    put('good.melody.json', formatMelody(layered(3, 2)));
    assert.deepEqual(await run('check', 'good.melody.json'), {
      code: 0,
      out: '✓ good.melody.json\n',
      error: '',
    });
  });

  it('check says which file is not there, a folder, or too large', async () => {
    put('large.melody.json', Buffer.alloc(33 * 1024 * 1024, ' '));
    for (const [file, expected] of [
      ['ghost.melody.json', /ghost.melody.json could not be read: there is no such file/],
      ['.', /could not be read: it is a folder/],
      ['large.melody.json', /large.melody.json has 34603008 bytes; a Melody has at most 33554432/],
    ] as const) {
      const { code, error } = await run('check', file);
      assert.match(error, expected);
      assert.equal(code, 1);
    }
  });

  it('format rewrites in the canonical layout and keeps rights', async () => {
    put('a.melody.json', JSON.stringify(layered(3, 2)));
    chmodSync(path.join(root, 'a.melody.json'), 0o640);
    const { code, out } = await run('format', 'a.melody.json');
    assert.deepEqual([code, out], [0, '✓ a.melody.json formatted\n']);
    assert.equal(get('a.melody.json'), formatMelody(layered(3, 2)));
    assert.equal(statSync(path.join(root, 'a.melody.json')).mode & 0o777, 0o640);
    assert.deepEqual((await run('format', 'a.melody.json')).out, '✓ a.melody.json\n');
  });

  it('format leaves what it cannot read', async () => {
    put('cut.melody.json', broken.slice(0, 300));
    assert.equal((await run('format', 'cut.melody.json')).code, 1);
    assert.equal(get('cut.melody.json'), broken.slice(0, 300));
  });

  it('convert goes to binary form and back and overwrites nothing', async () => {
    const text = formatMelody(layered(50, 100));
    put('a.melody.json', text);
    assert.equal((await run('convert', 'a.melody.json')).out, '✓ a.melody.json → a.melody.bin\n');
    assert.ok(statSync(path.join(root, 'a.melody.bin')).size < text.length / 5);
    const refused = await run('convert', 'a.melody.bin');
    assert.match(refused.error, /a.melody.json exists already; it was not changed/);
    rmSync(path.join(root, 'a.melody.json'));
    assert.equal((await run('convert', 'a.melody.bin')).code, 0);
    assert.equal(get('a.melody.json'), text);
  });

  it('convert writes an older version anew and keeps the old bytes', async () => {
    const old = '{"version":0,"title":"Old","nodes":[],"limits":{}}';
    put('old.melody.json', old);
    const { code, out } = await run('convert', 'old.melody.json');
    golden('convert.txt', out);
    assert.equal(code, 0);
    assert.equal(get('old.melody.json.v0'), old);
    assert.equal((await run('check', 'old.melody.json')).out, '✓ old.melody.json\n');
  });

  it('convert leaves what is wrong', async () => {
    put('bad.melody.json', wrap('{"id":"a","kind":"robot"}'));
    const { code, out } = await run('convert', 'bad.melody.json', '--json');
    assert.equal(code, 1);
    assert.equal((JSON.parse(out) as { files: { target: unknown }[] }).files[0]?.target, null);
    assert.deepEqual(readdirSync(root), ['bad.melody.json']);
    assert.ok(!existsSync(path.join(root, 'bad.melody.bin')));
  });
});
