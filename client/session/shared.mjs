import path from 'node:path';

const table = path.join('schemas', 'codes');

/**
 * An esbuild plugin: the other bundles of the client take the table of codes from the first, which exports it and is always
 * loaded before, so that the sentences are shipped once.
 */
export const sharedCodes = {
  name: 'shared codes',
  setup(build) {
    build.onResolve({ filter: /\/codes$/ }, ({ path: named, resolveDir }) =>
      path.join(resolveDir, named).endsWith(`${path.sep}${table}`)
        ? { path: './extension.cjs', external: true }
        : undefined,
    );
  },
};
