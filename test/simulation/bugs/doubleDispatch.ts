import type { Bug } from './bug';

export const doubleDispatch: Bug = {
  name: 'double dispatch',
  story: 'A node that has recorded a step is looked at anew, as one whose outcome arrived is.',
  changes: [
    {
      file: 'server/engine/runLoop.ts',
      find: `      case 'takenOver':
      case 'stepDone':
`,
      replace: `      case 'takenOver':
        return;
      case 'stepDone':
        return this.performing.drop(event.node, event.attempt);
`,
    },
  ],
  breaks: ['two performers of one attempt'],
};
