import type { Workflow } from '../../schemas';
import { titleOf } from './titles';

export interface AskWorkflowOptions {
  /** What the person wants, shown on the board. */
  readonly instruction: string;
  /** Handed to the agent's performer as it stands. */
  readonly params: Workflow['nodes'][number]['params'];
}

/** The workflow of a change without planning: one agent, then the offer of what it changed. */
export function askWorkflow({ instruction, params }: AskWorkflowOptions): Workflow {
  return {
    version: 0,
    title: titleOf(instruction, 'Change'),
    nodes: [
      {
        id: 'agent:ask',
        kind: 'agent',
        title: titleOf(instruction, 'Change'),
        after: [],
        resource: 'agent',
        params,
        retries: 1,
      },
      {
        id: 'offer',
        kind: 'offer',
        title: 'Offer the changes for review',
        after: ['agent:ask'],
        resource: 'integration',
        params: {},
        retries: 0,
      },
    ],
    limits: { agent: 1, integration: 1 },
  };
}
