import type { Bug } from './bug';

export const doubleDispatch: Bug = {
  name: 'double dispatch',
  story: 'A node that has recorded a step is looked at anew, as one whose outcome arrived is.',
  changes: [
    {
      file: 'server/engine/runLoop.ts',
      find: `      case 'rested':
        this.alarms.resting.delete(event.node);`,
      replace: `      case 'stepDone':
        return this.performing.ending(event.node, event.attempt);
      case 'rested':
        this.alarms.resting.delete(event.node);`,
    },
  ],
  breaks: ['two performers of one attempt'],
};
