import type { Bug } from './bug';

export const lostWakeUp: Bug = {
  name: 'lost wake-up',
  story: 'A turn rests for a millisecond at its end, so that the next one has more to share its commit with.',
  changes: [
    {
      file: 'server/engine/runLoop.ts',
      find: `    } finally {
      this.turning = undefined;`,
      replace: `    } finally {
      await this.options.clock.sleep(1);
      this.turning = undefined;`,
    },
  ],
  breaks: ['waits for nothing', 'does not end'],
};
