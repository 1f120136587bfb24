import picomatch from 'picomatch';

/** Patterns of paths, compiled. */
export interface Globs {
  /** Whether a path matches one of them. */
  matches(path: string): boolean;
  /** Whether something below this folder (empty for the root) could match. */
  reaches(folder: string): boolean;
}

/** Why a pattern cannot be one of paths below a folder; undefined when it can. */
export function globFault(glob: string): string | undefined {
  if (glob.includes('\\')) return 'it has a backslash';
  if (/^(?:\/|[A-Za-z]:)/.test(glob)) return 'it is not relative';
  if (glob.split('/').includes('..')) return 'it leaves the folder';
  if (glob.startsWith('!')) return 'it says what not to match';
  // Nested repetition takes exponential time on long names.
  if (/[@*+?!]\([^)]*[*+@?!]\(/.test(glob)) return 'it nests groups';
  return undefined;
}

/** Compiles patterns; names that begin with a dot are matched like all others. */
export function compileGlobs(patterns: readonly string[]): Globs {
  const matches = picomatch(patterns.map(plain), { dot: true, nonegate: true });
  const bases = patterns.map((pattern) => {
    const { base, glob } = picomatch.scan(plain(pattern), { nonegate: true });
    // Without a wildcard the whole pattern is a file; its folder is what must be watched.
    const folder = glob === '' ? base.split('/').slice(0, -1).join('/') : base === '.' ? '' : base;
    return { folder, deep: glob.includes('/') || glob.includes('**') };
  });
  return {
    matches: (path) => matches(path),
    reaches: (folder) =>
      bases.some(({ folder: base, deep }) => isBelow(base, folder) || (deep && isBelow(folder, base))),
  };
}

/** Whether `inner` is `outer` or lies below it. */
const isBelow = (inner: string, outer: string): boolean =>
  outer === '' || inner === outer || inner.startsWith(`${outer}/`);

const plain = (pattern: string): string => pattern.replace(/^\.\//, '');
