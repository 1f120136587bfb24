// Builds the three programs: editor client, sidecar (with the command line), webviews.
// One list of entries, one loop; the metafile of each is kept so that tests can prove what is absent.
import { mkdirSync, rmSync, writeFileSync, copyFileSync, readFileSync } from 'node:fs';
import { context, build } from 'esbuild';
import { sharedCodes } from './client/session/shared.mjs';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

const node = {
  platform: 'node',
  format: 'cjs',
  external: ['vscode'],
  // Its main file asks for its parts in a way no bundler can follow.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
};
const page = {
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.ttf': 'file', '.svg': 'text' },
};

/** Every bundle: where it starts, what it becomes, what it is for. */
export const entries = [
  { ...node, target: 'node20', entryPoints: ['client/extension.ts'], outfile: 'dist/extension.cjs' },
  {
    ...node,
    target: 'node20',
    entryPoints: ['client/session/index.ts'],
    outfile: 'dist/session.cjs',
    alias: {
      ...node.alias,
      'semver/functions/parse': './client/session/editorVersion.cjs',
      'semver/functions/satisfies': './client/session/editorVersion.cjs',
      minimatch: './client/session/noGlobs.cjs',
    },
    plugins: [sharedCodes],
  },
  {
    ...node,
    target: 'node20',
    entryPoints: ['client/review/bundle.ts'],
    outfile: 'dist/review.cjs',
    plugins: [sharedCodes],
  },
  { ...node, target: 'node22', entryPoints: ['server/main.ts'], outfile: 'dist/sidecar.cjs' },
  { ...node, target: 'node22', entryPoints: ['server/cli.ts'], outfile: 'dist/cli.cjs' },
  { ...page, entryPoints: ['webview/board/main.tsx'], outfile: 'dist/board.js' },
  { ...page, entryPoints: ['webview/review/main.tsx'], outfile: 'dist/review.js' },
];

const shared = {
  bundle: true,
  metafile: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  legalComments: 'none',
  // A build is named by its version and the moment it was made; development builds have stamp 0 and so never hand over.
  define: { __BUILD__: JSON.stringify({ version, stamp: production ? Date.now() : 0 }) },
};

if (process.argv[1] === new URL(import.meta.url).pathname) {
  rmSync('dist', { recursive: true, force: true });
  mkdirSync('dist/meta', { recursive: true });
  for (const entry of entries) {
    const options = { ...shared, ...entry };
    if (watch) {
      const watched = await context(options);
      await watched.watch();
    } else {
      const { metafile } = await build(options);
      writeFileSync(`dist/meta/${entry.outfile.slice(5)}.json`, JSON.stringify(metafile));
    }
  }
  copyFileSync('node_modules/@vscode/codicons/dist/codicon.css', 'dist/codicon.css');
  copyFileSync('node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/codicon.ttf');
}
