import { strict as assert } from 'node:assert';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type BuildOptions, type Metafile } from 'esbuild';

const root = path.resolve(__dirname, '../..');

/** What a bundle must not hold, by patterns over the paths of its inputs, and what it may import at run time. */
interface Rule {
  readonly not: readonly RegExp[];
  readonly external: (name: string) => boolean;
}

const builtin = (name: string) =>
  builtinModules.includes(name.replace(/^node:/, '')) || name.startsWith('node:');
const npm = (name: string) => new RegExp(`(^|/)node_modules/${name}/`);
const server = /^server\//;
const client = /^client\//;

const rules: Record<string, Rule> = {
  'extension.cjs': {
    not: [
      ...[server, /^webview\//],
      ...['zod', 'vscode-languageclient', 'vscode-jsonrpc', '@codemirror/state', 'diff'].map(npm),
    ],
    external: (name) => name === 'vscode' || name === './session.cjs' || builtin(name),
  },
  'session.cjs': {
    not: [server, /^webview\//, /^schemas\/codes/],
    external: (name) => name === 'vscode' || name === './extension.cjs' || builtin(name),
  },
  'review.cjs': {
    not: [server, /^webview\//, /^schemas\/codes/, ...['zod', 'vscode-languageclient'].map(npm)],
    external: (name) => name === 'vscode' || name === './extension.cjs' || builtin(name),
  },
  'sidecar.cjs': { not: [client, /^webview\//, npm('preact')], external: builtin },
  'cli.cjs': { not: [client, /^webview\//, npm('preact')], external: builtin },
  'review.js': { not: [server, client, npm('zod')], external: () => false },
  'board.js': { not: [server, client, npm('zod')], external: () => false },
};

/** Budgets in bytes, minified, as shipped. */
const budgets = { activation: 150_000, window: 600_000, review: 160_000 };

describe('bundles', function () {
  this.timeout(60_000);
  let bundles: Map<string, Metafile>;

  before(async () => {
    bundles = await buildAll();
  });

  it('are all known here', () => {
    assert.deepEqual([...bundles.keys()].sort(), Object.keys(rules).sort());
  });

  for (const [name, rule] of Object.entries(rules))
    it(`${name} holds and imports only what it may`, () => {
      assert.deepEqual(violations(bundles.get(name)!, rule), []);
    });

  it('of the client stay within their budgets', () => {
    const bytesOf = (name: string) => bytes(bundles.get(name)!);
    const activation = bytesOf('extension.cjs');
    assert.ok(activation <= budgets.activation, `extension.cjs has ${activation} bytes`);
    const window = activation + bytesOf('session.cjs');
    assert.ok(window <= budgets.window, `extension.cjs and session.cjs have ${window} bytes together`);
    // Loaded with the first proposal.
    const review = bytesOf('review.cjs');
    assert.ok(review <= budgets.review, `review.cjs has ${review} bytes`);
  });

  it('would be caught holding what they must not', () => {
    const metafile = { inputs: { 'server/main.ts': { imports: [{ path: 'left-pad', external: true }] } } };
    assert.equal(violations(metafile as unknown as Metafile, rules['extension.cjs']!).length, 2);
  });
});

/** Builds every bundle as for a release, in memory, and returns its metafile by its name. */
async function buildAll(): Promise<Map<string, Metafile>> {
  const url = pathToFileURL(path.join(root, 'esbuild.mjs')).href;
  const { entries } = (await import(url)) as { entries: (BuildOptions & { outfile: string })[] };
  const built = entries.map(async (entry) => {
    const { metafile } = await build({
      ...entry,
      absWorkingDir: root,
      bundle: true,
      metafile: true,
      minify: true,
      write: false,
      logLevel: 'silent',
      legalComments: 'none',
      define: { __BUILD__: '{"version":"0.0.0","stamp":0}' },
    });
    return [path.basename(entry.outfile), metafile] as const;
  });
  return new Map(await Promise.all(built));
}

/** esbuild names what it makes up itself in angle brackets, such as `<define:__BUILD__>`. */
function violations({ inputs }: Metafile, rule: Rule): string[] {
  return Object.entries(inputs).flatMap(([file, { imports }]) => [
    ...rule.not.filter((pattern) => pattern.test(file)).map((pattern) => `${file} is in (${pattern.source})`),
    ...imports
      .filter(
        ({ path: name, external }) => external === true && !name.startsWith('<') && !rule.external(name),
      )
      .map(({ path: name }) => `${file} imports ${name}`),
  ]);
}

/** Bytes of the code of a bundle; fonts and style sheets beside it are not counted. */
const bytes = ({ outputs }: Metafile): number =>
  Object.entries(outputs)
    .filter(([file]) => /\.(c?js)$/.test(file))
    .reduce((sum, [, output]) => sum + output.bytes, 0);
