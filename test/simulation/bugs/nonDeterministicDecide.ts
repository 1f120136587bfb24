import type { Bug } from './bug';

export const nonDeterministicDecide: Bug = {
  name: 'non-deterministic decide',
  story: 'Which of the ready nodes goes first does not matter, so chance may choose.',
  changes: [
    {
      file: 'server/engine/decide.ts',
      find: `.map(({ id, attempt }) => ({ type: 'startNode', node: id, attempt: attempt + 1 }));`,
      replace: `.map(({ id, attempt }) => ({ type: 'startNode' as const, node: id, attempt: attempt + 1 }))
    .sort(() => Math.random() - 0.5);`,
    },
  ],
  breaks: ['histories of one seed differ'],
};
