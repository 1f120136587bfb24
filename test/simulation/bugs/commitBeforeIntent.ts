import type { Bug } from './bug';

export const commitBeforeIntent: Bug = {
  name: 'commit before intent',
  story: 'The work may begin while its start is being written; that hides the wait for the disk.',
  changes: [
    {
      file: 'server/engine/runLoop.ts',
      find: `    const record = this.ahead.handOver();
    try {`,
      replace: `    const record = this.ahead.handOver();
    const begun = starting.filter(({ node }) => this.run.nodes.has(node));
    for (const { node, attempt } of begun) this.performing.start(node, attempt);
    try {`,
    },
    {
      file: 'server/engine/runLoop.ts',
      find: `      else this.performing.start(node, attempt);`,
      replace: `      else if (!begun.some((one) => one.node === node)) this.performing.start(node, attempt);`,
    },
  ],
  breaks: ['performed before its intent was durable'],
};
