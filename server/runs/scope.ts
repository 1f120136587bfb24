import type { PrivateRepository, TreeChange } from '../git/types';

/**
 * The repository as seen from a workspace folder below its top: comparisons name paths from there and
 * leave out what lies elsewhere. At the top it is the repository itself.
 */
export function scopedTo(repository: PrivateRepository, prefix: string): PrivateRepository {
  if (prefix === '') return repository;
  const start = `${prefix}/`;
  const below = (path: string): boolean => path.startsWith(start);
  const strip = (path: string): string => path.slice(start.length);
  const scoped = Object.create(repository) as PrivateRepository;
  return Object.assign(scoped, {
    changes: async (...args: Parameters<PrivateRepository['changes']>): Promise<TreeChange[]> =>
      (await repository.changes(...args))
        .filter((change) => below(change.path))
        .map((change) => ({
          ...change,
          path: strip(change.path),
          from: change.from !== null && below(change.from) ? strip(change.from) : null,
        })),
    lineCounts: async (...args: Parameters<PrivateRepository['lineCounts']>) =>
      new Map(
        [...(await repository.lineCounts(...args))]
          .filter(([path]) => below(path))
          .map(([path, count]) => [strip(path), count]),
      ),
  });
}
