/**
 * Leaves out of the second bundle what the protocol library carries for language servers and we never reach:
 * `semver` compares the editor’s version with the library’s minimum, which the manifest’s `engines` guarantees,
 * and `minimatch` matches the globs of document selectors, of which we have none.
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
  },
};
