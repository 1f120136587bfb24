import { buildSync } from 'esbuild';

/**
 * Leaves out of the second bundle what the protocol library carries for language servers and we never reach:
 * `semver` compares the editor’s version with the library’s minimum, which the manifest’s `engines` guarantees,
 * and `minimatch` matches the globs of document selectors, of which we have none. Of the codes only the names
 * are needed here: their texts are in the first bundle, which shows them.
 */
const absent = {
  semver: `module.exports = (version) => ({ version, prerelease: [] });`,
  minimatch: `exports.minimatch = () => false; exports.Minimatch = class { match() { return false; } };`,
};

/** An esbuild plugin. */
export const lean = {
  name: 'lean',
  setup(build) {
    build.onResolve({ filter: /^(semver\/|minimatch$)/ }, ({ path }) => ({
      path: path.startsWith('semver') ? 'semver' : 'minimatch',
      namespace: 'lean',
    }));
    build.onLoad({ filter: /./, namespace: 'lean' }, ({ path }) => ({
      contents: absent[path],
      loader: 'js',
    }));
    build.onLoad({ filter: /[\\/]schemas[\\/]codes\.ts$/ }, async ({ path }) => ({
      contents: `export const codes = ${JSON.stringify(await namesIn(path))};`,
      loader: 'js',
    }));
  },
};

/** The names of a table of codes, each with nothing behind it. */
async function namesIn(file) {
  const { outputFiles } = buildSync({ entryPoints: [file], format: 'esm', write: false });
  const { codes } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return Object.fromEntries(Object.keys(codes).map((name) => [name, 0]));
}
