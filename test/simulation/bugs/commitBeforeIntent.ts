import type { Bug } from './bug';

export const commitBeforeIntent: Bug = {
  name: 'commit before intent',
  story: 'The work may begin while its start is being written; that hides the wait for the disk.',
  changes: [
    {
      file: 'server/engine/runLoop.ts',
      find: `        if (events.length > 0) await this.append(events);
      } catch`,
      replace: `        for (const command of commands)
          if (command.type === 'startNode' || command.type === 'resumeNode')
            this.performing.start(command.node, command.attempt);
        if (events.length > 0) await this.append(events);
        continue;
      } catch`,
    },
  ],
  breaks: ['performed before its intent was durable'],
};
