import type { Bug } from './bug';

export const nonDeterministicDecide: Bug = {
  name: 'non-deterministic decide',
  story: 'Which of the ready nodes goes first does not matter, so chance may choose.',
  changes: [
    {
      file: 'server/engine/decide.ts',
      find: `for (const node of ready) {`,
      replace: `for (const node of [...ready].sort(() => Math.random() - 0.5)) {`,
    },
  ],
  breaks: ['histories of one seed differ'],
};
