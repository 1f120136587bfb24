import type { Bug } from './bug';

export const missingFsync: Bug = {
  name: 'missing fsync',
  story: 'In WAL mode NORMAL is said to be safe, and it is so much faster.',
  changes: [
    {
      file: 'server/storage/sqlite.ts',
      find: `'PRAGMA synchronous = FULL'`,
      replace: `'PRAGMA synchronous = NORMAL'`,
    },
  ],
  breaks: ['acknowledged event lost'],
};
