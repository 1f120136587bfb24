import type { Bug } from './bug';

export const lostWakeUp: Bug = {
  name: 'lost wake-up',
  story: 'The end of a turn waits a moment, so that whoever asked hears of it first.',
  changes: [
    {
      file: 'server/engine/runLoop.ts',
      find: `    } finally {
      this.turning = undefined;`,
      replace: `    } finally {
      await undefined;
      this.turning = undefined;`,
    },
  ],
  breaks: ['waits for nothing', 'does not end'],
};
